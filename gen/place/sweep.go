package place

import (
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// A step of a serial loop that goes through an array as large as the second cache
// finds little of it there: what it needs next has just been driven out by what came
// last. So every second step goes from the end to the beginning, and begins with what
// is there still.

// What makes it worth its code: the steps that there are at least, and the bytes a
// cycle that keep the step waiting.
const (
	fewestSweeps = 8
	sweptBytes   = 6
)

// Sweeps reports whether the groups, which one function of a serial loop computes,
// spend their time on an array that is the same in all steps.
func Sweeps(groups []*plan.Group, t machine.Target) bool {
	loop := groups[0].Steps
	if loop == nil || loop.Count < fewestSweeps || t.Lanes == 1 {
		return false
	}
	bytes, cycles := 0.0, 0.0
	seen := map[*ir.Buffer]bool{}
	for _, g := range groups {
		cycles += g.Plan.Cycles
		if m := Swept(g, groups, t); m != nil && !seen[m.Buf.Root()] {
			bytes, seen[m.Buf.Root()] = bytes+float64(4*m.Buf.Size()), true
		}
	}
	return bytes >= sweptBytes*cycles
}

// Swept is the operand of a group that is as large as the second cache and through
// which its outermost loop goes, nil where there is none.
func Swept(g *plan.Group, all []*plan.Group, t machine.Target) *ir.Mem {
	if len(g.Plan.Order) == 0 || len(g.Plan.Panels) > 0 {
		return nil
	}
	outermost := g.Plan.Order[0]
	for _, s := range g.Stages {
		for _, m := range s.Nest.Value.Loads() {
			if 4*m.Buf.Size() >= t.Second && m.Step(outermost.Var) != 0 && m.Step(g.Steps.Var) == 0 && !fuse.WrittenBy(plan.Fused(all), m.Buf) && outermost.Size > g.Plan.Width(t, outermost.Var) {
				return m
			}
		}
	}
	return nil
}

// TurningBack are the groups that wait for what a group before them makes of large arrays
// and go through these from the end, where that group has just been.
func TurningBack(groups []*plan.Group, t machine.Target) map[*plan.Group]bool {
	out := map[*plan.Group]bool{}
	atEnd := map[*ir.Buffer]*plan.Group{} // by whom
	for _, g := range groups {
		large, ahead := goesThrough(g, t)
		back := false
		for _, b := range large {
			back = back || ahead && atEnd[b] != nil && feedsAny(atEnd[b], g)
		}
		out[g] = back
		for _, b := range large {
			if atEnd[b] = g; back {
				atEnd[b] = nil
			}
		}
	}
	return out
}

// goesThrough lists the large arrays that a group reads from the first element to the
// last, and tells whether it could go the other way as well: its outermost loop leads.
func goesThrough(g *plan.Group, t machine.Target) (large []*ir.Buffer, ahead bool) {
	if t.Lanes == 1 || g.Steps != nil || g.Contraction || len(g.Plan.Order) == 0 || len(g.Plan.Panels) > 0 || g.Plan.Turn != nil {
		return nil, false
	}
	first := g.Plan.Order[0]
	ahead = !g.Accumulates() && len(g.Serial) == 0 && !g.Reduces()
	for _, s := range g.Stages {
		for _, m := range s.Nest.Value.Loads() {
			if toTheEnd(m, g, s, t) {
				large = append(large, m.Buf.Root())
				ahead = ahead && m.Step(first.Var)*first.Size == m.Buf.Size()
			}
		}
	}
	return large, ahead
}

// toTheEnd reports whether a stage goes through so much of an array that the second cache does
// not hold it, up to its last element: all of it, or the last part.
func toTheEnd(m *ir.Mem, g *plan.Group, s *fuse.Stage, t machine.Target) bool {
	f := m.Flat()
	span, leads := 0, ir.Axis{}
	for _, a := range naive.Join(g.Outer, s.Axes()) {
		k := f.Coef(a.Var)
		if span += k * (a.Size - 1); k > f.Coef(leads.Var) {
			leads = a
		}
	}
	if span < t.Second/4 || f.Const+span+1 < m.Buf.Size() {
		return false
	}
	return leads.Var == g.Plan.Order[0].Var || len(s.Nest.Reduce) > 0 && leads.Var == s.Nest.Reduce[0].Var
}

// feedsAny reports whether a stage of next reads what the group stores.
func feedsAny(g *plan.Group, next *plan.Group) bool {
	for _, s := range g.Stages {
		for _, n := range next.Stages {
			if s.Store && naive.Loads(n.Nest, s.Nest.Store.Buf) {
				return true
			}
		}
	}
	return false
}
