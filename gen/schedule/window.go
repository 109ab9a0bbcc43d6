package schedule

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// restricted reports whether not all terms count everywhere.
func (g *group) restricted() bool {
	for _, s := range g.stages {
		if len(s.nest.Within) > 0 {
			return true
		}
	}
	return false
}

// span is the values from lo up to but not including hi of a reduction axis.
type span struct{ lo, hi int }

// counting gives the values of axis a for which a range holds, where its other
// terms have the value rest. A range that is not about a holds for all or none.
func counting(w ir.Range, a ir.Axis, rest int) span {
	c := w.Sub.Coef(a.Var)
	switch {
	case c == 0 && rest >= 0 && rest < w.Size:
		return span{0, a.Size}
	case c == 0:
		return span{}
	}
	lo, hi := -rest, w.Size-1-rest // lo <= c*value <= hi
	if c < 0 {
		c, lo, hi = -c, -hi, -lo
	}
	return span{max(0, naive.CeilDiv(lo, c)), min(a.Size, naive.CeilDiv(hi+1, c))}
}

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
				s := counting(w, reduce[i], w.Sub.Const+w.Sub.Coef(a.Var)*(r.start+tile*r.step+off))
				text += fmt.Sprintf("%d-%d ", s.lo, max(s.lo, s.hi))
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
	for _, a := range e.plan.order {
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
	for _, s := range e.g.stages {
		for _, w := range s.nest.Within {
			if w.Sub.Coef(v) == 0 {
				continue
			}
			over := ir.Axis{Size: 1}
			for _, a := range s.nest.Reduce {
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
		all = span{0, a.Size}
	}
	if len(ranges) == 0 {
		return []segment{{all.lo, all.hi - all.lo, pts}}
	}
	spans := make([]span, len(pts))
	cuts := map[int]bool{0: true, a.Size: true}
	for i, p := range pts {
		s := all
		for _, w := range ranges {
			if c, ok := e.at(w, a, p); ok {
				s = span{max(s.lo, c.lo), min(s.hi, c.hi)}
			}
		}
		spans[i] = s
		cuts[s.lo], cuts[max(s.lo, s.hi)] = true, true
	}
	var out []segment
	start := 0
	for k := 1; k <= a.Size; k++ {
		if !cuts[k] {
			continue
		}
		var in []at
		for i, s := range spans {
			if s.lo <= start && k <= s.hi {
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
func (e *emitter) at(w ir.Range, a ir.Axis, p at) (s span, ok bool) {
	rest := w.Sub.Const
	for _, t := range w.Sub.Terms {
		if t.Var == a.Var {
			continue
		}
		tile := e.tileAxis(t.Var)
		if tile == nil {
			return span{}, false
		}
		rest += t.Coef * (tile.start + tile.offsets[p.blocks[t.Var]])
	}
	return counting(w, a, rest), true
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
