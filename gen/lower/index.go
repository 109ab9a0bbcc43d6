package lower

import (
	"fmt"
	"math"
	"strings"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/spec/layer"
)

// leaving says what becomes of subscripts that leave a shape.
type leaving uint8

const (
	never   leaving = iota // none does, or a condition discards the element
	padded                 // they are places of a border around the shape
	meeting                // likewise, but for ids, of which s.meets discards those
)

// leavingOf is how reads of t leave its shape.
func leavingOf(t *layer.Tensor, open leaving) leaving {
	if t.HasOutside {
		return open
	}
	return never
}

// subs lowers subscripts of t.
func (s *scope) subs(xs []layer.Int, t *layer.Tensor, by leaving) []ir.Sub {
	out := make([]ir.Sub, len(xs))
	for d, x := range xs {
		e, id := x.(*layer.Element)
		by, kept := by, by == meeting && readsIDs(x) || isGuarded(x)
		if s.l.sure(x, t.Shape[d]) {
			by, kept = never, false
		}
		switch {
		case t.Shape[d] == 1 && (by == never || kept) && !s.affine(x):
			// 0, as ids are checked at run time and the rest was proved, or a condition
			// discards the element.
		case divides(x) || kept || by == padded && readsIDs(x) || id && !subscripts(e.T.Outside, t.Shape[d]) || s.awaits(x) || s.movesIDs(x, t.Shape[d]):
			out[d] = s.table(x, t.Shape[d], by != never && !kept)
		default:
			out[d] = s.sub(x)
		}
	}
	return out
}

// awaits reports whether a subscript reads what the recurrence at hand defines, or else what is
// outside it.
func (s *scope) awaits(x layer.Int) bool {
	found := false
	layer.Walk(x, func(y any) bool {
		e, ok := y.(*layer.Element)
		found = found || ok && e.T.HasOutside && s.l.carries(e.T)
		return !found
	})
	return found
}

// movesIDs reports whether a subscript is more than an id, or than a multiple of one and a place
// below that, or whether its ids are computed by the other pass, and what it adds to them is
// checked by nobody.
func (s *scope) movesIDs(x layer.Int, extent int) bool {
	if _, sum := x.(*layer.IntOp); !sum || !readsIDs(x) {
		return false
	}
	ids, given := 0, false
	with := func(id int) layer.Int {
		return layer.RewriteInts([]layer.Int{x}, func(y any) any {
			if e, ok := y.(*layer.Element); ok {
				_, computed := s.l.sums[e.T]
				ids, given = ids+1, given || e.T.Role == layer.Output && !computed
				return layer.Lit{V: id}
			}
			return nil
		})[0]
	}
	none, one := with(0), with(1)
	if ids != 2 || given || !s.affine(none) || !s.affine(one) {
		return true
	}
	lo, hi := s.interval(s.sub(none))
	next, _ := s.interval(s.sub(one))
	unit := next - lo
	return unit < 1 || extent%unit != 0 || lo < 0 || hi >= unit
}

// readsIDs reports whether a subscript has elements of int32 tensors.
func readsIDs(x layer.Int) bool {
	found := false
	layer.Walk(x, func(y any) bool {
		_, ok := y.(*layer.Element)
		found = found || ok
		return !found
	})
	return found
}

// isGuarded reports whether conditions keep ids of a subscript in bounds, so that they may
// be anything where those do not hold.
func isGuarded(x layer.Int) bool {
	found := false
	layer.Walk(x, func(y any) bool {
		e, ok := y.(*layer.Element)
		found = found || ok && e.Guarded
		return !found
	})
	return found
}

// meets is the condition that ids among the subscripts are in the shape of t, nil where
// there are none.
func (s *scope) meets(xs []layer.Int, t *layer.Tensor) *ir.Expr {
	var all *ir.Expr
	for d, x := range xs {
		if !readsIDs(x) || s.l.sure(x, t.Shape[d]) {
			continue
		}
		all = s.inside(all, x, t.Shape[d])
	}
	return all
}

// inside is the condition all, if there is one, and that a subscript is in 0..extent-1.
func (s *scope) inside(all *ir.Expr, x layer.Int, extent int) *ir.Expr {
	in := ir.NewExpr(ir.And, ir.NewExpr(ir.IGT, s.word(x), wordConst(-1)), ir.NewExpr(ir.IGT, wordConst(int32(extent)), s.word(x)))
	if all == nil {
		return in
	}
	return ir.NewExpr(ir.And, all, in)
}

