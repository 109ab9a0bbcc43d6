package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// repeatedFloats is how many elements a load repeats in all lanes, for shuffles to
// choose from: less to load than each of them for itself.
const repeatedFloats = 4

// spread loads the elements that the lanes at a point need and puts them there.
func (e *emitter) spread(x *ir.Expr, n *ir.Nest, p at) *ir.Reg {
	at := e.sub(x.Sub, n, p)
	if len(at.Terms) > 0 {
		panic("emit: elements are spread over lanes that are not known")
	}
	order := make([]int, e.t.Lanes)
	for i := range order {
		order[i] = (at.Const + i) / x.Every % x.Within
	}
	if x.Step > 1 || x.Every > 1 && x.Within > e.t.Lanes {
		return e.strided(x, n, p, order)
	}
	from := *x.Args[0].Load
	if slices.Min(order) == slices.Max(order) && x.Within > repeatedFloats {
		return e.load(ir.LoadExpr(further(from, order[0])), n, p)
	}
	place := e.mem(from, n, p)
	if x.Within <= e.t.Lanes {
		r := e.loaded(place, ir.Real, vector, x.Within)
		return e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{r}, Order: order}, ir.Real)
	}
	return e.around(place, order[0], x.Within)
}

// further is the place a number of elements on in memory.
func further(m ir.Mem, elements int) ir.Mem {
	last := naive.Innermost(&m)
	m.Subs = slices.Clone(m.Subs)
	m.Subs[last].Const += elements
	return m
}

// strided is spread for elements that lie some places apart, given which of them the lanes
// need. Where an axis goes through those between them and its value is known, all are loaded in
// one piece.
func (e *emitter) strided(x *ir.Expr, n *ir.Nest, p at, order []int) *ir.Reg {
	used := order[:p.lanes]
	first, count := slices.Min(used), slices.Max(used)-slices.Min(used)+1
	from := further(*x.Args[0].Load, first*x.Step)
	if count == 1 {
		return e.load(ir.LoadExpr(from), n, p)
	}
	size, offset := (count-1)*x.Step+1, 0
	for _, a := range naive.Join(n.Axes, n.Reduce) {
		if c := p.sub(a.Var); between(x, a) && !naive.Restricts(n.Within, a.Var) && len(c.Terms) == 0 && count*x.Step <= e.t.Lanes {
			from, size, offset = from.Replace(a.Var, ir.Sub{}), count*x.Step, c.Const
		}
	}
	for i := range order {
		order[i] = min(max(order[i]-first, 0), count-1)*x.Step + offset
	}
	return e.shuffled(e.mem(from, n, p), size, order)
}

// shuffled is n elements of memory in another order, of which the shuffle itself may read
// them: each has a load of its own.
func (e *emitter) shuffled(m ir.Mem, n int, order []int) *ir.Reg {
	k := e.ids.memKey(key('h', append([]int{n}, order...)...), m)
	if r, ok := e.lookup(k); ok {
		return r.(*ir.Reg)
	}
	to := e.hoist(e.depthOf(m))
	if e.written[m.Buf] {
		to = len(e.scopes) - 1
		e.release(m.Buf)
	}
	b := e.scopes[to].b
	r := b.Reg(ir.Real)
	b.Emit(&ir.Load{Dst: r, Mem: m, Lanes: n})
	out := b.Reg(ir.Real)
	b.Emit(&ir.Assign{Dst: out, Op: ir.Shuffle, Args: []*ir.Reg{r}, Order: order})
	e.depth[r], e.depth[out], e.loads[k] = to, to, m.Buf
	e.scopes[to].memo[k] = out
	return out
}

// reversed is n elements of memory from a place on backwards.
func (e *emitter) reversed(m ir.Mem, n int) *ir.Reg {
	order := make([]int, e.t.Lanes)
	for j := range order {
		order[j] = max(n-1-j, 0)
	}
	return e.shuffled(further(m, 1-n), n, order)
}

// between reports whether an axis goes through the elements between those that an operation
// spreads over lanes, from each of them to the next.
func between(x *ir.Expr, a ir.Axis) bool {
	if x.Load != nil || x.Op != ir.Spread || x.Step == 1 || a.Size != x.Step {
		return false
	}
	f := x.Args[0].Load.Flat()
	_, even := f.Replace(a.Var, ir.Sub{}).Div(x.Step)
	return f.Coef(a.Var) == 1 && even
}

// around is a vector of a row that is longer than one, from its element first on and
// again from its beginning.
func (e *emitter) around(row ir.Mem, first, size int) *ir.Reg {
	last := naive.Innermost(&row)
	from := func(at int) *ir.Reg {
		m := ir.Mem{Buf: row.Buf, Subs: slices.Clone(row.Subs)}
		m.Subs[last].Const += at
		r := e.loaded(m, ir.Real, vector, e.t.Lanes)
		return r
	}
	if first+e.t.Lanes <= size {
		return from(first)
	}
	before := size - first // lanes up to the end of the row
	turned := make([]int, e.t.Lanes)
	for i := range turned {
		turned[i] = (i + e.t.Lanes - before) % e.t.Lanes
	}
	turn := func(r *ir.Reg) *ir.Reg {
		return e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{r}, Order: turned}, ir.Real)
	}
	end := e.op(&ir.Assign{Op: ir.LaneMask, Word: int32(before)}, ir.Mask)
	return e.do(ir.Select, end, turn(from(size-e.t.Lanes)), turn(from(0)))
}
