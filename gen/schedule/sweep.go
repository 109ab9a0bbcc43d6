package schedule

import "github.com/dlgen/dlgen/gen/ir"

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
