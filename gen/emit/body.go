package emit

import (
	"cmp"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
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
	if e.plan.Turn != nil {
		e.square(p)
		return
	}
	b := e.top().b
	before := len(b.Body)
	e.forgetDefined()
	e.ask(p)
	for i, ps := range e.g.Passes {
		e.beside(ps, p, func(p at) {
			if len(ps.Inner) == 0 {
				e.straight(i, p)
			} else if len(e.points(p, nil)) > 1 || !e.moves(ps, ps.Inner, p) {
				e.inner(i, p)
			}
		})
	}
	b.Body = append(b.Body[:before], withoutUnread(e.g.Brief, b.Body[before:])...)
}

// points lists the points of a tile, the axis that the plan holds innermost.
// Where lanes is an axis, its tile becomes the lanes of one vector.
func (e *emitter) points(p at, lanes *ir.Var) []at {
	out := []at{p}
	tiles := append([]tileAxis(nil), e.tiles...)
	for i, t := range tiles {
		if t.v == e.plan.Hold {
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
				if t.v == e.plan.Vec {
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
	for _, pp := range e.plan.Passes {
		if pp.Lanes != nil {
			return pp.Lanes
		}
	}
	return nil
}

// straight emits a pass without inner loops.
func (e *emitter) straight(i int, p at) {
	points := e.points(p, e.resultLanes())
	e.askRows(points)
	e.sideBySide(len(points), len(e.g.Passes) == 1, func(k int) {
		for _, s := range e.g.Passes[i].Stages {
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
func (e *emitter) compute(s *fuse.Stage, q at) {
	x := s.Nest.Value
	if !s.Nest.Accumulate || x.Load != nil || x.Op != ir.Mul {
		e.put(s, q, e.eval(x, s.Nest, q))
		return
	}
	a, b := e.eval(x.Args[0], s.Nest, q), e.eval(x.Args[1], s.Nest, q)
	m := e.mem(s.Nest.Store, s.Nest, q)
	e.define(s, q, m, e.do(ir.FMA, a, b, e.before(s, q, m)))
}

// put makes the result of a map stage known and stores it where it must be.
func (e *emitter) put(s *fuse.Stage, q at, r *ir.Reg) {
	m := e.mem(s.Nest.Store, s.Nest, q)
	if s.Nest.Accumulate {
		r = e.do(ir.Add, e.before(s, q, m), r)
	}
	e.define(s, q, m, r)
}

// before loads what is in memory already where a stage adds to it.
func (e *emitter) before(s *fuse.Stage, q at, m ir.Mem) *ir.Reg {
	old := e.top().b.Reg(ir.Real)
	e.emitLoad(old, m, e.mode(&s.Nest.Store, q), q.lanes)
	return old
}

// define stores r and remembers it as the value of the element.
func (e *emitter) define(s *fuse.Stage, q at, m ir.Mem, r *ir.Reg) {
	key := e.elementKey(&s.Nest.Store, m, q)
	if s.Store {
		e.forget(m.Buf)
		lanes := 1
		if e.mode(&s.Nest.Store, q) == vector {
			lanes = q.lanes
		}
		if lanes > 1 && s.StoresSpaced(q.vec) {
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
	if len(e.g.Shrunk) == 0 {
		return
	}
	for _, sc := range e.scopes {
		for k := range sc.memo {
			if slices.Contains(e.g.Shrunk, e.defined[k]) {
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
	s     *fuse.Stage
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
	ps, pp := e.g.Passes[i], e.plan.Passes[i]
	pts := e.points(p, nil)
	for k := range pts {
		pts[k].place = k
	}
	ranges := ps.Stages[0].Nest.Within
	axes := vectorLast(ps.Inner, pp.Vec)
	in := &innerLoops{e: e, ps: ps, pp: pp, axes: axes, ranges: ranges, kinds: e.kinds()}
	last := axes[len(axes)-1]
	// Without a loop the first term can define the accumulator.
	first := len(axes) == 1 && in.spelled(0, last.Size, len(pts))
	in.red = e.reducers(ps, len(pts), max(1, min(pp.Split, in.steps(last.Size))), first)
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
	e.loop(axes[0].Var.Name, axes[0].Size, e.g.Contraction, func(v *ir.Var) {
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
func (e *emitter) innermost(pp plan.PassPlan, a ir.Axis, unroll int, step func(sub ir.Sub, lanes, k int)) {
	unit, tail := 1, 0
	lanes := 0
	if pp.Vec != nil {
		unit, tail = e.t.Lanes, a.Size%e.t.Lanes
		lanes = unit
	}
	full := a.Size / unit
	count := 0
	if full > unroll {
		count = full / unroll
	}
	if count > 0 {
		e.loop(a.Var.Name, count, e.g.Contraction, func(v *ir.Var) {
			e.sideBySide(unroll, !e.g.Contraction, func(k int) {
				sub := ir.Sub{Const: k * unit}
				if v != nil {
					sub = sub.Add(ir.VarSub(v), unroll*unit)
				}
				step(sub, lanes, k)
			})
			e.flush()
		})
	}
	e.sideBySide(full-count*unroll, !e.g.Contraction, func(k int) {
		k += count * unroll
		step(ir.Sub{Const: k * unit}, lanes, k)
	})
	if tail > 0 {
		step(ir.Sub{Const: full * unit}, tail, full)
	}
	e.flush()
}

// reducers makes the accumulators of a pass, set to what the reduction starts
// from, or left to be defined by their first term where that comes first.
func (e *emitter) reducers(ps *fuse.Pass, points, split int, first bool) []*reducer {
	out := make([]*reducer, len(ps.Stages))
	for i, s := range ps.Stages {
		out[i] = &reducer{}
		if len(s.Nest.Reduce) == 0 {
			continue
		}
		r := out[i]
		r.s = s
		for p := 0; p < points; p++ {
			var acc, where []*ir.Reg
			var flag *nanFlag
			if s.Nest.Op == ir.ReduceMax || s.Nest.Op == ir.ReduceMin {
				flag = e.newFlag(first)
			}
			for k := 0; k < split; k++ {
				a := e.top().b.Reg(ir.Real)
				e.depth[a] = len(e.scopes) - 1
				if first && s.Nest.Op != ir.ReduceArgMax {
					e.empty[a] = true
				} else {
					e.top().b.Emit(&ir.Assign{Dst: a, Op: ir.Const, Real: naive.Identity(s.Nest.Op)})
				}
				if flag != nil {
					e.flags[a] = flag
					flag.main = cmp.Or(flag.main, a)
				}
				acc = append(acc, a)
				if s.Nest.Op == ir.ReduceArgMax {
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
func (e *emitter) step(ps *fuse.Pass, pp plan.PassPlan, pts []at, q map[*ir.Var]ir.Sub, v *ir.Var, sub ir.Sub, lanes, k int, red []*reducer) {
	defer e.release(nil)
	for _, p := range pts {
		i := p.place
		e.release(nil)
		p = p.withAll(q).with(v, sub)
		if pp.Vec != nil {
			p.vec, p.lanes = pp.Vec, lanes
		}
		for j, s := range ps.Stages {
			if len(s.Nest.Reduce) == 0 {
				e.compute(s, p)
				continue
			}
			r := red[j]
			c := k % len(r.acc[i])
			if s.Nest.Op == ir.ReduceArgMax {
				e.argmax(r.acc[i][c], r.where[i][c], s, p)
				continue
			}
			if pp.Vec != nil && lanes < e.t.Lanes && s.Nest.Op != ir.ReduceSum {
				e.combineMasked(r.acc[i][c], s, p)
				continue
			}
			e.accumulate(r.acc[i][c], s.Nest.Value, s, p)
		}
	}
}
