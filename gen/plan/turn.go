package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// turning is the time in which a part of a square of as many rows and columns as
// a vector has lanes is turned, where one side has no more than the given
// elements: a short side needs fewer exchanges, and has less to load or to store.
func turning(side int, t machine.Target) float64 {
	share := 1.0
	switch {
	case 4*side <= t.Lanes:
		share = 0.4
	case 2*side <= t.Lanes:
		share = 0.6
	}
	return share * 0.3125 * float64(t.Lanes*t.Lanes)
}

// turnPlan plans a group that does nothing but turn an array; nil for any other.
func turnPlan(g *Group, t machine.Target) *Plan {
	if t.Lanes == 1 || len(g.Stages) != 1 || len(g.Passes) != 1 || len(g.Passes[0].Inner) > 0 || len(g.serial) > 0 {
		return nil
	}
	along := naive.TurnOf(g.Stages[0].Nest)
	if along == nil || !naive.Has(g.Outer, along.From) || !naive.Has(g.Outer, along.To) {
		return nil
	}
	p := &Plan{Tile: map[*ir.Var]int{along.From: t.Lanes, along.To: t.Lanes}, Turn: along}
	squares, side := 1.0, t.Lanes
	var last []ir.Axis
	for _, a := range g.Outer {
		if a.Var == along.From || a.Var == along.To {
			last = append(last, a)
			squares *= float64(naive.CeilDiv(a.Size, t.Lanes))
			side = min(side, a.Size)
			continue
		}
		p.Order = append(p.Order, a)
		squares *= float64(a.Size)
	}
	p.Order = append(p.Order, last...)
	p.Passes = []PassPlan{{Unroll: 1, Split: 1}}
	p.Cycles = squares * (turning(side, t) + 4)
	return p
}

// turned is the group with its result in an array of which the last two
// dimensions have changed places, and the copy that turns it back; nil where
// that cannot be, or where the rows of the result fill vectors: along short rows
// most lanes of a vector would do nothing.
func (g *Group) turned(t machine.Target) []*Group {
	if t.Lanes == 1 || !g.hasOneSum() || g.Restricted() || g.partial || len(g.serial) > 0 || len(g.Abreast) > 0 {
		return nil
	}
	var last *fuse.Stage
	for _, s := range g.Stages {
		if s.Store && last != nil {
			return nil
		}
		if s.Store {
			last = s
		}
	}
	if last == nil || last.Nest.Accumulate {
		return nil
	}
	m := last.Nest.Store
	from, to := len(m.Subs)-1, len(m.Subs)-2
	if to < 0 || m.Buf.Elem != ir.F32 || m.Buf.Shape[from]%t.Lanes == 0 || m.Buf.Shape[from] > 2*t.Lanes || g.Reads(m.Buf) || !naive.AllBare(&m) || !wholly(&m, g.Outer) {
		return nil
	}
	swap := func(m ir.Mem, b *ir.Buffer) ir.Mem {
		out := ir.Mem{Buf: b, Subs: slices.Clone(m.Subs)}
		out.Subs[from], out.Subs[to] = m.Subs[to], m.Subs[from]
		return out
	}
	b := &ir.Buffer{Name: m.Buf.Name + "Turned", Place: ir.Frame, Shape: slices.Clone(m.Buf.Shape)}
	b.Shape[from], b.Shape[to] = b.Shape[to], b.Shape[from]
	sum := &Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer, Contraction: g.Contraction}}
	for _, s := range g.Stages {
		c := *s
		if s == last {
			n := *s.Nest
			n.Store = swap(m, b)
			c.Nest = &n
		}
		sum.Stages = append(sum.Stages, &c)
	}
	back := newGroup(&ir.Nest{Steps: g.Steps, Axes: g.Outer, Store: m, Value: ir.LoadExpr(swap(m, b)), Text: last.Nest.Text})
	back.Stages[0].Store = true
	parts := replanned(t, sum, back)
	back.Plan.Cycles += copyWait(b, t)
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
