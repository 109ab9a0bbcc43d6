package plan

import (
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// TestBlocks checks the division into blocks for all small sizes: nothing left
// out, as few blocks as possible, sizes that differ by one at most.
func TestBlocks(t *testing.T) {
	for n := 1; n <= 100; n++ {
		for most := 1; most <= 14; most++ {
			next, count, least, largest := 0, 0, n, 0
			for _, r := range Blocks(n, most) {
				if r.Start != next {
					t.Fatalf("Blocks(%d, %d): a run starts at %d instead of %d", n, most, r.Start, next)
				}
				next += r.Count * r.Size
				count += r.Count
				least, largest = min(least, r.Size), max(largest, r.Size)
			}
			if next != n || count != naive.CeilDiv(n, most) || largest > most || largest-least > 1 {
				t.Fatalf("Blocks(%d, %d) = %v", n, most, Blocks(n, most))
			}
		}
	}
}

// TestPermutations counts the loop orders.
func TestPermutations(t *testing.T) {
	axes := []ir.Axis{{Var: &ir.Var{Name: "a"}}, {Var: &ir.Var{Name: "b"}}, {Var: &ir.Var{Name: "c"}}}
	seen := map[string]bool{}
	for _, p := range permutations(axes) {
		s := ""
		for _, a := range p {
			s += a.Var.Name
		}
		seen[s] = true
	}
	if len(seen) != 6 || len(permutations(axes)) != 6 {
		t.Fatalf("%d orders of three loops", len(seen))
	}
}
