package cut

import (
	"testing"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/plan"
)

// TestChunks divides axes of all small sizes, of which all terms count or those of a
// window that moves: each value is in one part, in order, and a part that is a loop has
// values where all terms count.
func TestChunks(t *testing.T) {
	loops := 0
	for size := 2; size <= 60; size++ {
		for part := 1; part < size; part++ {
			for edge := range 4 {
				for _, apart := range []bool{false, true} {
					loops += checkChunks(t, size, part, edge, apart)
				}
			}
		}
	}
	if loops == 0 {
		t.Error("no part is a loop")
	}
}

// checkChunks checks one division, of an axis of which edge values at both ends leave
// terms out, and returns the number of its loops.
func checkChunks(t *testing.T, size, part, edge int, apart bool) (loops int) {
	a := ir.Axis{Var: &ir.Var{Name: "a"}, Size: size}
	n := &ir.Nest{Reduce: []ir.Axis{a}, Value: ir.RealExpr(1)}
	if edge > 0 {
		n.Within = []ir.Range{{Sub: ir.VarSub(a.Var).Add(ir.Sub{Const: edge}, -1), Size: size - 2*edge}}
	}
	g := &plan.Group{Group: fuse.Group{Stages: []*fuse.Stage{{Nest: n}}}}
	parts := chunks(g, a, part, apart)
	next := 0
	for k, c := range parts {
		if apart && (c.first != (k == 0) || c.last != (k == len(parts)-1)) {
			t.Fatalf("%d in parts of %d: part %d of %d says first %v, last %v", size, part, k, len(parts), c.first, c.last)
		}
		trips := 1
		if c.loop != nil {
			trips, loops = c.loop.Size, loops+1
		}
		for trip := range trips {
			for v := range c.size {
				at := c.at.Const + c.at.Coef(a.Var)*v
				if c.loop != nil {
					at += c.at.Coef(c.loop.Var) * trip
				}
				if at != next {
					t.Fatalf("%d in parts of %d: %d follows %d", size, part, at, next-1)
				}
				if c.loop != nil && (at < edge || at >= size-edge) {
					t.Fatalf("%d in parts of %d: a loop has %d, where terms are left out", size, part, at)
				}
				next++
			}
		}
	}
	if parts != nil && next != size {
		t.Fatalf("%d in parts of %d: %d values", size, part, next)
	}
	return loops
}

// TestPartSize checks that parts of a sum are about as many as asked for.
func TestPartSize(t *testing.T) {
	for terms := 1; terms <= 2000; terms++ {
		for n := 1; n <= 12 && n <= terms; n++ {
			size := partSize(terms, n)
			even := (terms + n - 1) / n
			if size < even*3/4 || size > even*5/4 {
				t.Fatalf("%d terms in %d parts: %d each", terms, n, size)
			}
		}
	}
}
