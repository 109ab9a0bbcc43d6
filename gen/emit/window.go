package emit

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// splitRuns divides the tiles along an outer axis wherever the terms that count
// change, so that one code serves all tiles of a run.
func (e *emitter) splitRuns(a ir.Axis, in []axisRun) []axisRun {
	ranges, reduce := e.rangesOf(a.Var)
	if len(ranges) == 0 {
		return in
	}
	key := func(r axisRun, tile int) string {
		text := ""
		for i, w := range ranges {
			for _, off := range r.offsets {
				s := naive.Counting(w, reduce[i], w.Sub.Const+w.Sub.Coef(a.Var)*(r.start+tile*r.step+off))
				text += fmt.Sprintf("%d-%d ", s.Lo, max(s.Lo, s.Hi))
			}
		}
		return text
	}
	var out []axisRun
	for _, r := range in {
		from, last := 0, key(r, 0)
		for tile := 1; tile <= r.count; tile++ {
			now := ""
			if tile < r.count {
				now = key(r, tile)
			}
			if tile == r.count || now != last {
				part := r
				part.start, part.count = r.start+from*r.step, tile-from
				out = append(out, part)
				from, last = tile, now
			}
		}
	}
	return out
}

// kinds is the number of kinds of tiles that the ranges make.
func (e *emitter) kinds() int {
	if e.counted > 0 {
		return e.counted
	}
	n := 1
	for _, a := range e.plan.Order {
		if ranges, _ := e.rangesOf(a.Var); len(ranges) > 0 {
			n *= len(e.splitRuns(a, e.runs(a)))
		}
	}
	e.counted = n
	return n
}

// rangesOf lists the ranges of the group about an outer axis, each with the
// reduction axis that it is about.
func (e *emitter) rangesOf(v *ir.Var) (ranges []ir.Range, reduce []ir.Axis) {
	for _, s := range e.g.Stages {
		for _, w := range s.Nest.Within {
			if w.Sub.Coef(v) == 0 {
				continue
			}
			over := ir.Axis{Size: 1}
			for _, a := range s.Nest.Reduce {
				if w.Sub.Coef(a.Var) != 0 {
					over = a
				}
			}
			ranges, reduce = append(ranges, w), append(reduce, over)
		}
	}
	return ranges, reduce
}

// segment is a part of a reduction axis throughout which the same points of the
// tile count.
type segment struct {
	start, count int
	points       []at
}

// segments divides a reduction axis at a tile of points.
func (e *emitter) segments(ranges []ir.Range, a ir.Axis, pts []at) []segment {
	all, clipped := e.clips[a.Var]
	if !clipped {
		all = naive.Span{Hi: a.Size}
	}
	if len(ranges) == 0 {
		return []segment{{all.Lo, all.Hi - all.Lo, pts}}
	}
	spans := make([]naive.Span, len(pts))
	cuts := map[int]bool{0: true, a.Size: true}
	for i, p := range pts {
		s := all
		for _, w := range ranges {
			if c, ok := e.at(w, a, p); ok {
				s = naive.Span{Lo: max(s.Lo, c.Lo), Hi: min(s.Hi, c.Hi)}
			}
		}
		spans[i] = s
		cuts[s.Lo], cuts[max(s.Lo, s.Hi)] = true, true
	}
	var out []segment
	start := 0
	for k := 1; k <= a.Size; k++ {
		if !cuts[k] {
			continue
		}
		var in []at
		for i, s := range spans {
			if s.Lo <= start && k <= s.Hi {
				in = append(in, pts[i])
			}
		}
		if len(in) > 0 {
			out = append(out, segment{start, k - start, in})
		}
		start = k
	}
	return out
}

// at gives the values of a for which a range holds at a point; ok is false
// where the range is about another reduction axis.
func (e *emitter) at(w ir.Range, a ir.Axis, p at) (s naive.Span, ok bool) {
	rest := w.Sub.Const
	for _, t := range w.Sub.Terms {
		if t.Var == a.Var {
			continue
		}
		tile := e.tileAxis(t.Var)
		if tile == nil {
			return naive.Span{}, false
		}
		rest += t.Coef * (tile.start + tile.offsets[p.blocks[t.Var]])
	}
	return naive.Counting(w, a, rest), true
}

// tileAxis is the open tile along an outer axis.
func (e *emitter) tileAxis(v *ir.Var) *tileAxis {
	for i := range e.tiles {
		if e.tiles[i].v == v {
			return &e.tiles[i]
		}
	}
	return nil
}
