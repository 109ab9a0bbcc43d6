package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// askRowsAfter asks, at a line of the sum's innermost axis, for that line of the rows that the
// next tile reads of such an operand, given the first point of this one. Tiles that read the
// same rows ask for some of them each.
func (e *emitter) askRowsAfter(p at) {
	for _, s := range e.rows {
		k := slices.IndexFunc(e.tiles, func(t tileAxis) bool { return t.v == s.Axis })
		if k < 0 || readAgain(s, p) {
			continue
		}
		t := e.tiles[k]
		first := p.sub(s.Axis).Add(ir.Sub{Const: 1}, t.width()-t.offsets[p.blocks[s.Axis]])
		turn, turns := e.turnAmong(e.tiles[k+1:], p)
		each := naive.CeilDiv(len(t.offsets), turns)
		for j := range each {
			row := first.Add(ir.Sub{Const: j}.Add(turn, each), 1)
			e.top().b.Emit(&ir.Prefetch{Mem: e.mem(*s.Mem, nil, p.with(s.Axis, row))})
		}
	}
}

// turnAmong is the number of the tile at p among those that the given axes have, and how many
// these are.
func (e *emitter) turnAmong(tiles []tileAxis, p at) (turn ir.Sub, turns int) {
	turns = 1
	for _, t := range tiles {
		n := max(1, naive.CeilDiv(naive.SizeOf(e.plan.Order, t.v), t.width())) // 1 for an axis that stands abreast
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
func readAgain(s plan.NextRows, p at) bool {
	return slices.ContainsFunc(s.Windows, func(r ir.Axis) bool {
		at := p.sub(r.Var)
		return len(at.Terms) == 0 && at.Const < r.Size-1
	})
}

// width is how far the next tile is along the axis.
func (t tileAxis) width() int {
	last := len(t.offsets) - 1
	return t.offsets[last] + t.lanes[last]
}
