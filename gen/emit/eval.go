package emit

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/vecmath"
)

// mode says how an element is held: a vector along the point's axis, or one
// value in all lanes.
type mode byte

const (
	vector  mode = 'v'
	uniform mode = 'u'
)

// mode of an access at a point.
func (e *emitter) mode(m *ir.Mem, p at) mode {
	if e.t.Lanes > 1 && p.vec != nil && naive.Stride(m, p.vec) != 0 {
		return vector
	}
	return uniform
}

// mem is the place of an access at a point.
func (e *emitter) mem(m ir.Mem, n *ir.Nest, p at) ir.Mem {
	out := ir.Mem{Buf: m.Buf, Subs: make([]ir.Sub, len(m.Subs))}
	local := e.g.Local[m.Buf]
	for d, s := range m.Subs {
		if local != nil && local[d] != nil {
			out.Subs[d] = ir.Sub{Const: p.blocks[local[d]]}
		} else {
			out.Subs[d] = e.sub(s, n, p)
		}
	}
	return out
}

// sub replaces axes by their values at a point, and gathered variables by
// loaded ones.
func (e *emitter) sub(s ir.Sub, n *ir.Nest, p at) ir.Sub {
	out := ir.Sub{Const: s.Const}
	for _, t := range s.Terms {
		if v, ok := p.value(t.Var); ok {
			out = out.Add(v, t.Coef)
			continue
		}
		out = out.Add(ir.VarSub(e.gathered(t.Var, n, p)), t.Coef)
	}
	return out
}

// gathered loads the element of an int32 buffer that v stands for.
func (e *emitter) gathered(v *ir.Var, n *ir.Nest, p at) *ir.Var {
	for _, g := range n.Gathers {
		if g.Dst != v {
			continue
		}
		m := e.mem(g.Mem, n, p)
		key := e.ids.memKey(key('g'), m)
		d := e.depthOf(m)
		if got, ok := e.lookup(key); ok {
			return got.(*ir.Var)
		}
		to := e.hoist(d)
		if e.written[m.Buf] {
			to = len(e.scopes) - 1
			e.release(m.Buf)
		}
		out := e.fresh(v.Name)
		e.scopes[to].b.Emit(&ir.LoadIndex{Dst: out, Mem: m})
		e.depth[out] = to
		e.indexOf[out] = m.Buf
		e.scopes[to].memo[key] = out
		return out
	}
	panic(fmt.Sprintf("emit: variable %s has no value", v.Name))
}

func (e *emitter) lookup(key string) (any, bool) {
	for i := len(e.scopes) - 1; i >= 0; i-- {
		if v, ok := e.scopes[i].memo[key]; ok {
			return v, true
		}
	}
	return nil, false
}

// hoist is the scope for a value that could be computed at the given depth.
func (e *emitter) hoist(depth int) int {
	for i := len(e.scopes) - 1; i > depth; i-- {
		if e.scopes[i].pinned {
			return i
		}
	}
	return depth
}

// depthOf is the innermost scope whose variables an access uses.
func (e *emitter) depthOf(m ir.Mem) int {
	d := e.depth[m.Buf] // that of the copy, for a panel
	for _, s := range m.Subs {
		for _, t := range s.Terms {
			d = max(d, e.depth[t.Var])
		}
	}
	return d
}

// key starts the name of a value in memo: what kind of value it is, and numbers.
func key(kind byte, numbers ...int) []byte {
	k := append(make([]byte, 0, 64), kind)
	for _, n := range numbers {
		k = binary.AppendVarint(k, int64(n))
	}
	return k
}

// ids are numbers for buffers and variables.
type ids map[any]int64

func (i ids) of(x any) int64 {
	n, ok := i[x]
	if !ok {
		n = int64(len(i))
		i[x] = n
	}
	return n
}

// memKey is k with the place m.
func (i ids) memKey(k []byte, m ir.Mem) string {
	if m.Buf != nil {
		k = binary.AppendVarint(k, i.of(m.Buf))
	}
	for _, s := range m.Subs {
		k = binary.AppendVarint(k, int64(s.Const))
		k = append(k, byte(len(s.Terms)))
		for _, t := range s.Terms {
			k = binary.AppendVarint(k, int64(t.Coef))
			k = binary.AppendVarint(k, i.of(t.Var))
		}
	}
	return string(k)
}

func (e *emitter) loadKey(m ir.Mem, md mode, lanes int) string {
	if md == uniform {
		lanes = 1
	}
	return e.ids.memKey(key('l', int(md), lanes), m)
}

