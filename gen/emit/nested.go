package emit

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/plan"
)

// nests reports whether one iteration of the group's outermost loop is too long
// for a call: the calling Go code then runs the two outermost loops.
func (s *scheduler) nests(g *plan.Group) bool {
	return g.Steps == nil && len(g.Plan.Order) > 1 && g.IsLong(s.target)
}

// emitNested makes functions of a group whose outermost loop becomes a serial
// one of the calling code: one that copies what an iteration uses throughout,
// and those for parts of the second loop.
func (s *scheduler) emitNested(g *plan.Group) {
	for _, pn := range g.Plan.Panels {
		if pn.Depth == 1 {
			pn.Buf.Place = ir.Workspace // it lives from call to call
		}
	}
	e := s.emitter(g, nil)
	for _, r := range e.splitRuns(g.Plan.Order[0], e.runs(g.Plan.Order[0])) {
		in := *g
		if r.count > 1 {
			in.Steps = &ir.Steps{Var: &ir.Var{Name: s.step}, Count: r.count}
		}
		s.emitCopies(&in, r)
		second := s.emitter(&in, nil)
		runs := second.splitRuns(g.Plan.Order[1], second.runs(g.Plan.Order[1]))
		blocks := 0
		for _, q := range runs {
			blocks += q.count
		}
		each := g.Iteration(s.target) / float64(blocks)
		for _, q := range runs {
			s.inCalls(q, each, s.target.CallCycles, second.bands(1), func(q axisRun, count int) {
				f := s.newFunc(&in)
				f.Cycles = each * float64(q.count)
				if count > 1 {
					f.Block = &ir.Var{Name: s.block}
				}
				s.emitter(&in, f).runNested(r, q, f.Block, count)
				s.finish(f, &in, count)
			})
		}
	}
}

// emitCopies makes the function for the panels of an iteration of the outermost
// loop, where it has any.
func (s *scheduler) emitCopies(g *plan.Group, r axisRun) {
	f := s.newFunc(g)
	e := s.emitter(g, f)
	e.open()
	p := e.enter(r)
	for _, pn := range g.Plan.Panels {
		if pn.Depth == 1 {
			e.copyPanel(pn, p)
			f.Cycles += pn.Cycles / float64(r.count)
		}
	}
	e.close()
	if len(e.copied) > 0 {
		s.finish(f, g, 1)
	}
}

// enter is the point at the tile of the outermost loop that the serial loop is
// at.
func (e *emitter) enter(r axisRun) at {
	a := e.plan.Order[0]
	p := e.origin()
	base := ir.Sub{Const: r.start}
	if e.g.Steps != nil {
		base = base.Add(ir.VarSub(e.g.Steps.Var), r.step)
	}
	e.tiles = append(e.tiles, tileAxis{v: a.Var, start: r.start, offsets: r.offsets, lanes: r.lanes})
	return p.with(a.Var, base)
}

// runNested emits the iterations of the second loop that q holds, at one tile
// of the outermost one, whose panels are there.
func (e *emitter) runNested(r, q axisRun, block *ir.Var, blocks int) {
	e.open()
	p := e.enter(r)
	for _, pn := range e.plan.Panels {
		if pn.Depth == 1 {
			e.copied = append(e.copied, pn)
			e.depth[pn.Buf] = 0
		}
	}
	base := ir.Sub{Const: q.start}
	if block != nil {
		e.depth[block] = 0
		base = base.Add(ir.VarSub(block), q.count*q.step)
	}
	e.inCall(1, p, q, base, blocks)
	e.close()
}
