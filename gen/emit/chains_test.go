package emit

import (
	"math/rand/v2"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestMerged merges random lists, some of which use what earlier ones compute: all
// statements are there, each after those whose results it reads, and lists that
// share nothing alternate.
func TestMerged(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	alternate := 0
	for range 300 {
		b := &ir.Builder{}
		var lists [][]ir.Stmt
		var known []*ir.Reg
		for range 2 + rng.IntN(3) {
			from := len(b.Body)
			for range 1 + rng.IntN(8) {
				if len(known) == 0 || rng.IntN(3) == 0 {
					known = append(known, b.Real(1))
				} else {
					known = append(known, b.Do(ir.Neg, known[rng.IntN(len(known))]))
				}
			}
			lists = append(lists, b.Body[from:])
		}
		out := merged(lists)
		if len(out) != len(b.Body) {
			t.Fatalf("%d statements of %d", len(out), len(b.Body))
		}
		defined := map[*ir.Reg]bool{}
		for _, st := range out {
			for _, r := range ir.Operands(st) {
				if !defined[r] {
					t.Fatalf("%s is read before it is computed", r)
				}
			}
			r, _ := result(st)
			defined[r] = true
		}
		if len(lists[0]) > 1 && out[1] == lists[1][0] {
			alternate++
		}
	}
	if alternate == 0 {
		t.Error("no two lists alternate")
	}
}
