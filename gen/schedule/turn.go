package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// turn is a copy that exchanges rows and columns: it is read along one axis and
// written along another, in squares of as many rows as a vector has lanes.
type turn struct{ from, to *ir.Var }

// squareCycles is the time in which one element of a square is turned.
const squareCycles = 0.3125

// turnPlan plans a group that does nothing but turn an array; nil for any other.
func turnPlan(g *group, t Target) *plan {
	if t.Lanes == 1 || len(g.stages) != 1 || len(g.passes) != 1 || len(g.passes[0].inner) > 0 || len(g.serial) > 0 {
		return nil
	}
	n := g.stages[0].nest
	from := n.Value.Load
	if from == nil || from.Buf.Elem != ir.F32 || n.Store.Buf.Elem != ir.F32 || from.Buf.Root() == n.Store.Buf.Root() || !plain(n) {
		return nil
	}
	along := turn{contiguous(from), contiguous(&n.Store)}
	if along.from == nil || along.to == nil || along.from == along.to || !has(g.outer, along.from) || !has(g.outer, along.to) {
		return nil
	}
	p := &plan{tile: map[*ir.Var]int{along.from: t.Lanes, along.to: t.Lanes}, turn: &along}
	squares := 1.0
	var last []ir.Axis
	for _, a := range g.outer {
		if a.Var == along.from || a.Var == along.to {
			last = append(last, a)
			squares *= float64(ceilDiv(a.Size, t.Lanes))
			continue
		}
		p.order = append(p.order, a)
		squares *= float64(a.Size)
	}
	p.order = append(p.order, last...)
	p.passes = []passPlan{{unroll: 1, split: 1}}
	p.cycles = squares * (float64(t.Lanes*t.Lanes)*squareCycles + 4)
	return p
}

// square turns one square.
func (e *emitter) square(p at) {
	n := e.g.stages[0].nest
	along := e.plan.turn
	sizes := map[*ir.Var]int{}
	for _, t := range e.tiles {
		sizes[t.v] = len(t.offsets)
	}
	place := func(v *ir.Var, k int) at { return p.with(v, p.sub(v).Add(ir.Sub{Const: 1}, k)) }
	e.transpose(sizes[along.to], sizes[along.from], sizes[along.to], func(j int) ir.Mem {
		return e.mem(*n.Value.Load, n, place(along.to, j))
	}, func(k int) ir.Mem {
		return e.mem(n.Store, n, place(along.from, k))
	})
}