// eval computes an expression at a point.
func (e *emitter) eval(x *ir.Expr, n *ir.Nest, p at) *ir.Reg {
	x = e.settled(x, p)
	if x.Load != nil {
		return e.load(x, n, p)
	}
	switch x.Op {
	case ir.Const:
		return e.real(x.Real)
	case ir.ConstWord:
		return e.leaf(string(key('w', int(x.Word))), &ir.Assign{Op: ir.ConstWord, Word: x.Word}, ir.Word, 0)
	case ir.Param, ir.KeyParam:
		return e.leaf("s"+x.Scalar.Name, &ir.Assign{Op: x.Op, Scalar: x.Scalar}, x.Kind, e.hoist(0))
	case ir.Iota:
		return e.iota(x, n, p)
	case ir.Spread:
		return e.spread(x, n, p)
	case ir.Add, ir.Sub2:
		if r := e.fused(x, n, p); r != nil {
			return r
		}
	}
	args := make([]*ir.Reg, len(x.Args))
	for i, a := range x.Args {
		args[i] = e.eval(a, n, p)
	}
	if x.Op == ir.Apply {
		return e.apply(x.Fn, args)
	}
	if x.Op == ir.Div && e.depth[args[1]] < len(e.scopes)-1 && e.depth[args[0]] > e.depth[args[1]] {
		// One division before the loop, a product in it.
		return e.do(ir.Mul, args[0], e.do(ir.Div, e.real(1), args[1]))
	}
	if x.Op == ir.IShl || x.Op == ir.IShr || x.Op == ir.ISar {
		return e.op(&ir.Assign{Op: x.Op, Args: args, Word: x.Word}, ir.Word)
	}
	return e.do(x.Op, args...)
}

// load reads an element, once for all uses in reach.
func (e *emitter) load(x *ir.Expr, n *ir.Nest, p at) *ir.Reg {
	m := e.mem(*x.Load, n, p)
	if pn := e.copyOf(x.Load); pn != nil {
		m = e.inPanel(pn, p)
	}
	md := e.mode(x.Load, p)
	lanes := p.lanes
	if md == uniform {
		lanes = 1
	}
	if md == vector && e.copyOf(x.Load) == nil {
		if k := naive.Spacing(x.Load, p.vec); k > 0 {
			if r, ok := e.lookup(e.elementKey(x.Load, m, p)); ok {
				return r.(*ir.Reg)
			}
			return e.loadSpaced(m, k, lanes)
		}
		if naive.Reversed(x.Load, p.vec) {
			return e.reversed(m, lanes)
		}
	}
	r := e.loaded(m, x.Kind, md, lanes)
	e.fill(x.Load, r, p)
	return r
}

// loaded is what stands at a place.
func (e *emitter) loaded(m ir.Mem, k ir.Kind, md mode, lanes int) *ir.Reg {
	key := e.loadKey(m, md, lanes)
	if r, ok := e.lookup(key); ok {
		return r.(*ir.Reg)
	}
	to := e.hoist(e.depthOf(m))
	if e.written[m.Buf] {
		to = len(e.scopes) - 1
		e.release(m.Buf)
	}
	r := e.scopes[to].b.Reg(k)
	e.depth[r] = to
	e.source[r], e.loads[key] = m.Buf, m.Buf
	e.partial[r] = md == vector && lanes < e.t.Lanes
	e.scopes[to].memo[key] = r
	e.scopes[to].b.Emit(e.newLoad(r, m, md, lanes))
	return r
}

func (e *emitter) newLoad(r *ir.Reg, m ir.Mem, md mode, lanes int) *ir.Load {
	if md == uniform {
		return &ir.Load{Dst: r, Mem: m, Lanes: 1, Broadcast: e.t.Lanes > 1}
	}
	return &ir.Load{Dst: r, Mem: m, Lanes: lanes}
}

func (e *emitter) emitLoad(r *ir.Reg, m ir.Mem, md mode, lanes int) {
	e.depth[r] = len(e.scopes) - 1
	e.release(m.Buf)
	e.top().b.Emit(e.newLoad(r, m, md, lanes))
}

func (e *emitter) real(v float32) *ir.Reg {
	return e.leaf(string(key('r', int(math.Float32bits(v)))), &ir.Assign{Op: ir.Const, Real: v}, ir.Real, 0)
}

// leaf is a value without operands, made once in the given scope.
func (e *emitter) leaf(key string, a *ir.Assign, k ir.Kind, to int) *ir.Reg {
	if r, ok := e.lookup(key); ok {
		return r.(*ir.Reg)
	}
	r := e.scopes[to].b.Reg(k)
	a.Dst = r
	e.scopes[to].b.Emit(a)
	e.depth[r] = to
	e.scopes[to].memo[key] = r
	return r
}

