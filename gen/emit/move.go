package emit

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// moves emits a pass that only copies or clears rows, over the given loops, as
// one statement for those that go through memory without a gap, in the loops
// around them, and reports whether it could.
// Portable code gets the run-time library's own copy that way.
func (e *emitter) moves(ps *fuse.Pass, loops []ir.Axis, p at) bool {
	a := loops[len(loops)-1]
	if e.t.Lanes > 1 || len(ps.Stages) != 1 || len(ps.Inner) > 0 && len(loops) != len(ps.Inner) {
		return false
	}
	n := ps.Stages[0].Nest
	from := n.Value.Load
	if n.Accumulate || len(n.Reduce) > 0 || n.Store.Buf.Elem != ir.F32 || !slice(&n.Store, a.Var) {
		return false
	}
	switch {
	case from == nil && (n.Value.Op != ir.Const || math.Float32bits(n.Value.Real) != 0):
		return false
	case from != nil && (from.Buf.Elem != ir.F32 || !slice(from, a.Var) || from.Buf.Root() == n.Store.Buf.Root()):
		return false
	}
	together := max(gapless(loops, &n.Store), lookups(loops, n))
	if from != nil {
		together = max(together, gapless(loops, from))
	}
	if together == len(loops) {
		return false // an id for each element
	}
	e.nest(loops[:together], map[*ir.Var]ir.Sub{}, func(q map[*ir.Var]ir.Sub) {
		at := p.withAll(q)
		count := 1
		for _, a := range loops[together:] {
			at = at.with(a.Var, ir.Sub{})
			count *= a.Size
		}
		place := func(m ir.Mem) ir.Mem {
			to := e.mem(m, n, at)
			if count > a.Size {
				return naive.FromDim(to, naive.FirstDim(&m, loops[together:]))
			}
			return to
		}
		st := &ir.Move{Dst: place(n.Store), Count: count}
		if from != nil {
			m := place(*from)
			st.Src = &m
		}
		e.forget(n.Store.Buf)
		e.top().b.Emit(st)
	})
	return true
}

// allMove reports whether the loops are the last one, or go through all that the group
// writes without a gap.
func (e *emitter) allMove(loops []ir.Axis) bool {
	n := e.g.Passes[0].Stages[0].Nest
	return len(loops) == 1 || len(n.Within)+len(n.Only) == 0 && gapless(loops, &n.Store) == 0
}

// gapless is the first of the loops from which on they go through memory without a gap.
func gapless(loops []ir.Axis, m *ir.Mem) int {
	k := len(loops) - 1
	for k > 0 && naive.Stride(m, loops[k-1].Var) == loops[k].Size*naive.Stride(m, loops[k].Var) {
		k--
	}
	return k
}

// lookups is the first of the loops from which on n reads no other ids.
func lookups(loops []ir.Axis, n *ir.Nest) int {
	k := len(loops)
	for k > 0 && !slices.ContainsFunc(n.Gathers, func(g *ir.LoadIndex) bool { return naive.Stride(&g.Mem, loops[k-1].Var) != 0 }) {
		k--
	}
	return k
}

// slice reports whether m goes along its last subscript with v, as Go's slices do.
func slice(m *ir.Mem, v *ir.Var) bool {
	return naive.AlongRow(m, v) && naive.Innermost(m) == len(m.Subs)-1
}
