package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// tileAxis is an outer axis with the offsets of the blocks in its tile, and
// where the first tile of its run starts. Only the listed blocks are at hand, all where
// there is no list.
type tileAxis struct {
	v              *ir.Var
	start          int
	offsets, lanes []int
	blocks         []int
}

// tile emits all passes for one tile of the outer axes.
func (e *emitter) tile(p at) {
	if e.plan.turn != nil {
		e.square(p)
		return
	}
	b := e.top().b
	before := len(b.Body)
	e.forgetDefined()
	e.ask(p)
	for i, ps := range e.g.passes {
		e.beside(ps, p, func(p at) {
			if len(ps.inner) == 0 {
				e.straight(i, p)
			} else if len(e.points(p, nil)) > 1 || !e.moves(ps, ps.inner, p) {
				e.inner(i, p)
			}
		})
	}
	b.Body = append(b.Body[:before], e.g.withoutUnread(b.Body[before:])...)
}

// points lists the points of a tile, the axis that the plan holds innermost.
// Where lanes is an axis, its tile becomes the lanes of one vector.
func (e *emitter) points(p at, lanes *ir.Var) []at {
	out := []at{p}
	tiles := append([]tileAxis(nil), e.tiles...)
	for i, t := range tiles {
		if t.v == e.plan.hold {
			tiles = append(append(append([]tileAxis(nil), tiles[:i]...), tiles[i+1:]...), t)
			break
		}
	}
	for _, t := range tiles {
		var next []at
		for _, q := range out {
			if t.v == lanes && lanes != nil {
				q.vec, q.lanes = t.v, len(t.offsets)
				next = append(next, q)
				continue
			}
			for k, off := range t.offsets {
				if t.blocks != nil && !slices.Contains(t.blocks, k) {
					continue
				}
				r := q.with(t.v, q.sub(t.v).Add(ir.Sub{Const: 1}, off)).inBlock(t.v, k)
				if t.v == e.plan.vec {
					r.vec, r.lanes = t.v, t.lanes[k]
				}
				next = append(next, r)
			}
		}
		out = next
	}
	return out
}

// resultLanes is the outer axis along which sums of earlier passes lie.
func (e *emitter) resultLanes() *ir.Var {
	for _, pp := range e.plan.passes {
		if pp.lanes != nil {
			return pp.lanes
		}
	}
	return nil
}

// straight emits a pass without inner loops.
func (e *emitter) straight(i int, p at) {
	points := e.points(p, e.resultLanes())
	e.askRows(points)
	e.sideBySide(len(points), len(e.g.passes) == 1, func(k int) {
		for _, s := range e.g.passes[i].stages {
			e.compute(s, points[k])
		}
		e.release(nil)
	})
}

// release emits the stores that wait: all, or those up to the last to b. A
// point's loads come before its stores, because a load waits for a store that
// is a multiple of 4 KiB away as if it were to the same place.
func (e *emitter) release(b *ir.Buffer) {
	n := len(e.waiting)
	for b != nil && n > 0 && e.waiting[n-1].Mem.Buf != b {
		n--
	}
	for _, st := range e.waiting[:n] {
		e.top().b.Emit(st)
	}
	e.waiting = e.waiting[n:]
}

// compute makes the result of a map stage; a product is added in one step.
func (e *emitter) compute(s *stage, q at) {
	x := s.nest.Value
	if !s.nest.Accumulate || x.Load != nil || x.Op != ir.Mul {
		e.put(s, q, e.eval(x, s.nest, q))
		return
	}
	a, b := e.eval(x.Args[0], s.nest, q), e.eval(x.Args[1], s.nest, q)
	m := e.mem(s.nest.Store, s.nest, q)
	e.define(s, q, m, e.do(ir.FMA, a, b, e.before(s, q, m)))
}

// put makes the result of a map stage known and stores it where it must be.
func (e *emitter) put(s *stage, q at, r *ir.Reg) {
	m := e.mem(s.nest.Store, s.nest, q)
	if s.nest.Accumulate {
		r = e.do(ir.Add, e.before(s, q, m), r)
	}
	e.define(s, q, m, r)
}

