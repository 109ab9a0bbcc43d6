package emit

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// clippings lists those about the i-th outer axis.
func (e *emitter) clippings(i int) []plan.Clipping {
	var out []plan.Clipping
	a := e.plan.Order[i]
	for _, o := range e.plan.Order[i+1:] {
		if r, ok := fuse.Common(e.g.Stages, a.Var, o.Var); ok {
			out = append(out, plan.Clipping{Within: r, Inner: o})
		}
	}
	for _, ps := range e.g.Passes {
		for _, o := range ps.Inner {
			if r, ok := fuse.Common(ps.Stages, a.Var, o.Var); ok && !e.g.MapsInside(o.Var) {
				out = append(out, plan.Clipping{Within: r, Inner: o})
			}
		}
	}
	return out
}

// inClips emits the tiles of one run of the i-th outer axis, in parts for each of
// which the axes inside are cut to what some tile of it needs.
func (e *emitter) inClips(i int, p at, r axisRun) {
	list := e.clippings(i)
	if len(list) == 0 || e.rest {
		e.overRun(i, p, r, ir.Sub{Const: r.start})
		return
	}
	a := e.plan.Order[i]
	parts := e.clipParts(list, a, r)
	if len(e.filling) > 0 {
		k := slices.IndexFunc(parts, func(part axisRun) bool { return e.needsAll(list, a, part) })
		if k < 0 {
			panic("emit: a run without a whole tile is to fill a panel") // wholeRun found it
		}
		parts[0], parts[k] = parts[k], parts[0]
	}
	for _, part := range parts {
		clips, borders := e.clips, e.borders
		e.clips, e.borders = maps.Clone(clips), maps.Clone(borders)
		for _, c := range list {
			e.clips[c.Inner.Var], e.borders[c.Inner.Var] = e.needed(c, a, part), e.borderOf(c, a, part)
		}
		e.overRun(i, p, part, ir.Sub{Const: part.start})
		e.clips, e.borders = clips, borders
	}
}

// bands is how many parts of the i-th outer axis have code of their own at most: calls that the same
// code is for are cut to what one of them needs.
func (e *emitter) bands(i int) int {
	if len(e.clippings(i)) == 0 {
		return 1
	}
	return max(2, plan.MaxClips(e.t)/2)
}

// inCall emits the tiles of one call of the i-th outer axis from base on, where so many calls, one
// behind the other, have the same code.
func (e *emitter) inCall(i int, p at, r axisRun, base ir.Sub, calls int) {
	if calls == 1 && len(base.Terms) == 0 {
		e.inClips(i, p, r)
		return
	}
	a, all := e.plan.Order[i], r
	all.count *= calls
	for _, c := range e.clippings(i) {
		e.clips[c.Inner.Var], e.borders[c.Inner.Var] = e.needed(c, a, all), e.borderOf(c, a, all)
	}
	e.overRun(i, p, r, base)
}

// clipParts are the parts of a run, each of which has ranges of its own: they end where what
// tiles need changes, not everywhere if that would be too much code.
func (e *emitter) clipParts(list []plan.Clipping, a ir.Axis, r axisRun) []axisRun {
	alike := e.alike(list, a, r)
	most := max(1, plan.MaxClips(e.t)*min(a.Size, r.count*r.step)/a.Size)
	var out []axisRun
	for some := range slices.Chunk(alike, naive.CeilDiv(len(alike), most)) {
		part := some[0]
		for _, next := range some[1:] {
			part.count += next.count
		}
		out = append(out, part)
	}
	return out
}

// alike cuts a run where the tiles need other values of the axes inside.
func (e *emitter) alike(list []plan.Clipping, a ir.Axis, r axisRun) []axisRun {
	var out []axisRun
	var before []naive.Span
	for k := range r.count {
		one := r
		one.start, one.count = r.start+k*r.step, 1
		var needs []naive.Span
		for _, c := range list {
			needs = append(needs, e.needed(c, a, one))
		}
		if k > 0 && slices.Equal(needs, before) {
			out[len(out)-1].count++
			continue
		}
		out, before = append(out, one), needs
	}
	return out
}

// needsAll reports whether the tiles of a part go through all values of the axes inside.
func (e *emitter) needsAll(list []plan.Clipping, a ir.Axis, part axisRun) bool {
	return !slices.ContainsFunc(list, func(c plan.Clipping) bool { return e.needed(c, a, part) != naive.Span{Lo: 0, Hi: c.Inner.Size} })
}

// needed is the values of the inner axis that some tile of a run needs, rounded
// to whole vectors, or else to whole rounds of an unrolled loop.
func (e *emitter) needed(c plan.Clipping, a ir.Axis, r axisRun) naive.Span {
	last := len(r.offsets) - 1
	unit := e.t.Lanes
	if !e.plan.FillsLanes(c.Inner.Var) {
		unit = min(unit, 4)
	}
	return c.Span(a, naive.Span{Lo: r.start + r.offsets[0], Hi: r.start + (r.count-1)*r.step + r.offsets[last] + r.lanes[last]}, unit)
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
		first := min(r.count, max(0, (c.Lo-r.start)/r.step))
		end := min(r.count, max(first, naive.CeilDiv(c.Hi-r.start, r.step)))
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
		for i, ps := range e.g.Passes {
			for _, s := range ps.Stages {
				if s.Store {
					e.restOf(s, e.plan.Passes[i].Vec, q)
				}
			}
		}
		e.release(nil)
	}
}

// restOf stores the rest of a stage at a point, for all values of its inner
// axes.
func (e *emitter) restOf(s *fuse.Stage, vec *ir.Var, q at) {
	if len(s.Inner) == 0 {
		e.put(s, q, e.real(s.Nest.Rest))
		return
	}
	if !naive.Has(s.Inner, vec) {
		vec = nil
	}
	axes := vectorLast(s.Inner, vec)
	last := axes[len(axes)-1]
	e.nest(axes[:len(axes)-1], map[*ir.Var]ir.Sub{}, func(in map[*ir.Var]ir.Sub) {
		e.innermost(plan.PassPlan{Vec: vec}, last, 4, func(sub ir.Sub, lanes, _ int) {
			r := q.withAll(in).with(last.Var, sub)
			if vec != nil {
				r.vec, r.lanes = vec, lanes
			}
			e.put(s, r, e.real(s.Nest.Rest))
			e.release(nil)
		})
	})
}

// restOfRow stores what the elements of the pass's maps are beyond the clip.
func (e *emitter) restOfRow(ps *fuse.Pass, pp plan.PassPlan, pts []at) {
	if len(ps.Inner) != 1 || !ps.Maps() {
		return
	}
	a := ps.Inner[0]
	c, ok := e.clips[a.Var]
	if !ok {
		return
	}
	for _, part := range []naive.Span{{Hi: c.Lo}, {Lo: c.Hi, Hi: a.Size}} {
		if part.Lo >= part.Hi {
			continue
		}
		e.innermost(pp, ir.Axis{Var: a.Var, Size: part.Hi - part.Lo}, 4, func(sub ir.Sub, lanes, _ int) {
			for _, p := range pts {
				q := p.with(a.Var, sub.Add(ir.Sub{Const: 1}, part.Lo))
				if pp.Vec != nil {
					q.vec, q.lanes = pp.Vec, lanes
				}
				for _, s := range ps.Stages {
					if s.Store && len(s.Inner) > 0 {
						e.put(s, q, e.real(s.Nest.Rest))
					}
				}
				e.release(nil)
			}
		})
	}
}
