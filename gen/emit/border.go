package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// border says of which blocks of an outer axis's tile the tiles of an axis inside have
// something to compute: those of block k for the values needs[k].
type border struct {
	outer *ir.Var
	needs []naive.Span
}

// borderOf is the border that a clipping makes along the tiles of a run: none where the
// blocks of a tile are the lanes of a vector.
func (e *emitter) borderOf(c plan.Clipping, a ir.Axis, r axisRun) border {
	if a.Var == e.resultLanes() {
		return border{}
	}
	out := border{outer: a.Var}
	for k := range r.offsets {
		one := r
		one.offsets, one.lanes = r.offsets[k:k+1], r.lanes[k:k+1]
		out.needs = append(out.needs, e.needed(c, a, one))
	}
	return out
}

// along cuts a run where other blocks of the tile around it have something to compute.
func (b border) along(r axisRun) []activeRun {
	var out []activeRun
	for k := range r.count {
		from, to := r.start+k*r.step, r.start+(k+1)*r.step
		var blocks []int
		for i, s := range b.needs {
			if s.Lo < to && from < s.Hi {
				blocks = append(blocks, i)
			}
		}
		if n := len(out); n > 0 && slices.Equal(out[n-1].blocks, blocks) {
			out[n-1].count++
			continue
		}
		q := r
		q.start, q.count = from, 1
		out = append(out, activeRun{axisRun: q, around: b.outer, blocks: blocks})
	}
	return out
}

// inActive emits a run of the i-th outer axis: where only some blocks of the tile
// around it have something to compute, the rest of the others first.
func (e *emitter) inActive(i int, p at, r activeRun) {
	rest, tiles := e.rest, e.tiles
	defer func() { e.rest, e.tiles = rest, tiles }()
	if around := e.tileAxis(r.around); around != nil && len(r.blocks) < len(around.offsets) {
		e.rest, e.tiles = true, replaced(tiles, around.apart().without(r.blocks))
		e.inClips(i, p, r.axisRun.apart())
		e.tiles = replaced(tiles, around.only(r.blocks))
		if len(r.blocks) == 0 {
			return
		}
	}
	e.rest = rest || r.rest
	e.inClips(i, p, r.axisRun)
}

// only is the tile of which the given blocks alone are at hand.
func (t tileAxis) only(blocks []int) tileAxis {
	t.blocks = blocks
	return t
}

// without is the tile of which all but the given blocks are at hand.
func (t tileAxis) without(blocks []int) tileAxis {
	t.blocks = nil
	for k := range t.offsets {
		if !slices.Contains(blocks, k) {
			t.blocks = append(t.blocks, k)
		}
	}
	return t
}

// replaced are the tiles with another one along the axis of one.
func replaced(tiles []tileAxis, by tileAxis) []tileAxis {
	out := slices.Clone(tiles)
	for i := range out {
		if out[i].v == by.v {
			out[i] = by
		}
	}
	return out
}
