package schedule

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// maxClips is how many different ranges of one axis the tiles of another get:
// more follow the border closer, and are more code, of which the Go compiler
// takes long to make little. The tiles of wide vectors are fewer and larger.
func maxClips(t Target) int {
	switch {
	case t.Lanes == 1:
		return 3
	case t.Lanes < lineFloats:
		return 12
	}
	return 22
}

// clipping is a range of the nests of a group, or of a pass, that is about an
// outer axis and an axis inside of it.
type clipping struct {
	within ir.Range
	inner  ir.Axis
}

// clippings lists those about the i-th outer axis.
func (e *emitter) clippings(i int) []clipping {
	var out []clipping
	a := e.plan.order[i]
	for _, o := range e.plan.order[i+1:] {
		if r, ok := common(e.g.stages, a.Var, o.Var); ok {
			out = append(out, clipping{r, o})
		}
	}
	for _, ps := range e.g.passes {
		for _, o := range ps.inner {
			if r, ok := common(ps.stages, a.Var, o.Var); ok && !e.g.mapsInside(o.Var) {
				out = append(out, clipping{r, o})
			}
		}
	}
	return out
}

// mapsInside reports whether a pass with maps has v and other axes inside: what is beyond a
// clip of it would not be stored.
func (g *group) mapsInside(v *ir.Var) bool {
	return slices.ContainsFunc(g.passes, func(p *pass) bool { return len(p.inner) > 1 && p.maps() && naive.Has(p.inner, v) })
}

// common is the range about two axes beyond which no stage has anything to
// compute.
func common(stages []*stage, a, b *ir.Var) (ir.Range, bool) {
	var first ir.Range
	for k, s := range stages {
		found := false
		for _, r := range s.nest.Only {
			if r.Sub.Coef(a) != 0 && r.Sub.Coef(b) != 0 && (k == 0 || naive.SameRanges([]ir.Range{first}, []ir.Range{r})) {
				first, found = r, true
				break
			}
		}
		if !found || s.nest.Accumulate {
			return first, false
		}
	}
	return first, len(stages) > 0
}

// maps reports whether a stage of the pass is a map.
func (p *pass) maps() bool {
	for _, s := range p.stages {
		if len(s.nest.Reduce) == 0 {
			return true
		}
	}
	return false
}

// clipped reports whether the group has ranges beyond which there is nothing to
// compute.
func (g *group) clipped() bool {
	for _, s := range g.stages {
		if len(s.nest.Only) > 0 {
			return true
		}
	}
	return false
}

// inClips emits the tiles of one run of the i-th outer axis, in parts for each of
// which the axes inside are cut to what some tile of it needs.
func (e *emitter) inClips(i int, p at, r axisRun) {
	list := e.clippings(i)
	if len(list) == 0 || e.rest {
		e.overRun(i, p, r, ir.Sub{Const: r.start})
		return
	}
	a := e.plan.order[i]
	parts := e.clipParts(a, r)
	if len(e.filling) > 0 {
		k := slices.IndexFunc(parts, func(part axisRun) bool { return e.needsAll(list, a, part) })
		if k < 0 {
			panic("schedule: a run without a whole tile is to fill a panel") // wholeRun found it
		}
		parts[0], parts[k] = parts[k], parts[0]
	}
	for _, part := range parts {
		clips, borders := e.clips, e.borders
		e.clips, e.borders = maps.Clone(clips), maps.Clone(borders)
		for _, c := range list {
			e.clips[c.inner.Var], e.borders[c.inner.Var] = e.needed(c, a, part), e.borderOf(c, a, part)
		}
		e.overRun(i, p, part, ir.Sub{Const: part.start})
		e.clips, e.borders = clips, borders
	}
}

// clipParts are the parts of a run, each of which has ranges of its own.
func (e *emitter) clipParts(a ir.Axis, r axisRun) []axisRun {
	var out []axisRun
	each := naive.CeilDiv(naive.CeilDiv(a.Size, r.step), maxClips(e.t))
	for from := 0; from < r.count; from += each {
		part := r
		part.start, part.count = r.start+from*r.step, min(each, r.count-from)
		out = append(out, part)
	}
	return out
}

// needsAll reports whether the tiles of a part go through all values of the axes inside.
func (e *emitter) needsAll(list []clipping, a ir.Axis, part axisRun) bool {
	return !slices.ContainsFunc(list, func(c clipping) bool { return e.needed(c, a, part) != span{0, c.inner.Size} })
}

// needed is the values of the inner axis that some tile of a run needs, rounded
// to whole vectors, or else to whole rounds of an unrolled loop.
func (e *emitter) needed(c clipping, a ir.Axis, r axisRun) span {
	last := len(r.offsets) - 1
	unit := e.t.Lanes
	if !e.plan.fillsLanes(c.inner.Var) {
		unit = min(unit, 4)
	}
	return c.span(a, span{r.start + r.offsets[0], r.start + (r.count-1)*r.step + r.offsets[last] + r.lanes[last]}, unit)
}

