package emit

import (
	"testing"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/plan"
)

// TestRuns checks that the tiles of a vector axis reach every element, in
// bounds, and twice only where that does no harm.
func TestRuns(t *testing.T) {
	for size := 2; size <= 70; size++ {
		for tile := 1; tile <= 5; tile++ {
			for _, overlap := range []bool{false, true} {
				a := ir.Axis{Var: &ir.Var{Name: "o"}, Size: size}
				nest := &ir.Nest{Axes: []ir.Axis{a}, Accumulate: !overlap, Value: ir.RealExpr(1)}
				g := &plan.Group{Group: fuse.Group{Outer: []ir.Axis{a}, Stages: []*fuse.Stage{{Nest: nest}}}}
				e := &emitter{t: machine.AVX2, g: g, plan: &plan.Plan{Vec: a.Var, Tile: map[*ir.Var]int{a.Var: tile}}}
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
