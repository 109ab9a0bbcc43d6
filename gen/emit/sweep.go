package emit

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/place"
	"github.com/dlgen/dlgen/gen/plan"
)

// together is a function of all groups; back makes those that sweep through an array
// do it from its end.
func (s *scheduler) together(groups []*plan.Group, back bool) *ir.Func {
	f := s.newFunc(groups[0])
	for _, g := range groups {
		e := s.emitter(g, f)
		e.back = back && place.Swept(g, groups, s.target) != nil
		e.run()
		f.Cycles += g.Plan.Cycles
	}
	return f
}

// thereAndBack adds to the last step one that sweeps the other way, and makes them
// take turns.
func (s *scheduler) thereAndBack(groups []*plan.Group) {
	s.finish(s.together(groups, true), groups[0], 1)
	last := s.steps[len(s.steps)-2:]
	last[0].When, last[1].When = ir.Even, ir.Odd
}