// subscripts reports whether what ids are outside their shape is a subscript, too.
func subscripts(outside float64, extent int) bool { return 0 <= outside && outside < float64(extent) }

// divides reports whether x needs a division of something that is not
// constant.
func divides(x layer.Int) bool {
	op, ok := x.(*layer.IntOp)
	if !ok {
		return false
	}
	_, constant := op.X.(layer.Lit)
	return (op.Op == '/' || op.Op == '%') && !constant || divides(op.X) || divides(op.Y)
}

// table computes a subscript that is no sum of multiples of indices ahead, for
// all values of its indices, and reads it like an id. Where it leaves an open
// tensor, it becomes the next place outside; elsewhere a condition discards the
// element, and the subscript, which may be anything, is kept in bounds.
func (s *scope) table(x layer.Int, extent int, open bool) ir.Sub {
	gathers, within := s.nest.Gathers, s.nest.Within
	s.nest.Gathers, s.nest.Within = nil, nil // the table has all values, and the ids that it reads
	e, before := s.word(x), 0
	gathers, s.nest.Gathers, s.nest.Within = s.nest.Gathers, gathers, within
	if open {
		before, extent = 1, extent+2
		e = ir.NewExpr(ir.IAdd, e, wordConst(1))
	}
	low, high := wordConst(0), wordConst(int32(extent-1))
	e = ir.NewExpr(ir.Select, ir.NewExpr(ir.IGT, low, e), low, e)
	e = ir.NewExpr(ir.Select, ir.NewExpr(ir.IGT, e, high), high, e)
	used := map[*layer.Index]bool{}
	layer.Walk(x, func(y any) bool {
		if v, ok := y.(*layer.Var); ok {
			used[v.I] = true
		}
		return true
	})
	n := &ir.Nest{Text: s.nest.Text, Value: e, Gathers: gathers}
	var shape []int
	var subs []ir.Sub
	if s.bound != nil && used[s.bound] && !s.changes(x) {
		loop := s.l.steps.loop
		n.Axes = append(n.Axes, ir.Axis{Var: loop.Var, Size: loop.Count})
		shape, subs = append(shape, loop.Count), append(subs, ir.VarSub(loop.Var))
	}
	for _, i := range s.order {
		if used[i] && i.Size > 1 {
			n.Axes = append(n.Axes, ir.Axis{Var: s.vars[i].Terms[0].Var, Size: i.Size})
			shape, subs = append(shape, i.Size), append(subs, s.vars[i])
		}
	}
	key := nestKey(n)
	buf, ok := s.l.temps[key]
	if !ok {
		buf = s.l.temporary("index", ir.I32, shape)
		s.l.temps[key] = buf
		n.Store = ir.Mem{Buf: buf, Subs: subs}
		if s.changes(x) {
			s.l.append(n)
		} else {
			s.l.ahead(func() { s.l.append(n) })
		}
	}
	v := s.gatherFrom(ir.Mem{Buf: buf, Subs: subs})
	s.size[v] = extent
	return ir.VarSub(v).Add(ir.Sub{Const: 1}, -before)
}

// sub lowers one subscript; an element of an int32 tensor becomes a gather.
func (s *scope) sub(x layer.Int) ir.Sub {
	switch x := x.(type) {
	case layer.Lit:
		return ir.Sub{Const: x.V}
	case *layer.Var:
		return s.vars[x.I]
	case *layer.Element:
		return s.gather(x)
	case *layer.IntOp:
		a, b := s.sub(x.X), s.sub(x.Y)
		switch {
		case x.Op == '+':
			return a.Add(b, 1)
		case x.Op == '-':
			return a.Add(b, -1)
		case x.Op == '*' && len(b.Terms) == 0:
			return ir.Sub{}.Add(a, b.Const)
		case x.Op == '*' && len(a.Terms) == 0:
			return ir.Sub{}.Add(b, a.Const)
		case len(a.Terms) == 0 && len(b.Terms) == 0 && b.Const > 0:
			q, r := floorDiv(a.Const, b.Const)
			if x.Op == '/' {
				return ir.Sub{Const: q}
			}
			return ir.Sub{Const: r}
		}
	}
	s.l.refuse("this subscript is not a sum of multiples of indices; the compiler cannot use it yet")
	return ir.Sub{}
}

