package emit

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/plan"
	"github.com/dlgen/dlgen/gen/polish"
)

// shortStep is how many statements a step may have for the serial loop around it to be
// inside the function: a call takes as long as some of them.
const shortStep = 400

// inside makes a function of all steps, or of as many as one call may take, out of that
// of one short step, and reports whether it did.
func (s *scheduler) inside(f *ir.Func, g *plan.Group) bool {
	loop := g.Steps
	if loop == nil || statements(f.Body) > shortStep {
		return false
	}
	most := loop.Count
	if all := f.Cycles * float64(loop.Count); all > s.target.CallCycles {
		if most = int(s.target.CallCycles / f.Cycles); most < 2 {
			return false
		}
	}
	calls := loop.Count / most
	s.stepped(f, g, most, calls, 0)
	if rest := loop.Count - calls*most; rest > 0 {
		s.stepped(f, g, rest, 1, calls*most)
	}
	return true
}

// stepped adds calls of a function that runs count steps of f, from the given one on.
func (s *scheduler) stepped(f *ir.Func, g *plan.Group, count, calls, from int) {
	out := &ir.Func{Lanes: f.Lanes, Doc: f.Doc, Plans: f.Plans, Cycles: f.Cycles * float64(count)}
	v := &ir.Var{Name: f.Step.Name}
	at := ir.Sub{Const: from}.Add(ir.VarSub(v), 1)
	if calls > 1 {
		out.Block = &ir.Var{Name: s.block}
		at = at.Add(ir.VarSub(out.Block), count)
	}
	l := &ir.Loop{Var: v, Count: count, Body: polish.Restated(f.Body, f.Step, at)}
	out.Body = polish.Steps(l, f.Lanes, s.machine())
	s.finish(out, g, calls)
	s.steps[len(s.steps)-1].In = nil
}
