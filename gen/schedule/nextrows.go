package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// nextRows is an operand that comes from beyond the second cache, the same number for
// all lanes, of which each tile reads rows of its own: the tiles before ask for them,
// since more rows at a time than the machine foresees arrive too late.
type nextRows struct {
	mem *ir.Mem
	// axis is the loop that goes on to the next rows, windows are the axes of the sum
	// that slide in the same direction.
	axis    *ir.Var
	windows []ir.Axis
}

// rowsToAskFor are those of a contraction's sum.
func (c *contraction) rowsToAskFor(t Target, p *plan) []nextRows {
	if !c.g.contraction || t.Lanes == 1 || p.vec == nil || len(c.main.nest.Gathers) > 0 {
		return nil
	}
	last := c.main.nest.Reduce[len(c.main.nest.Reduce)-1]
	var out []nextRows
	for _, m := range c.loads {
		if 4*m.Buf.Size() <= t.Second || naive.Stride(m, p.vec) != 0 || naive.Stride(m, last.Var) != 1 || last.Size < 2*lineFloats {
			continue
		}
		if a := c.goesOn(t, p, m); a != nil {
			out = append(out, nextRows{m, a, c.along(m, a)})
		}
	}
	return out
}

// goesOn is the innermost loop around tiles that changes what they read of m, nil where
// they find it in the second cache since a loop around made them read it before, or
// where a tile is one row.
func (c *contraction) goesOn(t Target, p *plan, m *ir.Mem) *ir.Var {
	var axis *ir.Var
	var inside []ir.Axis
	for _, o := range slices.Backward(p.order) {
		switch n := p.width(t, o.Var); {
		case naive.Stride(m, o.Var) != 0 && axis == nil && (n == 1 || n >= o.Size):
			return nil
		case naive.Stride(m, o.Var) != 0:
			if axis == nil {
				axis = o.Var
			}
			inside = append(inside, o)
		case axis != nil && n < o.Size && footprint(m, inside, c.main.nest.Reduce) <= float64(t.Second):
			return nil
		}
	}
	return axis
}

// along are the axes of the sum in the subscripts of m that the axis a is in.
func (c *contraction) along(m *ir.Mem, a *ir.Var) []ir.Axis {
	var out []ir.Axis
	for _, s := range m.Subs {
		for _, r := range c.main.nest.Reduce {
			if s.Coef(a) != 0 && s.Coef(r.Var) != 0 {
				out = append(out, r)
			}
		}
	}
	return out
}

// askRowsAfter asks, at a line of the sum's innermost axis, for that line of the rows that the
// next tile reads of such an operand, given the first point of this one. Tiles that read the
// same rows ask for some of them each.
func (e *emitter) askRowsAfter(p at) {
	for _, s := range e.rows {
		k := slices.IndexFunc(e.tiles, func(t tileAxis) bool { return t.v == s.axis })
		if k < 0 || s.readAgain(p) {
			continue
		}
		t := e.tiles[k]
		first := p.sub(s.axis).Add(ir.Sub{Const: 1}, t.width()-t.offsets[p.blocks[s.axis]])
		turn, turns := e.turnAmong(e.tiles[k+1:], p)
		each := naive.CeilDiv(len(t.offsets), turns)
		for j := range each {
			row := first.Add(ir.Sub{Const: j}.Add(turn, each), 1)
			e.top().b.Emit(&ir.Prefetch{Mem: e.mem(*s.mem, nil, p.with(s.axis, row))})
		}
	}
}

// turnAmong is the number of the tile at p among those that the given axes have, and how many
// these are.
func (e *emitter) turnAmong(tiles []tileAxis, p at) (turn ir.Sub, turns int) {
	turns = 1
	for _, t := range tiles {
		n := max(1, naive.CeilDiv(naive.SizeOf(e.plan.order, t.v), t.width())) // 1 for an axis that stands abreast
		at, even := p.sub(t.v).Add(ir.Sub{Const: -t.offsets[p.blocks[t.v]]}, 1).Div(t.width())
		if !even {
			at, n = ir.Sub{}, 1
		}
		turn, turns = at.Add(turn, n), turns*n
	}
	return turn, turns
}

// readAgain reports whether windows overlap so that what the next tile reads at p, this
// one reads at a later step of the sum.
func (s nextRows) readAgain(p at) bool {
	return slices.ContainsFunc(s.windows, func(r ir.Axis) bool {
		at := p.sub(r.Var)
		return len(at.Terms) == 0 && at.Const < r.Size-1
	})
}

// width is how far the next tile is along the axis.
func (t tileAxis) width() int {
	last := len(t.offsets) - 1
	return t.offsets[last] + t.lanes[last]
}
