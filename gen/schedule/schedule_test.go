package schedule

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
			for _, r := range blocks(n, most) {
				if r.start != next {
					t.Fatalf("blocks(%d, %d): a run starts at %d instead of %d", n, most, r.start, next)
				}
				next += r.count * r.size
				count += r.count
				least, largest = min(least, r.size), max(largest, r.size)
			}
			if next != n || count != naive.CeilDiv(n, most) || largest > most || largest-least > 1 {
				t.Fatalf("blocks(%d, %d) = %v", n, most, blocks(n, most))
			}
		}
	}
}

// TestRuns checks that the tiles of a vector axis reach every element, in
// bounds, and twice only where that does no harm.
func TestRuns(t *testing.T) {
	for size := 2; size <= 70; size++ {
		for tile := 1; tile <= 5; tile++ {
			for _, overlap := range []bool{false, true} {
				a := ir.Axis{Var: &ir.Var{Name: "o"}, Size: size}
				nest := &ir.Nest{Axes: []ir.Axis{a}, Accumulate: !overlap, Value: ir.RealExpr(1)}
				g := &group{outer: []ir.Axis{a}, stages: []*stage{{nest: nest}}}
				e := &emitter{t: AVX2, g: g, plan: &plan{vec: a.Var, tile: map[*ir.Var]int{a.Var: tile}}}
				hits := make([]int, size)
				for _, r := range e.runs(a) {
					for i := 0; i < r.count; i++ {
						for k, off := range r.offsets {
							for lane := 0; lane < r.lanes[k]; lane++ {
								hits[r.start+i*r.step+off+lane]++
							}
						}
					}
				}
				for i, n := range hits {
					if n == 0 || n > 1 && !overlap {
						t.Fatalf("size %d, tile %d, overlap %v: element %d is reached %d times", size, tile, overlap, i, n)
					}
				}
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
