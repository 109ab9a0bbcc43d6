package schedule

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

// moves emits a pass that only copies or clears rows, over the given loops, as
// one statement in the loops but the last, and reports whether it could.
// Portable code gets the run-time library's own copy that way.
func (e *emitter) moves(ps *pass, loops []ir.Axis, p at) bool {
	a := loops[len(loops)-1]
	if e.t.Lanes > 1 || len(ps.stages) != 1 || len(ps.inner) > 0 && len(loops) != len(ps.inner) {
		return false
	}
	n := ps.stages[0].nest
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
	for _, g := range n.Gathers {
		if g.Mem.Flat().Coef(a.Var) != 0 {
			return false // an id for each element
		}
	}
	e.nest(loops[:len(loops)-1], map[*ir.Var]ir.Sub{}, func(q map[*ir.Var]ir.Sub) {
		at := p.withAll(q).with(a.Var, ir.Sub{})
		st := &ir.Move{Dst: e.mem(n.Store, n, at), Count: a.Size}
		if from != nil {
			m := e.mem(*from, n, at)
			st.Src = &m
		}
		e.forget(n.Store.Buf)
		e.top().b.Emit(st)
	})
	return true
}

// slice reports whether m goes along its last subscript with v, as Go's slices do.
func slice(m *ir.Mem, v *ir.Var) bool { return row(m, v) && innermost(m) == len(m.Subs)-1 }

// row reports whether m goes along memory with v.
func row(m *ir.Mem, v *ir.Var) bool { return stride(m, v) == 1 && lastDim(m, v) }