func floorDiv(a, b int) (q, r int) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}

// gather is the variable that holds an element of an int32 tensor.
func (s *scope) gather(x *layer.Element) ir.Sub {
	if x.T.Role == layer.Scalar {
		s.l.refuse("the run-time scalar %s stands in a subscript; the compiler cannot use it there yet", x.T.Name)
	}
	e := s.load(ir.Mem{Buf: s.l.buffer(x.T), Subs: s.subs(x.Subs, x.T, leavingOf(x.T, padded))}, x.T)
	return ir.VarSub(s.gatherFrom(*e.Load))
}

// gatherFrom is the variable that holds an element of an int32 buffer.
func (s *scope) gatherFrom(m ir.Mem) *ir.Var {
	for _, g := range s.nest.Gathers {
		if naive.SameMem(&g.Mem, &m) {
			return g.Dst
		}
	}
	v := &ir.Var{Name: s.l.unused(fmt.Sprintf("%s%d", m.Buf.Name, len(s.nest.Gathers)))}
	s.nest.Gathers = append(s.nest.Gathers, &ir.LoadIndex{Dst: v, Mem: m})
	return v
}

// word lowers an integer expression used as a value.
func (s *scope) word(x layer.Int) *ir.Expr {
	switch x := x.(type) {
	case layer.Lit:
		return wordConst(int32(min(max(x.V, math.MinInt32), math.MaxInt32))) // larger ones are compared with
	case *layer.Var:
		v := s.vars[x.I]
		if len(v.Terms) == 0 {
			return wordConst(int32(v.Const))
		}
		return &ir.Expr{Op: ir.Iota, Kind: ir.Word, Sub: v}
	case *layer.Element:
		if x.T.Role == layer.Scalar {
			return s.l.key(x.T, 0, ir.WordKey) // a float32 has fewer bits
		}
		if s.l.carries(x.T) {
			return s.carriedOrOutside(x)
		}
		return s.load(ir.Mem{Buf: s.l.buffer(x.T), Subs: s.subs(x.Subs, x.T, leavingOf(x.T, padded))}, x.T)
	case *layer.ArgMax:
		return s.reduction(ir.ReduceArgMax, x.Idx, x.Body)
	case *layer.IntOp:
		if s.affine(x) {
			return &ir.Expr{Op: ir.Iota, Kind: ir.Word, Sub: s.sub(x)}
		}
		ops := map[byte]ir.Op{'+': ir.IAdd, '-': ir.ISub, '*': ir.IMul}
		if op, ok := ops[x.Op]; ok {
			return ir.NewExpr(op, s.word(x.X), s.word(x.Y))
		}
		if c, ok := x.Y.(layer.Lit); ok && c.V > 0 {
			return s.divide(x, c.V)
		}
	}
	panic(fmt.Sprintf("lower: integer of type %T", x))
}

// affine reports whether x is made of indices and constants alone.
func (s *scope) affine(x layer.Int) bool {
	_, ok := layer.AffineOf(x)
	return ok
}

// nestKey is equal for nests that compute the same values.
func nestKey(n *ir.Nest) string {
	var b strings.Builder
	rename := map[*ir.Var]string{}
	var saved []func()
	name := func(v *ir.Var) {
		old := v.Name
		saved = append(saved, func() { v.Name = old })
		v.Name = fmt.Sprintf("#%d", len(rename))
		rename[v] = v.Name
	}
	for _, axes := range [][]ir.Axis{n.Axes, n.Reduce} {
		for _, a := range axes {
			name(a.Var)
			fmt.Fprintf(&b, "%d ", a.Size)
		}
		b.WriteByte(';')
	}
	for _, g := range n.Gathers {
		name(g.Dst)
		fmt.Fprintf(&b, "%s=%s;", g.Dst.Name, g.Mem)
	}
	for _, r := range n.Within {
		fmt.Fprintf(&b, "%s<%d;", r.Sub, r.Size)
	}
	fmt.Fprintf(&b, "%s %s", n.Op, n.Value)
	for _, f := range saved {
		f()
	}
	return b.String()
}

// indicesOf finds the indices that an expression mentions.
func indicesOf(e layer.Expr) map[*layer.Index]bool {
	out := map[*layer.Index]bool{}
	layer.Walk(e, func(x any) bool {
		if v, ok := x.(*layer.Var); ok {
			out[v.I] = true
		}
		return true
	})
	return out
}