// before loads what is in memory already where a stage adds to it.
func (e *emitter) before(s *stage, q at, m ir.Mem) *ir.Reg {
	old := e.top().b.Reg(ir.Real)
	e.emitLoad(old, m, e.mode(&s.nest.Store, q), q.lanes)
	return old
}

// define stores r and remembers it as the value of the element.
func (e *emitter) define(s *stage, q at, m ir.Mem, r *ir.Reg) {
	key := e.elementKey(&s.nest.Store, m, q)
	if s.store {
		e.forget(m.Buf)
		lanes := 1
		if e.mode(&s.nest.Store, q) == vector {
			lanes = q.lanes
		}
		if lanes > 1 && s.storesSpaced(q.vec) {
			e.storeInRow(s, rowPart{m, r, lanes})
		} else {
			e.waiting = append(e.waiting, &ir.Store{Mem: m, Src: r, Lanes: lanes})
		}
	}
	delete(e.loads, key)
	e.top().memo[key], e.defined[key] = r, m.Buf.Root()
}

// forgetDefined drops what tiles before have defined in places that the next one uses
// again, perhaps for something else, or not at all.
func (e *emitter) forgetDefined() {
	if len(e.g.shrunk) == 0 {
		return
	}
	for _, sc := range e.scopes {
		for k := range sc.memo {
			if slices.Contains(e.g.shrunk, e.defined[k]) {
				delete(sc.memo, k)
			}
		}
	}
}

// forget drops what is remembered of a buffer that changes.
func (e *emitter) forget(b *ir.Buffer) {
	for _, sc := range e.scopes {
		for k, v := range sc.memo {
			if e.loads[k] == b {
				delete(sc.memo, k)
			}
			if x, ok := v.(*ir.Var); ok && e.indexOf[x] == b {
				delete(sc.memo, k)
			}
		}
	}
}

// reducer is the accumulators of one stage of a pass: for each point of the
// tile, split registers, and for an argmax the positions beside them.
type reducer struct {
	s     *stage
	acc   [][]*ir.Reg
	where [][]*ir.Reg
}

// Loops are spelled out where they are short: around a register tile of at most
// fullTile terms with at most fullSteps each, elsewhere with at most fullRow
// steps over all points.
const (
	fullTile  = 288
	fullSteps = 32
	fullRow   = 48
)

// inner emits a pass with inner loops.
func (e *emitter) inner(i int, p at) {
	ps, pp := e.g.passes[i], e.plan.passes[i]
	pts := e.points(p, nil)
	for k := range pts {
		pts[k].place = k
	}
	ranges := ps.stages[0].nest.Within
	axes := vectorLast(ps.inner, pp.vec)
	in := &innerLoops{e: e, ps: ps, pp: pp, axes: axes, ranges: ranges, kinds: e.kinds()}
	last := axes[len(axes)-1]
	// Without a loop the first term can define the accumulator.
	first := len(axes) == 1 && in.spelled(0, last.Size, len(pts))
	in.red = e.reducers(ps, len(pts), max(1, min(pp.split, in.steps(last.Size))), first)
	in.run(0, map[*ir.Var]ir.Sub{}, pts)
	e.restOfRow(ps, pp, pts)
	e.watched = nil
	for _, r := range in.red {
		if r.s != nil {
			e.finish(r, pp, pts)
			e.release(nil)
		}
	}
}

// vectorLast orders inner axes with the vector last.
func vectorLast(axes []ir.Axis, vec *ir.Var) []ir.Axis {
	var out, end []ir.Axis
	for _, a := range axes {
		if a.Var == vec {
			end = append(end, a)
		} else {
			out = append(out, a)
		}
	}
	return append(out, end...)
}

// nest opens loops over axes.
func (e *emitter) nest(axes []ir.Axis, q map[*ir.Var]ir.Sub, body func(map[*ir.Var]ir.Sub)) {
	if len(axes) == 0 {
		body(q)
		return
	}
	e.loop(axes[0].Var.Name, axes[0].Size, e.g.contraction, func(v *ir.Var) {
		in := map[*ir.Var]ir.Sub{}
		for k, s := range q {
			in[k] = s
		}
		in[axes[0].Var] = ir.Sub{}
		if v != nil {
			in[axes[0].Var] = ir.VarSub(v)
		}
		e.nest(axes[1:], in, body)
	})
}

