package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"

	"github.com/dlgen/dlgen/gen/naive"
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

// sweeps reports whether the groups, which one function of a serial loop computes,
// spend their time on an array that is the same in all steps.
func sweeps(groups []*group, t Target) bool {
	loop := groups[0].steps
	if loop == nil || loop.Count < fewestSweeps || t.Lanes == 1 {
		return false
	}
	bytes, cycles := 0.0, 0.0
	seen := map[*ir.Buffer]bool{}
	for _, g := range groups {
		cycles += g.plan.cycles
		if m := g.swept(groups, t); m != nil && !seen[m.Buf.Root()] {
			bytes, seen[m.Buf.Root()] = bytes+float64(4*m.Buf.Size()), true
		}
	}
	return bytes >= sweptBytes*cycles
}

// swept is the operand of a group that is as large as the second cache and through
// which its outermost loop goes, nil where there is none.
func (g *group) swept(all []*group, t Target) *ir.Mem {
	if len(g.plan.order) == 0 || len(g.plan.panels) > 0 {
		return nil
	}
	outermost := g.plan.order[0]
	for _, s := range g.stages {
		for _, m := range s.nest.Value.Loads() {
			if 4*m.Buf.Size() >= t.Second && m.Step(outermost.Var) != 0 && m.Step(g.steps.Var) == 0 && !writtenBy(all, m.Buf) && outermost.Size > g.plan.width(t, outermost.Var) {
				return m
			}
		}
	}
	return nil
}

// together is a function of all groups; back makes those that sweep through an array
// do it from its end.
func (s *scheduler) together(groups []*group, back bool) *ir.Func {
	f := s.newFunc(groups[0])
	for _, g := range groups {
		e := s.emitter(g, f)
		e.back = back && g.swept(groups, s.target) != nil
		e.run()
		f.Cycles += g.plan.cycles
	}
	return f
}

// thereAndBack adds to the last step one that sweeps the other way, and makes them
// take turns.
func (s *scheduler) thereAndBack(groups []*group) {
	s.finish(s.together(groups, true), groups[0], 1)
	last := s.steps[len(s.steps)-2:]
	last[0].When, last[1].When = ir.Even, ir.Odd
}

// turningBack are the groups that wait for what a group before them makes of large arrays
// and go through these from the end, where that group has just been.
func turningBack(groups []*group, t Target) map[*group]bool {
	out := map[*group]bool{}
	atEnd := map[*ir.Buffer]*group{} // by whom
	for _, g := range groups {
		large, ahead := g.goesThrough(t)
		back := false
		for _, b := range large {
			back = back || ahead && atEnd[b] != nil && atEnd[b].feedsAny(g)
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
func (g *group) goesThrough(t Target) (large []*ir.Buffer, ahead bool) {
	if t.Lanes == 1 || g.steps != nil || g.contraction || len(g.plan.order) == 0 || len(g.plan.panels) > 0 || g.plan.turn != nil {
		return nil, false
	}
	first := g.plan.order[0]
	ahead = !g.accumulates() && len(g.serial) == 0 && !g.reduces()
	for _, s := range g.stages {
		for _, m := range s.nest.Value.Loads() {
			size := m.Buf.Size()
			leads := m.Step(first.Var)*first.Size == size
			if 4*size > t.Second && (leads || len(s.nest.Reduce) > 0 && m.Step(s.nest.Reduce[0].Var)*s.nest.Reduce[0].Size == size) {
				large = append(large, m.Buf.Root())
				ahead = ahead && leads
			}
		}
	}
	return large, ahead
}

// feedsAny reports whether a stage of next reads what the group stores.
func (g *group) feedsAny(next *group) bool {
	for _, s := range g.stages {
		for _, n := range next.stages {
			if s.store && naive.Loads(n.nest, s.nest.Store.Buf) {
				return true
			}
		}
	}
	return false
}