// span is the values of the inner axis, in whole units, that some of those of the
// outer axis a need.
func (c clipping) span(a ir.Axis, of span, unit int) span {
	out := span{c.inner.Size, 0}
	for _, v := range []int{of.lo, of.hi - 1} {
		s := counting(c.within, c.inner, c.within.Sub.Const+c.within.Sub.Coef(a.Var)*min(v, a.Size-1))
		if s.lo < s.hi {
			out = span{min(out.lo, s.lo), max(out.hi, s.hi)}
		}
	}
	out.lo -= out.lo % unit
	out.hi = min(c.inner.Size, naive.CeilDiv(out.hi, unit)*unit)
	if out.lo >= out.hi {
		return span{0, min(c.inner.Size, unit)}
	}
	return out
}

// fillsLanes reports whether the lanes are along an axis.
func (p *plan) fillsLanes(v *ir.Var) bool {
	return v == p.vec || slices.ContainsFunc(p.passes, func(pp passPlan) bool { return v == pp.vec || v == pp.lanes })
}

// activeRun is a run of tiles; rest says that they have nothing to compute. Where around
// is an axis, they have something to compute for the listed blocks of its tile only.
type activeRun struct {
	axisRun
	rest   bool
	around *ir.Var
	blocks []int
}

// active cuts runs where the clip of their axis begins and ends.
func (e *emitter) active(a ir.Axis, runs []axisRun) []activeRun {
	c, ok := e.clips[a.Var]
	var out []activeRun
	for _, r := range runs {
		if !ok || e.rest {
			out = append(out, activeRun{axisRun: r})
			continue
		}
		// Tile k covers from..from+step-1 at r.start + k*r.step.
		first := min(r.count, max(0, (c.lo-r.start)/r.step))
		end := min(r.count, max(first, naive.CeilDiv(c.hi-r.start, r.step)))
		for _, part := range []struct {
			from, to int
			rest     bool
		}{{0, first, true}, {first, end, false}, {end, r.count, true}} {
			if part.from < part.to {
				q := r
				q.start, q.count = r.start+part.from*r.step, part.to-part.from
				if part.rest {
					out = append(out, activeRun{axisRun: q.apart(), rest: true})
				} else if e.t.Lanes > 1 {
					out = append(out, e.borders[a.Var].along(q)...)
				} else {
					out = append(out, activeRun{axisRun: q})
				}
			}
		}
	}
	return out
}

// apart takes from a last block that reaches back over the one before it, to
// fill a vector, the lanes that are not its own: a rest must not be stored over
// what was computed.
func (r axisRun) apart() axisRun {
	r.offsets, r.lanes = apartBlocks(r.offsets, r.lanes)
	return r
}

// apart is the same for an open tile.
func (t tileAxis) apart() tileAxis {
	t.offsets, t.lanes = apartBlocks(t.offsets, t.lanes)
	return t
}

func apartBlocks(offsets, lanes []int) ([]int, []int) {
	k := len(offsets) - 1
	back := k*lanes[k] - offsets[k]
	if back <= 0 {
		return offsets, lanes
	}
	offsets, lanes = slices.Clone(offsets), slices.Clone(lanes)
	offsets[k] += back
	lanes[k] -= back
	return offsets, lanes
}

// restOfTile stores, for a tile with nothing to compute, what its elements are.
func (e *emitter) restOfTile(p at) {
	for _, q := range e.points(p, e.resultLanes()) {
		for i, ps := range e.g.passes {
			for _, s := range ps.stages {
				if s.store {
					e.restOf(s, e.plan.passes[i].vec, q)
				}
			}
		}
		e.release(nil)
	}
}

// restOf stores the rest of a stage at a point, for all values of its inner
// axes.
func (e *emitter) restOf(s *stage, vec *ir.Var, q at) {
	if len(s.inner) == 0 {
		e.put(s, q, e.real(s.nest.Rest))
		return
	}
	if !naive.Has(s.inner, vec) {
		vec = nil
	}
	axes := vectorLast(s.inner, vec)
	last := axes[len(axes)-1]
	e.nest(axes[:len(axes)-1], map[*ir.Var]ir.Sub{}, func(in map[*ir.Var]ir.Sub) {
		e.innermost(passPlan{vec: vec}, last, 4, func(sub ir.Sub, lanes, _ int) {
			r := q.withAll(in).with(last.Var, sub)
			if vec != nil {
				r.vec, r.lanes = vec, lanes
			}
			e.put(s, r, e.real(s.nest.Rest))
			e.release(nil)
		})
	})
}

// restOfRow stores what the elements of the pass's maps are beyond the clip.
func (e *emitter) restOfRow(ps *pass, pp passPlan, pts []at) {
	if len(ps.inner) != 1 || !ps.maps() {
		return
	}
	a := ps.inner[0]
	c, ok := e.clips[a.Var]
	if !ok {
		return
	}
	for _, part := range []span{{0, c.lo}, {c.hi, a.Size}} {
		if part.lo >= part.hi {
			continue
		}
		e.innermost(pp, ir.Axis{Var: a.Var, Size: part.hi - part.lo}, 4, func(sub ir.Sub, lanes, _ int) {
			for _, p := range pts {
				q := p.with(a.Var, sub.Add(ir.Sub{Const: 1}, part.lo))
				if pp.vec != nil {
					q.vec, q.lanes = pp.vec, lanes
				}
				for _, s := range ps.stages {
					if s.store && len(s.inner) > 0 {
						e.put(s, q, e.real(s.nest.Rest))
					}
				}
				e.release(nil)
			}
		})
	}
}
