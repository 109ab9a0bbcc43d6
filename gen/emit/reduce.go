package emit

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// accumulate combines a value into an accumulator, sums of products by fused
// multiplications.
func (e *emitter) accumulate(acc *ir.Reg, x *ir.Expr, s *fuse.Stage, p at) {
	if s.Nest.Op != ir.ReduceSum {
		e.combine(s.Nest.Op, acc, e.eval(x, s.Nest, p))
		return
	}
	if sumsProducts(x) {
		switch x.Op {
		case ir.Add:
			e.accumulate(acc, x.Args[0], s, p)
			e.accumulate(acc, x.Args[1], s, p)
			return
		case ir.Sub2:
			e.accumulate(acc, x.Args[0], s, p)
			e.subtract(acc, x.Args[1], s, p)
			return
		case ir.Mul:
			a, b := e.product(x, s.Nest, p)
			if e.start(acc) {
				e.update(acc, ir.Copy, e.do(ir.Mul, a, b)) // others may need the product
			} else {
				e.update(acc, ir.FMA, a, b, acc)
			}
			return
		case ir.Neg:
			e.subtract(acc, x.Args[0], s, p)
			return
		}
	}
	v := e.inLanes(e.eval(x, s.Nest, p), s.Nest, p)
	if e.start(acc) {
		e.update(acc, ir.Copy, v)
	} else {
		e.update(acc, ir.Add, acc, v)
	}
}

// sumsProducts reports whether x is products, added up, each of which the machine adds in one
// step. Where there is anything else, that takes as many steps by itself, and large terms
// that make up for each other, as those of a stable loss do, leave the accumulator as exact as it is.
func sumsProducts(x *ir.Expr) bool {
	switch {
	case x.Load != nil:
		return false
	case x.Op == ir.Add || x.Op == ir.Sub2 || x.Op == ir.Neg:
		return !slices.ContainsFunc(x.Args, func(a *ir.Expr) bool { return !sumsProducts(a) })
	}
	return x.Op == ir.Mul
}

// start reports whether acc is empty still, and notes that it is no more.
func (e *emitter) start(acc *ir.Reg) bool {
	was := e.empty[acc]
	delete(e.empty, acc)
	return was
}

// inLanes is v with 0 in lanes that do not count; a load of a vector has it
// there.
func (e *emitter) inLanes(v *ir.Reg, n *ir.Nest, p at) *ir.Reg {
	if e.allLanes(n, p) || e.partial[v] {
		return v
	}
	return e.masked(v, 0, p.lanes)
}

// allLanes reports whether every lane of a value at p counts in the sum.
func (e *emitter) allLanes(n *ir.Nest, p at) bool {
	return p.vec == nil || p.lanes >= e.t.Lanes || !naive.Has(n.Reduce, p.vec)
}

// subtract is accumulate for the negated value.
func (e *emitter) subtract(acc *ir.Reg, x *ir.Expr, s *fuse.Stage, p at) {
	if e.start(acc) {
		e.update(acc, ir.Const)
	}
	if x.Load == nil && x.Op == ir.Mul {
		a, b := e.product(x, s.Nest, p)
		e.update(acc, ir.FNMA, a, b, acc)
		return
	}
	e.update(acc, ir.Sub2, acc, e.inLanes(e.eval(x, s.Nest, p), s.Nest, p))
}

func (e *emitter) update(dst *ir.Reg, op ir.Op, args ...*ir.Reg) {
	e.top().b.Emit(&ir.Assign{Dst: dst, Op: op, Args: args})
}

// masked replaces the lanes not in use.
func (e *emitter) masked(v *ir.Reg, rest float32, lanes int) *ir.Reg {
	b := e.top().b
	m := b.Reg(ir.Mask)
	b.Emit(&ir.Assign{Dst: m, Op: ir.LaneMask, Word: int32(lanes)})
	e.depth[m] = len(e.scopes) - 1
	return e.do(ir.Select, m, v, e.real(rest))
}

// product evaluates a product as two operands of a fused multiplication. The
// factors are grouped by what they depend on, so that what several points of a
// tile share is computed once.
func (e *emitter) product(x *ir.Expr, n *ir.Nest, p at) (a, b *ir.Reg) {
	var plain, along []*ir.Reg
	loads := true
	for _, f := range naive.Factors(x) {
		r := e.eval(f, n, p)
		loads = loads && e.source[r] != nil
		if p.vec != nil && naive.DependsOn(f, p.vec) {
			along = append(along, r)
			loads = loads && (e.allLanes(n, p) || e.partial[r]) // not forwarded
		} else {
			plain = append(plain, r)
		}
	}
	// A lane that does not count has 0 from a load; anything else in the
	// product may be infinite there, or not 0.
	if !e.allLanes(n, p) && (!loads || len(along) == 0) {
		for i := range along {
			along[i] = e.inLanes(along[i], n, p)
		}
		if len(along) == 0 {
			plain[0] = e.inLanes(plain[0], n, p)
		}
	}
	if len(plain) == 0 || len(along) == 0 {
		all := append(plain, along...)
		return e.multiply(all[:len(all)-1]), all[len(all)-1]
	}
	return e.multiply(plain), e.multiply(along)
}

