package lower

import (
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
	stored := slices.Clone(free)
	if readsAll(body, free) {
		asItLies(stored, body, false)
	} else { // a product of matrices lies as the equation has it
		rowsLast(stored, body)
	}
	asItLies(free, body, true)
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
	free, stored = severalOf(free), severalOf(stored)
	buf, order := in.stored(op.String(), elem, free, stored)
	var outer []ir.Sub
	for _, k := range order {
		outer = append(outer, places[free[k]])
	}
	return ir.LoadExpr(ir.Mem{Buf: buf, Subs: outer})
}

// asItLies puts indices in the order in which what the body reads lies in memory. Where
// that does not decide, they are in the order in which they occur, whatever that of the
// equation around it, so that equations which have the same body are seen to share its
// values; or they stay in that of the equation.
func asItLies(free []*layer.Index, body layer.Expr, occurring bool) {
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
		if at := behind[j] - behind[i]; at != 0 || !occurring {
			return at
		}
		return first[i] - first[j]
	})
}

// readsAll reports whether one element that x reads depends on all of the indices.
func readsAll(x layer.Expr, idx []*layer.Index) bool {
	found := false
	layer.Walk(x, func(y any) bool {
		if r, ok := y.(*layer.Read); ok && !found {
			used := indicesOf(r)
			found = !slices.ContainsFunc(idx, func(i *layer.Index) bool { return !used[i] })
		}
		return !found
	})
	return found
}

// rowsLast puts an index last along which an element of the body lies, if there is one
// and the last one is none.
func rowsLast(idx []*layer.Index, body layer.Expr) {
	along := map[*layer.Index]bool{}
	layer.Walk(body, func(x any) bool {
		if r, ok := x.(*layer.Read); ok && len(r.Subs) > 0 {
			if a, ok := layer.AffineOf(r.Subs[len(r.Subs)-1]); ok {
				for _, t := range a.Terms {
					along[t.I] = along[t.I] || t.Coef == 1
				}
			}
		}
		return true
	})
	for k, i := range slices.Backward(idx) {
		if along[i] {
			copy(idx[k:], idx[k+1:])
			idx[len(idx)-1] = i
			return
		}
	}
}

// severalOf are the indices that have several values.
func severalOf(idx []*layer.Index) []*layer.Index {
	return slices.DeleteFunc(slices.Clone(idx), func(i *layer.Index) bool { return i.Size == 1 })
}

// stored is the array with what the scope's nest computes for all values of the given
// indices, of which each has several: one of its own, in which they stand in the other
// order, or one that has the same already. The numbers say which of the indices each
// dimension is of.
func (s *scope) stored(name string, elem ir.Elem, free, order []*layer.Index) (*ir.Buffer, []int) {
	key := nestKey(s.nest)
	if buf := s.l.temps[key]; buf != nil {
		return buf, s.l.dimsOf[buf]
	}
	shape := make([]int, 0, len(free))
	var subs []ir.Sub
	var dims []int
	axes := s.nest.Axes
	s.nest.Axes = nil
	for _, i := range order {
		k := slices.Index(free, i)
		dims, s.nest.Axes = append(dims, k), append(s.nest.Axes, axes[k])
		shape, subs = append(shape, i.Size), append(subs, s.vars[i])
	}
	buf := s.l.temporary(name, elem, shape)
	s.l.temps[key], s.l.dimsOf[buf] = buf, dims
	s.nest.Store = ir.Mem{Buf: buf, Subs: subs}
	s.l.append(s.nest)
	return buf, dims
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
