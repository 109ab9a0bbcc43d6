package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// turn is a copy that exchanges rows and columns: it is read along one axis and
// written along another, in squares of as many rows as a vector has lanes.
type turn struct{ from, to *ir.Var }

// turning is the time in which a part of a square of as many rows and columns as
// a vector has lanes is turned, where one side has no more than the given
// elements: a short side needs fewer exchanges, and has less to load or to store.
func turning(side int, t Target) float64 {
	share := 1.0
	switch {
	case 4*side <= t.Lanes:
		share = 0.4
	case 2*side <= t.Lanes:
		share = 0.6
	}
	return share * 0.3125 * float64(t.Lanes*t.Lanes)
}

// turnOf is what n exchanges, nil where it does anything else.
func turnOf(n *ir.Nest) *turn {
	from := n.Value.Load
	if from == nil || from.Buf.Elem != n.Store.Buf.Elem || from.Buf.Root() == n.Store.Buf.Root() || len(n.Reduce) > 0 || !naive.Plain(n) {
		return nil
	}
	along := turn{naive.Contiguous(from), naive.Contiguous(&n.Store)}
	if along.from == nil || along.to == nil || along.from == along.to {
		return nil
	}
	return &along
}

// turns reports whether n exchanges rows and columns, of which neither are short.
func turns(n *ir.Nest, t Target) bool {
	along := turnOf(n)
	return t.Lanes > 1 && along != nil && 2*naive.SizeOf(n.Axes, along.from) >= t.Lanes && 2*naive.SizeOf(n.Axes, along.to) >= t.Lanes
}

// turnPlan plans a group that does nothing but turn an array; nil for any other.
func turnPlan(g *group, t Target) *plan {
	if t.Lanes == 1 || len(g.stages) != 1 || len(g.passes) != 1 || len(g.passes[0].inner) > 0 || len(g.serial) > 0 {
		return nil
	}
	along := turnOf(g.stages[0].nest)
	if along == nil || !naive.Has(g.outer, along.from) || !naive.Has(g.outer, along.to) {
		return nil
	}
	p := &plan{tile: map[*ir.Var]int{along.from: t.Lanes, along.to: t.Lanes}, turn: along}
	squares, side := 1.0, t.Lanes
	var last []ir.Axis
	for _, a := range g.outer {
		if a.Var == along.from || a.Var == along.to {
			last = append(last, a)
			squares *= float64(naive.CeilDiv(a.Size, t.Lanes))
			side = min(side, a.Size)
			continue
		}
		p.order = append(p.order, a)
		squares *= float64(a.Size)
	}
	p.order = append(p.order, last...)
	p.passes = []passPlan{{unroll: 1, split: 1}}
	p.cycles = squares * (turning(side, t) + 4)
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

// turned is the group with its result in an array of which the last two
// dimensions have changed places, and the copy that turns it back; nil where
// that cannot be, or where the rows of the result fill vectors: along short rows
// most lanes of a vector would do nothing.
func (g *group) turned(t Target) []*group {
	if t.Lanes == 1 || !g.hasOneSum() || g.restricted() || g.partial || len(g.serial) > 0 || len(g.abreast) > 0 {
		return nil
	}
	var last *stage
	for _, s := range g.stages {
		if s.store && last != nil {
			return nil
		}
		if s.store {
			last = s
		}
	}
	if last == nil || last.nest.Accumulate {
		return nil
	}
	m := last.nest.Store
	from, to := len(m.Subs)-1, len(m.Subs)-2
	if to < 0 || m.Buf.Elem != ir.F32 || m.Buf.Shape[from]%t.Lanes == 0 || m.Buf.Shape[from] > 2*t.Lanes || g.reads(m.Buf) || !allBare(&m) || !wholly(&m, g.outer) {
		return nil
	}
	swap := func(m ir.Mem, b *ir.Buffer) ir.Mem {
		out := ir.Mem{Buf: b, Subs: slices.Clone(m.Subs)}
		out.Subs[from], out.Subs[to] = m.Subs[to], m.Subs[from]
		return out
	}
	b := &ir.Buffer{Name: m.Buf.Name + "Turned", Place: ir.Frame, Shape: slices.Clone(m.Buf.Shape)}
	b.Shape[from], b.Shape[to] = b.Shape[to], b.Shape[from]
	sum := &group{steps: g.steps, outer: g.outer, contraction: g.contraction}
	for _, s := range g.stages {
		c := *s
		if s == last {
			n := *s.nest
			n.Store = swap(m, b)
			c.nest = &n
		}
		sum.stages = append(sum.stages, &c)
	}
	back := newGroup(&ir.Nest{Steps: g.steps, Axes: g.outer, Store: m, Value: ir.LoadExpr(swap(m, b)), Text: last.nest.Text})
	back.stages[0].store = true
	parts := replanned(t, sum, back)
	back.plan.cycles += copyWait(b, t)
	return parts
}

// wholly reports whether the axes of an access go through all of its array.
func wholly(m *ir.Mem, axes []ir.Axis) bool {
	for d, s := range m.Subs {
		if v := naive.Bare(s); v == nil && m.Buf.Shape[d] != 1 || v != nil && naive.SizeOf(axes, v) != m.Buf.Shape[d] {
			return false
		}
	}
	return true
}
