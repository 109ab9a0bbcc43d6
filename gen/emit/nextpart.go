package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// askOnward asks, at some step along the sum's innermost axis v, for what the tile reads at
// this step of the next part, and at so many others that the tiles which read the same ask for all
// steps together; given the points of the tile.
func (e *emitter) askOnward(v *ir.Var, points []at) {
	for _, m := range e.onward {
		if slices.ContainsFunc(e.copied, func(pn *plan.Panel) bool { return naive.SameMem(pn.Mem, m) }) {
			continue
		}
		var others []tileAxis
		readers := 1
		for _, t := range e.tiles {
			if naive.Stride(m, t.v) == 0 && t.v != e.g.Onward.Axis {
				others, readers = append(others, t), readers*naive.CeilDiv(naive.SizeOf(e.plan.Order, t.v), t.width())
			}
		}
		if readers > askSteps {
			continue
		}
		turn, turns := e.turnAmong(others, points[0])
		for j := range naive.CeilDiv(askSteps, turns) {
			var asked []ir.Mem
			for _, p := range points {
				q := p.with(v, p.sub(v).Add(ir.Sub{Const: j * turns}.Add(turn, 1), 1))
				q = q.with(e.g.Onward.Axis, q.sub(e.g.Onward.Axis).Add(ir.Sub{Const: 1}, e.g.Onward.By))
				at := e.mem(*m, nil, q)
				if !slices.ContainsFunc(asked, func(a ir.Mem) bool { return inLineOf(a, at) }) {
					asked = append(asked, at)
					e.top().b.Emit(&ir.Prefetch{Mem: at})
				}
			}
		}
	}
}

// inLineOf reports whether b is less than a line after a in a row, or there.
func inLineOf(a, b ir.Mem) bool {
	for d := range a.Subs {
		apart := b.Subs[d].Add(a.Subs[d], -1)
		if len(apart.Terms) > 0 || d+1 < len(a.Subs) && apart.Const != 0 {
			return false
		}
		if d+1 == len(a.Subs) {
			return 0 <= apart.Const && apart.Const < machine.LineFloats
		}
	}
	return true
}
