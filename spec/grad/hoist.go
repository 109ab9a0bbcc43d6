package grad

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/dlgen/dlgen/spec/layer"
)

// hoist gives an adjoint that takes work to compute a tensor of its own before
// it goes into a reduction, where each element would compute it again: in
// y = tanh(sum(…)) the contractions then have one factor for it. What it is of many
// values of an index on which x does not depend is summed there. It returns
// the adjoint and the scope that hold from x on.
func (d *derivation) hoist(x, adj layer.Expr, s scope) (layer.Expr, scope) {
	kept := s.conds
	if polynomial(x) { // nothing in x can fail where the conditions do not hold
		kept = nil
		for _, c := range s.conds {
			if !realOnly(c) {
				kept = append(kept, c)
			}
		}
	}
	if !d.reduces(x) {
		return adj, s
	}
	summed := d.summed(x, kept, s)
	if plain(adj) && len(kept) == len(s.conds) && len(summed) == 0 {
		return adj, s
	}
	if len(summed) == 0 && len(kept) == len(s.conds) {
		if adj := d.factor(adj, s); adj != nil {
			return adj, s
		}
	}
	if len(summed) > 0 {
		s.whole, s.self = nil, nil // which are not the same for all of them
	}
	fresh, idx := binding{}.with(summed)
	value := sum(idx, fresh.conds(s.conds), fresh.expr(adj))
	s.idx = slices.DeleteFunc(slices.Clone(s.idx), func(i *layer.Index) bool { return slices.Contains(summed, i) })
	idx = dependence(value, s.idx)
	if d.tied[s.target] != nil { // a single step, too, has a number in the recurrence
		idx = slices.DeleteFunc(slices.Clone(s.idx), func(i *layer.Index) bool {
			return i.Size > 1 && !slices.Contains(idx, i)
		})
	}
	s.conds = kept
	return d.computed("d"+s.target.Name+"_inner", value, idx, s), s
}

// factor is adj with what takes work in it computed ahead, where that depends on fewer
// indices than all of adj; nil where it does not.
func (d *derivation) factor(adj layer.Expr, s scope) layer.Expr {
	elements, work := factorised(adj)
	if elements == nil || work == nil || d.tied[s.target] != nil {
		return nil
	}
	idx := dependence(work, s.idx)
	set := setOf(idx)
	for _, i := range s.idx {
		if !set[i] && slices.ContainsFunc(s.conds, func(c layer.Cond) bool { return indices{i: true}.in(c) }) {
			return nil
		}
	}
	if times(1, idx) >= times(1, dependence(adj, s.idx)) {
		return nil
	}
	if c := all(s.conds); c != nil {
		work = where(c, work, constant(0))
		idx = dependence(work, s.idx)
	}
	return mul(elements, d.computed("d"+s.target.Name+"_inner", work, idx, s))
}

// factorised is x as a product of elements and of the rest; nil for a factor of 1.
func factorised(x layer.Expr) (elements, work layer.Expr) {
	if plain(x) {
		return x, nil
	}
	b, ok := x.(*layer.Binary)
	if !ok || b.Op != '*' {
		return nil, x
	}
	e1, w1 := factorised(b.X)
	e2, w2 := factorised(b.Y)
	product := func(a, b layer.Expr) layer.Expr {
		switch {
		case a == nil:
			return b
		case b == nil:
			return a
		}
		return mul(a, b)
	}
	return product(e1, e2), product(w1, w2)
}

// summed are the indices on which neither x nor the conditions depend, if one has several
// values. In a recurrence there are none, whose steps have an order.
func (d *derivation) summed(x layer.Expr, conds []layer.Cond, s scope) (out []*layer.Index) {
	if d.tied[s.target] != nil {
		return nil
	}
	several := false
	for _, i := range s.idx {
		in := indices{i: true}
		if !in.in(x) && !slices.ContainsFunc(conds, func(c layer.Cond) bool { return in.in(c) }) {
			out, several = append(out, i), several || i.Size > 1
		}
	}
	if !several {
		return nil
	}
	return out
}

// once gives x, if there is a reduction in it, a tensor of its own: a condition on it and
// the opposite one must not find values that are rounded differently.
func (d *derivation) once(x layer.Expr, s scope) layer.Expr {
	if !hasReduction(x) {
		return x
	}
	value := x
	if c := all(s.conds); c != nil {
		value = where(c, x, constant(0))
	}
	return d.computed(s.target.Name+"_inner", value, dependence(value, s.idx), s)
}

