package cut

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// turned is the group with its result in an array of which the last two
// dimensions have changed places, and the copy that turns it back; nil where
// that cannot be, or where the rows of the result fill vectors: along short rows
// most lanes of a vector would do nothing.
func turned(g *plan.Group, t machine.Target) []*plan.Group {
	if t.Lanes == 1 || !g.HasOneSum() || g.Restricted() || g.Partial || len(g.Serial) > 0 || len(g.Abreast) > 0 {
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
	sum := &plan.Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer, Contraction: g.Contraction}}
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
