package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// onward is how far the next part of a sum is along an axis of it; there is none without one.
type onward struct {
	axis *ir.Var
	by   int
}

// foreseenApart is how far apart, in elements, the places may be that a step reads after the
// other for the machine to foresee them.
const foreseenApart = 4 * lineFloats

// nextParts are the operands of a part of a sum of which each step reads lines that are far
// apart, and which come from beyond the second cache: while a part is at hand, tiles ask for what
// the next one reads.
func (c *contraction) nextParts(t Target) []*ir.Mem {
	if c.g.onward.axis == nil || t.Lanes == 1 || len(c.main.nest.Gathers) > 0 {
		return nil
	}
	last := c.main.nest.Reduce[len(c.main.nest.Reduce)-1].Var
	var out []*ir.Mem
	for _, m := range c.loads {
		if 4*m.Buf.Size() > t.Second && naive.Stride(m, c.g.onward.axis) != 0 && naive.Stride(m, last) > foreseenApart && !c.overlaps(m) {
			out = append(out, m)
		}
	}
	return out
}

// overlaps reports whether an axis of the result and one of the sum stand in one subscript of
// m: tiles read what others do, then.
func (c *contraction) overlaps(m *ir.Mem) bool {
	return slices.ContainsFunc(c.g.outer, func(a ir.Axis) bool {
		return !slices.Contains(c.g.serial, a.Var) && len(c.along(m, a.Var)) > 0
	})
}

// askOnward asks, at some step along the sum's innermost axis v, for what the tile reads at
// this step of the next part, and at so many others that the tiles which read the same ask for all
// steps together; given the points of the tile.
func (e *emitter) askOnward(v *ir.Var, points []at) {
	for _, m := range e.onward {
		if slices.ContainsFunc(e.copied, func(pn *panel) bool { return naive.SameMem(pn.mem, m) }) {
			continue
		}
		var others []tileAxis
		readers := 1
		for _, t := range e.tiles {
			if naive.Stride(m, t.v) == 0 && t.v != e.g.onward.axis {
				others, readers = append(others, t), readers*naive.CeilDiv(naive.SizeOf(e.plan.order, t.v), t.width())
			}
		}
		if readers > askSteps {
			continue
		}
		turn, turns := e.turnAmong(others, points[0])
		for j := range naive.CeilDiv(askSteps, turns) {
			var asked *ir.Mem
			for _, p := range points {
				q := p.with(v, p.sub(v).Add(ir.Sub{Const: j * turns}.Add(turn, 1), 1))
				q = q.with(e.g.onward.axis, q.sub(e.g.onward.axis).Add(ir.Sub{Const: 1}, e.g.onward.by))
				at := e.mem(*m, nil, q)
				if asked == nil || !inLineOf(asked, &at) {
					asked = &at
					e.top().b.Emit(&ir.Prefetch{Mem: at})
				}
			}
		}
	}
}

// inLineOf reports whether b is less than a line after a in a row, or there.
func inLineOf(a, b *ir.Mem) bool {
	for d := range a.Subs {
		apart := b.Subs[d].Add(a.Subs[d], -1)
		if len(apart.Terms) > 0 || d+1 < len(a.Subs) && apart.Const != 0 {
			return false
		}
		if d+1 == len(a.Subs) {
			return 0 <= apart.Const && apart.Const < lineFloats
		}
	}
	return true
}