func (e *emitter) multiply(rs []*ir.Reg) *ir.Reg {
	out := rs[0]
	for _, r := range rs[1:] {
		out = e.do(ir.Mul, out, r)
	}
	return out
}

var combineOps = map[ir.ReduceOp]ir.Op{
	ir.ReduceSum: ir.Add, ir.ReduceProd: ir.Mul, ir.ReduceMax: ir.MaxOp, ir.ReduceMin: ir.MinOp,
}

// combine is acc = op(acc, v).
func (e *emitter) combine(op ir.ReduceOp, acc, v *ir.Reg) {
	flag := e.flags[acc]
	switch {
	case e.start(acc):
		e.update(acc, ir.Copy, v)
		if flag != nil && flag.main == acc {
			return
		}
	case flag != nil:
		e.update(acc, combineOps[op], v, acc) // the machine's maximum: acc, where v is NaN
	default:
		e.update(acc, combineOps[op], acc, v)
	}
	if flag != nil {
		e.watch(flag, v)
	}
}

// nanFlag notes the NaN among the values of a maximum, which the machine's own
// operation would lose.
type nanFlag struct {
	// mask is nil before the first comparison where nothing needs it earlier.
	mask *ir.Reg
	// main is the accumulator that the others are combined with: NaN in its first value
	// stays there.
	main *ir.Reg
	// pending is a value that has not been looked at: one comparison does for
	// two.
	pending *ir.Reg
}

// newFlag is a flag that is down; it has no mask yet where the first comparison may make it.
func (e *emitter) newFlag(first bool) *nanFlag {
	f := &nanFlag{}
	e.watched = append(e.watched, f)
	if first {
		return f
	}
	b := e.top().b
	zero := e.real(0)
	f.mask = b.Reg(ir.Mask)
	b.Emit(&ir.Assign{Dst: f.mask, Op: ir.LT, Args: []*ir.Reg{zero, zero}})
	e.depth[f.mask] = len(e.scopes) - 1
	return f
}

// watch raises the flag where v, or the value before it, is NaN.
func (e *emitter) watch(f *nanFlag, v *ir.Reg) {
	if f.pending == nil {
		f.pending = v
		return
	}
	b := e.top().b
	nan := b.Do(ir.Unordered, f.pending, v)
	f.pending = nil
	if f.mask == nil {
		f.mask, e.depth[nan] = nan, len(e.scopes)-1
		return
	}
	b.Emit(&ir.Assign{Dst: f.mask, Op: ir.Or, Args: []*ir.Reg{f.mask, nan}})
}

// flush looks at the values that are pending, before the loop that made them
// ends.
func (e *emitter) flush() {
	for _, f := range e.watched {
		if f.pending != nil {
			e.watch(f, f.pending)
		}
	}
}

// combineMasked combines a vector of which only some lanes count.
func (e *emitter) combineMasked(acc *ir.Reg, s *fuse.Stage, p at) {
	v := e.masked(e.eval(s.Nest.Value, s.Nest, p), naive.Identity(s.Nest.Op), p.lanes)
	e.combine(s.Nest.Op, acc, v)
}

// argmax keeps the larger value and its row-major position, in each lane.
func (e *emitter) argmax(acc, where *ir.Reg, s *fuse.Stage, p at) {
	v := e.eval(s.Nest.Value, s.Nest, p)
	if p.vec != nil && naive.Has(s.Nest.Reduce, p.vec) && p.lanes < e.t.Lanes {
		v = e.masked(v, naive.Identity(s.Nest.Op), p.lanes)
	}
	pos := ir.Sub{}
	for _, a := range s.Nest.Reduce {
		pos = ir.Sub{}.Add(pos, a.Size).Add(ir.VarSub(a.Var), 1)
	}
	here := e.eval(&ir.Expr{Op: ir.Iota, Kind: ir.Word, Sub: pos}, s.Nest, p)
	b := e.top().b
	larger := b.Do(ir.LT, acc, v)
	if e.t.Lanes > 1 {
		e.update(acc, ir.MaxOp, v, acc) // the same, without waiting for the mask
	} else {
		e.update(acc, ir.Select, larger, v, acc)
	}
	e.update(where, ir.Select, larger, here, where)
}