// iota is an integer expression of axes.
func (e *emitter) iota(x *ir.Expr, n *ir.Nest, p at) *ir.Reg {
	s := e.sub(x.Sub, n, p)
	step := 0
	if p.vec != nil && e.t.Lanes > 1 {
		step = x.Sub.Coef(p.vec)
	}
	m := ir.Mem{Subs: []ir.Sub{s}}
	return e.leaf(e.ids.memKey(key('i', step), m), &ir.Assign{Op: ir.Iota, Sub: s, Step: step}, ir.Word, e.hoist(e.depthOf(m)))
}

// fused makes one operation of a product and a sum.
func (e *emitter) fused(x *ir.Expr, n *ir.Nest, p at) *ir.Reg {
	isMul := func(y *ir.Expr) bool { return y.Load == nil && y.Op == ir.Mul }
	l, r := e.settled(x.Args[0], p), e.settled(x.Args[1], p)
	var op ir.Op
	var mul, other *ir.Expr
	switch {
	case isMul(r):
		mul, other, op = r, l, ir.FMA
		if x.Op == ir.Sub2 {
			op = ir.FNMA
		}
	case isMul(l):
		mul, other, op = l, r, ir.FMA
		if x.Op == ir.Sub2 {
			op = ir.FMS
		}
	default:
		return nil
	}
	a, b := e.eval(mul.Args[0], n, p), e.eval(mul.Args[1], n, p)
	return e.do(op, a, b, e.eval(other, n, p))
}

// do is an operation with its result in a register, made once for all uses in
// reach.
func (e *emitter) do(op ir.Op, args ...*ir.Reg) *ir.Reg {
	if op == ir.And || op == ir.Or {
		return e.joined(op, args[0], args[1])
	}
	k := ir.Infos[op].Dst
	if op == ir.Select {
		k = args[1].Kind
	}
	return e.op(&ir.Assign{Op: op, Args: args}, k)
}

// joined is a op b, of conditions; what stands in both of them is tested once.
func (e *emitter) joined(op ir.Op, a, b *ir.Reg) *ir.Reg {
	of := e.joins[op]
	if of == nil {
		of = map[*ir.Reg][]*ir.Reg{}
		e.joins[op] = of
	}
	parts := func(r *ir.Reg) []*ir.Reg {
		if list := of[r]; list != nil {
			return list
		}
		return []*ir.Reg{r}
	}
	join := func(a, b *ir.Reg) *ir.Reg {
		out := e.op(&ir.Assign{Op: op, Args: []*ir.Reg{a, b}}, ir.Infos[op].Dst)
		of[out] = slices.Concat(parts(a), parts(b))
		return out
	}
	more := slices.DeleteFunc(slices.Clone(parts(b)), func(r *ir.Reg) bool { return slices.Contains(parts(a), r) })
	if len(more) == len(parts(b)) {
		return join(a, b)
	}
	for _, r := range more {
		a = join(a, r)
	}
	return a
}

func (e *emitter) op(a *ir.Assign, k ir.Kind) *ir.Reg {
	return e.leaf(regKey(key('o', append([]int{int(a.Op), int(a.Word)}, a.Order...)...), a.Args), a, k, e.scopeOf(a.Args))
}

// scopeOf is the scope in which an operation on the registers can stand.
func (e *emitter) scopeOf(args []*ir.Reg) int {
	d := 0
	for _, r := range args {
		d = max(d, e.depth[r])
	}
	return e.hoist(d)
}

// regKey is k with registers.
func regKey(k []byte, regs []*ir.Reg) string {
	for _, r := range regs {
		k = binary.AppendVarint(k, int64(r.ID))
	}
	return string(k)
}

// apply is a function of the language: a call in Go, arithmetic in assembly.
func (e *emitter) apply(fn string, args []*ir.Reg) *ir.Reg {
	key := regKey(append(append(key('f'), fn...), 0), args)
	if !e.t.Inline {
		return e.leaf(key, &ir.Assign{Op: ir.Apply, Fn: fn, Args: args}, ir.Real, e.scopeOf(args))
	}
	if r, ok := e.lookup(key); ok {
		return r.(*ir.Reg)
	}
	to := e.scopeOf(args)
	r := vecmath.Expand(fn, e.scopes[to].b, e.t.Wide, args...)
	e.depth[r] = to
	e.scopes[to].memo[key] = r
	return r
}
