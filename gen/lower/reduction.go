package lower

import (
	"cmp"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// reduction puts a reduction that stands inside an expression into a nest of
// its own, over those of the bound indices that it depends on.
func (s *scope) reduction(op ir.ReduceOp, idx []*layer.Index, body layer.Expr) *ir.Expr {
	used := indicesOf(body)
	in := s.l.newScope(s.nest.Text)
	in.step(s.bound)
	var free []*layer.Index
	places := map[*layer.Index]ir.Sub{}
	for _, i := range s.order {
		if used[i] {
			free, places[i] = append(free, i), s.vars[i]
		}
	}
	free, body = s.join(free, body, places)
	asItLies(free, body)
	in.bind(free, &in.nest.Axes)
	in.nest.Op = op
	in.bind(idx, &in.nest.Reduce)
	if op == ir.ReduceArgMax && len(in.nest.Reduce) == 0 {
		return wordConst(0)
	}
	in.nest.Value = in.expr(in.window(op, body))
	elem := ir.F32
	if op == ir.ReduceArgMax {
		elem = ir.I32
	}
	var outer []ir.Sub
	for _, i := range free {
		if i.Size > 1 {
			outer = append(outer, places[i])
		}
	}
	return ir.LoadExpr(ir.Mem{Buf: in.stored(op.String(), elem, free), Subs: outer})
}

// asItLies puts indices in the order in which what the body reads lies in memory,
// whatever that of the equation around it, so that equations that have the same body
// share its values.
func asItLies(free []*layer.Index, body layer.Expr) {
	behind, first := map[*layer.Index]int{}, map[*layer.Index]int{}
	layer.Walk(body, func(x any) bool {
		r, ok := x.(*layer.Read)
		if !ok {
			return true
		}
		for d, sub := range r.Subs {
			layer.Walk(sub, func(x any) bool {
				v, ok := x.(*layer.Var)
				if !ok {
					return true
				}
				n := len(r.Subs) - 1 - d
				if at, seen := behind[v.I]; !seen {
					behind[v.I], first[v.I] = n, len(first)
				} else {
					behind[v.I] = min(at, n)
				}
				return true
			})
		}
		return true
	})
	slices.SortStableFunc(free, func(i, j *layer.Index) int {
		return cmp.Or(behind[j]-behind[i], first[i]-first[j])
	})
}

// stored is the array with what the scope's nest computes for all values of the given
// indices: one of its own, or one that has the same already.
func (s *scope) stored(name string, elem ir.Elem, free []*layer.Index) *ir.Buffer {
	key := nestKey(s.nest)
	if buf := s.l.temps[key]; buf != nil {
		return buf
	}
	shape := make([]int, 0, len(free))
	var subs []ir.Sub
	for _, i := range free {
		if i.Size > 1 {
			shape, subs = append(shape, i.Size), append(subs, s.vars[i])
		}
	}
	buf := s.l.temporary(name, elem, shape)
	s.l.temps[key] = buf
	s.nest.Store = ir.Mem{Buf: buf, Subs: subs}
	s.l.append(s.nest)
	return buf
}

// join replaces two indices, of the result and of the sum around the body, by
// one where the body depends on their sum or difference alone, as what belongs
// to a window does: it is then computed once a window. The places of the
// indices that are returned are kept in places.
func (s *scope) join(free []*layer.Index, body layer.Expr, places map[*layer.Index]ir.Sub) ([]*layer.Index, layer.Expr) {
	for x := 0; x < len(free); x++ {
		for y := x + 1; y < len(free); y++ {
			u, v := free[x], free[y]
			sign := together(u, v, body)
			if sign == 0 || len(places[u].Terms) != 1 || len(places[v].Terms) != 1 {
				continue
			}
			at := places[u].Add(places[v], sign)
			lo, hi := s.interval(at)
			r := s.clipped(at, span{lo, hi})
			t := &layer.Index{Name: u.Name, Size: max(1, r.hi-r.lo+1)}
			to := layer.Substitution{
				u: {By: layer.Affine{Const: r.lo, Terms: []layer.Term{{Coef: 1, I: t}}}.Int(), Idx: []*layer.Index{t}},
				v: {By: layer.Lit{V: 0}},
			}
			free = append(append([]*layer.Index(nil), free[:y]...), free[y+1:]...)
			free[x], places[t] = t, at.Add(ir.Sub{Const: 1}, -r.lo)
			body = to.Expr(body)
			y--
		}
	}
	return free, body
}

// together is 1 or -1 where the body depends on u+v or u-v alone, and on both;
// 0 otherwise.
func together(u, v *layer.Index, body layer.Expr) int {
	sign, ok := 0, true
	layer.Walk(body, func(x any) bool {
		e, isInt := x.(layer.Int)
		if !isInt || !ok {
			return ok
		}
		switch e.(type) {
		case *layer.Element, *layer.ArgMax:
			return true
		}
		a, affine := layer.AffineOf(e)
		if !affine {
			ok = !mentions(e, u) && !mentions(e, v)
			return false
		}
		cu, cv := a.Coef(u), a.Coef(v)
		switch {
		case cu == 0 && cv == 0:
		case cu == cv && sign != -1:
			sign = 1
		case cu == -cv && sign != 1:
			sign = -1
		default:
			ok = false
		}
		return false
	})
	if !ok {
		return 0
	}
	return sign
}

// mentions reports whether x depends on i.
func mentions(x layer.Int, i *layer.Index) bool {
	found := false
	layer.Walk(x, func(y any) bool {
		if v, ok := y.(*layer.Var); ok && v.I == i {
			found = true
		}
		return !found
	})
	return found
}