// finish combines partial results and lanes, and stores what must be stored.
func (e *emitter) finish(r *reducer, pp plan.PassPlan, pts []at) {
	s := r.s
	regs := make([]*ir.Reg, len(pts))
	for i := range pts {
		acc := e.started(r.acc[i], s.Nest.Op)
		for w := len(acc); w > 1; w = (w + 1) / 2 {
			for k := 0; k < w/2; k++ {
				e.update(acc[k], combineOps[s.Nest.Op], acc[(w+1)/2+k], acc[k])
			}
		}
		regs[i] = acc[0]
		if flag := e.flags[regs[i]]; flag != nil && flag.mask != nil {
			nan := e.real(float32(math.NaN()))
			regs[i] = e.do(ir.Select, flag.mask, nan, regs[i])
		}
		if s.Nest.Op == ir.ReduceArgMax {
			regs[i] = r.where[i][0]
		}
	}
	if s.Nest.Op == ir.ReduceArgMax {
		for i, p := range pts {
			if pp.Vec != nil && e.t.Lanes > 1 {
				regs[i] = e.firstPlace(r.acc[i][0], regs[i])
			} else {
				e.dropLast(r.acc[i][0])
			}
			e.put(s, p, regs[i])
		}
		return
	}
	if pp.Vec == nil || e.t.Lanes == 1 {
		for i, p := range pts {
			e.put(s, p, regs[i])
		}
		return
	}
	if pp.Lanes == nil {
		for i, p := range pts {
			e.put(s, p, e.do(horizontalOps[s.Nest.Op], regs[i]))
		}
		return
	}
	e.gatherLanes(s, pp.Lanes, pts, regs)
}

// started is the accumulators that hold something: one at least, which is what the
// reduction starts from where no term counts.
func (e *emitter) started(all []*ir.Reg, op ir.ReduceOp) []*ir.Reg {
	acc := slices.DeleteFunc(slices.Clone(all), e.start)
	if len(acc) == 0 {
		acc = all[:1]
		e.top().b.Emit(&ir.Assign{Dst: acc[0], Op: ir.Const, Real: naive.Identity(op)})
	}
	return acc
}

// firstPlace is the least place among those of the lanes with the largest value.
func (e *emitter) firstPlace(acc, where *ir.Reg) *ir.Reg {
	largest := e.do(ir.EQ, acc, e.do(ir.HMax, acc))
	place := e.do(ir.Select, largest, e.do(ir.ToReal, where), e.real(fuse.MostPlaces))
	return e.do(ir.ToWord, e.do(ir.HMin, place))
}

// dropLast takes back the last value of acc, which nothing reads, where it is not
// in a loop.
func (e *emitter) dropLast(acc *ir.Reg) {
	b := e.top().b
	for k := len(b.Body) - 1; k >= 0; k-- {
		a, ok := b.Body[k].(*ir.Assign)
		switch {
		case ok && a.Dst == acc:
			if a.Op == ir.Select {
				b.Body = slices.Delete(b.Body, k, k+1)
			}
			return
		case !ok:
			if _, loop := b.Body[k].(*ir.Loop); loop {
				return
			}
		}
	}
}

var horizontalOps = map[ir.ReduceOp]ir.Op{
	ir.ReduceSum: ir.HSum, ir.ReduceProd: ir.HProd, ir.ReduceMax: ir.HMax, ir.ReduceMin: ir.HMin,
}

// gatherLanes turns the sums along the lanes of up to a vector of registers
// into one vector along the given axis of the tile.
func (e *emitter) gatherLanes(s *fuse.Stage, lanes *ir.Var, pts []at, regs []*ir.Reg) {
	for _, q := range e.points(e.basePoint(pts), lanes) {
		args := make([]*ir.Reg, q.lanes)
		for i, p := range pts {
			if k, ok := laneOf(p, q, lanes); ok {
				args[k] = regs[i]
			}
		}
		e.put(s, q, e.do(ir.HSums, args...))
	}
}

// basePoint undoes the tile offsets: the point that points starts from.
func (e *emitter) basePoint(pts []at) at {
	p := pts[0]
	for _, t := range e.tiles {
		p = p.with(t.v, p.sub(t.v).Add(ir.Sub{Const: 1}, -t.offsets[p.blocks[t.v]]))
	}
	p.vec, p.lanes = nil, 0
	return p
}

// laneOf reports the offset of p from q along the axis, if they agree in all
// others.
func laneOf(p, q at, lanes *ir.Var) (int, bool) {
	k := 0
	for l := q.subs; l != nil; l = l.outer {
		v := l.v
		d := p.sub(v).Add(q.sub(v), -1)
		if v == lanes {
			k = d.Const
			continue
		}
		if d.Const != 0 || len(d.Terms) > 0 {
			return 0, false
		}
	}
	return k, true
}