// innermost emits the steps along the last inner axis: a loop of unrolled
// steps, the remaining ones, and a step with fewer lanes at the end.
func (e *emitter) innermost(pp passPlan, a ir.Axis, unroll int, step func(sub ir.Sub, lanes, k int)) {
	unit, tail := 1, 0
	lanes := 0
	if pp.vec != nil {
		unit, tail = e.t.Lanes, a.Size%e.t.Lanes
		lanes = unit
	}
	full := a.Size / unit
	count := 0
	if full > unroll {
		count = full / unroll
	}
	if count > 0 {
		e.loop(a.Var.Name, count, e.g.contraction, func(v *ir.Var) {
			e.sideBySide(unroll, !e.g.contraction, func(k int) {
				sub := ir.Sub{Const: k * unit}
				if v != nil {
					sub = sub.Add(ir.VarSub(v), unroll*unit)
				}
				step(sub, lanes, k)
			})
			e.flush()
		})
	}
	e.sideBySide(full-count*unroll, !e.g.contraction, func(k int) {
		k += count * unroll
		step(ir.Sub{Const: k * unit}, lanes, k)
	})
	if tail > 0 {
		step(ir.Sub{Const: full * unit}, tail, full)
	}
	e.flush()
}

// reducers makes the accumulators of a pass, set to what the reduction starts
// from; those of sums are left to be defined by their first term where that
// comes first.
func (e *emitter) reducers(ps *pass, points, split int, first bool) []*reducer {
	out := make([]*reducer, len(ps.stages))
	for i, s := range ps.stages {
		out[i] = &reducer{}
		if len(s.nest.Reduce) == 0 {
			continue
		}
		r := out[i]
		r.s = s
		for p := 0; p < points; p++ {
			var acc, where []*ir.Reg
			var flag *nanFlag
			if s.nest.Op == ir.ReduceMax || s.nest.Op == ir.ReduceMin {
				flag = e.newFlag()
			}
			for k := 0; k < split; k++ {
				a := e.top().b.Reg(ir.Real)
				e.depth[a] = len(e.scopes) - 1
				if first && s.nest.Op == ir.ReduceSum {
					e.empty[a] = true
				} else {
					e.top().b.Emit(&ir.Assign{Dst: a, Op: ir.Const, Real: naive.Identity(s.nest.Op)})
				}
				if flag != nil {
					e.flags[a] = flag
				}
				acc = append(acc, a)
				if s.nest.Op == ir.ReduceArgMax {
					w := e.top().b.Reg(ir.Word)
					e.top().b.Emit(&ir.Assign{Dst: w, Op: ir.ConstWord})
					e.depth[w] = len(e.scopes) - 1
					where = append(where, w)
				}
			}
			r.acc, r.where = append(r.acc, acc), append(r.where, where)
		}
	}
	return out
}

// step emits one step of the inner loops for all points of the tile.
func (e *emitter) step(ps *pass, pp passPlan, pts []at, q map[*ir.Var]ir.Sub, v *ir.Var, sub ir.Sub, lanes, k int, red []*reducer) {
	defer e.release(nil)
	for _, p := range pts {
		i := p.place
		e.release(nil)
		p = p.withAll(q).with(v, sub)
		if pp.vec != nil {
			p.vec, p.lanes = pp.vec, lanes
		}
		for j, s := range ps.stages {
			if len(s.nest.Reduce) == 0 {
				e.compute(s, p)
				continue
			}
			r := red[j]
			c := k % len(r.acc[i])
			if s.nest.Op == ir.ReduceArgMax {
				e.argmax(r.acc[i][c], r.where[i][c], s, p)
				continue
			}
			if pp.vec != nil && lanes < e.t.Lanes && s.nest.Op != ir.ReduceSum {
				e.combineMasked(r.acc[i][c], s, p)
				continue
			}
			e.accumulate(r.acc[i][c], s.nest.Value, s, p)
		}
	}
}