// onceIn is a condition with the numbers that it compares computed once.
func (d *derivation) onceIn(c layer.Cond, s scope) layer.Cond {
	switch c := c.(type) {
	case *layer.CmpReal:
		return &layer.CmpReal{Op: c.Op, X: d.once(c.X, s), Y: d.once(c.Y, s)}
	case *layer.Logic:
		x := d.onceIn(c.X, s)
		if c.Op == "&&" {
			s = s.under(c.X)
		} else {
			s = s.under(not(c.X))
		}
		return &layer.Logic{Op: c.Op, X: x, Y: d.onceIn(c.Y, s)}
	case *layer.Not:
		return &layer.Not{X: d.onceIn(c.X, s)}
	}
	return c
}

func hasReduction(x layer.Expr) bool {
	found := false
	layer.Walk(x, func(node any) bool {
		_, ok := node.(*layer.Reduce)
		found = found || ok
		return !found
	})
	return found
}

// computed makes value, which depends on idx, a tensor, and gives its element there: that of
// a tensor which has the same value already, if there is one.
func (d *derivation) computed(name string, value layer.Expr, idx []*layer.Index, s scope) layer.Expr {
	tied := d.tied[s.target] != nil // each step has its own
	if !tied {
		idx = asRead(idx, value)
	}
	fresh, free := binding{}.with(idx)
	e := &layer.Equation{Free: free, Value: fresh.expr(value), Pos: s.target.Pos}
	read := &layer.Read{Pos: s.target.Pos}
	for _, i := range idx {
		read.Subs = append(read.Subs, &layer.Var{I: i})
	}
	open := d.open(s.target) && len(idx) > 0
	key := fmt.Sprint(open, layer.FormatExpr(e.Value))
	for _, i := range free {
		key += fmt.Sprintf(" %s<%d", i.Name, i.Size)
	}
	if read.T = d.made[key]; read.T != nil && !tied {
		return read
	}
	t := &layer.Tensor{Name: unused(name, d.taken), Role: layer.Scratch, HasOutside: open, Pos: s.target.Pos}
	e.T, read.T = t, t
	if !tied {
		d.made[key] = t
	}
	for _, i := range free {
		t.Shape = append(t.Shape, i.Size)
		t.Extents = append(t.Extents, strconv.Itoa(i.Size))
		e.Subs = append(e.Subs, &layer.Var{I: i})
	}
	d.add(e)
	return read
}

// asRead puts indices in the order in which they are in an element that depends on all.
func asRead(idx []*layer.Index, value layer.Expr) []*layer.Index {
	var out []*layer.Index
	layer.Walk(value, func(node any) bool {
		r, ok := node.(*layer.Read)
		if !ok || out != nil {
			return out == nil
		}
		var order []*layer.Index
		for _, s := range r.Subs {
			if v, ok := s.(*layer.Var); ok && slices.Contains(idx, v.I) {
				order = append(order, v.I)
			}
		}
		if len(order) == len(idx) && len(setOf(order)) == len(idx) {
			out = order
		}
		return out == nil
	})
	if out == nil {
		return idx
	}
	return out
}

// reduces reports whether a reduction in x reads an active tensor.
func (d *derivation) reduces(x layer.Expr) bool {
	found := false
	layer.Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *layer.Reduce:
			found = found || d.reaches(n)
		case layer.Cond, layer.Int:
			return false
		}
		return !found
	})
	return found
}

// plain reports whether x is a product of elements and numbers.
func plain(x layer.Expr) bool {
	switch x := x.(type) {
	case layer.Const, *layer.Read, *layer.FromInt:
		return true
	case *layer.Call:
		return x.Fn == "neg" && plain(x.Args[0])
	case *layer.Binary:
		return (x.Op == '*' || x.Op == '/') && plain(x.X) && plain(x.Y)
	}
	return false
}

// polynomial reports whether x is made of elements by + - * and sums only.
func polynomial(x layer.Expr) bool {
	switch x := x.(type) {
	case layer.Const, *layer.Read, *layer.FromInt:
		return true
	case *layer.Call:
		return x.Fn == "neg" && polynomial(x.Args[0])
	case *layer.Binary:
		return x.Op != '/' && polynomial(x.X) && polynomial(x.Y)
	case *layer.Reduce:
		return x.Op == layer.Sum && polynomial(x.Body)
	}
	return false
}

// realOnly reports whether a condition compares real numbers only, so that no
// subscript is in bounds because of it.
func realOnly(c layer.Cond) bool {
	switch c := c.(type) {
	case *layer.CmpReal:
		return true
	case *layer.Not:
		return realOnly(c.X)
	case *layer.Logic:
		return realOnly(c.X) && realOnly(c.Y)
	}
	return false
}
