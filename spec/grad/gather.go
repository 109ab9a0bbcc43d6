package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// term is a contribution: for all values of idx where the conditions hold,
// value goes to the element at subs. Place is the number of the equation that
// it comes from.
type term struct {
	place int
	subs  []layer.Int
	idx   []*layer.Index
	conds []layer.Cond
	value layer.Expr
}

// scatter is the contribution as an equation that accumulates, in places that t has.
func (c term) scatter(g, t *layer.Tensor) *layer.Equation {
	c = c.copied().inShape(t)
	fresh, idx := binding{}.with(c.idx)
	subs := fresh.ints(c.subs)
	var free, rest []*layer.Index
	for _, i := range idx {
		used := false
		for _, s := range subs {
			used = used || indices{i: true}.in(s)
		}
		if used {
			free = append(free, i)
		} else {
			rest = append(rest, i)
		}
	}
	value := sum(rest, fresh.conds(c.conds), fresh.expr(c.value))
	return &layer.Equation{T: g, Subs: subs, Free: free, Accumulate: true, Value: value, Pos: t.Pos}
}

// gather is the contribution to the element of t at free: a sum over the
// indices that its subscripts leave open. It fails where a subscript is not
// affine and would have to be searched for, unless search is set; quotients are
// searched for where t is read beyond its shape, too.
func (c term) gather(t *layer.Tensor, free []*layer.Index, search bool) (layer.Expr, bool) {
	c = c.splitQuotients()
	ids := slices.ContainsFunc(c.subs, func(s layer.Int) bool { return readsAt(s, setOf(c.idx)) })
	v := inversion{
		term: c, search: search || t.HasOutside && !ids,
		known: binding{index: map[*layer.Index]layer.Int{}}, open: setOf(c.idx),
	}
	done := make([]bool, len(c.subs))
	for d, s := range c.subs {
		if i, ok := s.(*layer.Var); ok && v.open[i.I] && i.I.Size == t.Shape[d] {
			v.assign(i.I, &layer.Var{I: free[d]})
			done[d] = true
		}
	}
	for d, s := range c.subs {
		if done[d] {
			continue
		}
		is := layer.Affine{Terms: []layer.Term{{Coef: 1, I: free[d]}}}
		s = v.known.int(s)
		if a, k, rest, ok := v.evenQuotient(s, c.conds); ok {
			is = layer.Affine{Const: rest, Terms: []layer.Term{{Coef: k, I: free[d]}}}
			s = a
		}
		if !v.solve(s, is, t.HasOutside) {
			return nil, false
		}
	}
	rest := v.remainders
	for _, i := range c.idx {
		if v.open[i] {
			j := &layer.Index{Name: i.Name, Size: i.Size}
			v.assign(i, &layer.Var{I: j})
			rest = append(rest, j)
		}
	}
	conds := append(append(v.ranges, v.equal...), v.known.conds(c.conds)...)
	for d, s := range c.subs { // where the conditions hold, this is the element itself
		switch s.(type) {
		case *layer.IntOp, *layer.Element:
			v.known.whole = append(v.known.whole, subscript{is: s, short: &layer.Var{I: free[d]}})
		}
	}
	return sum(rest, conds, v.known.expr(c.value)), true
}

// splitQuotients replaces an index i of which i/k is part of a subscript by two,
// k*high + low, so that the subscript is affine.
func (c term) splitQuotients() term {
	to := layer.Substitution{}
	for _, s := range c.subs {
		if op, ok := s.(*layer.IntOp); ok && op.Op != '/' {
			c.noteQuotients(s, to)
		}
	}
	if len(to) == 0 {
		return c
	}
	out := term{place: c.place, subs: to.Ints(c.subs), idx: to.Indices(c.idx), value: to.Expr(c.value)}
	for _, x := range c.conds {
		out.conds = append(out.conds, to.Cond(x))
	}
	return out
}

func (c term) noteQuotients(s layer.Int, to layer.Substitution) {
	layer.Walk(s, func(n any) bool {
		op, ok := n.(*layer.IntOp)
		if !ok || op.Op != '/' {
			return true
		}
		i, isVar := op.X.(*layer.Var)
		k, isLit := op.Y.(layer.Lit)
		if isVar && isLit && slices.Contains(c.idx, i.I) && i.I.Size%k.V == 0 {
			high, low := &layer.Index{Name: i.I.Name, Size: i.I.Size / k.V}, &layer.Index{Name: "r", Size: k.V}
			by := layer.Affine{Terms: []layer.Term{{Coef: k.V, I: high}, {Coef: 1, I: low}}}
			to[i.I] = layer.Replacement{By: by.Int(), Idx: []*layer.Index{high, low}}
		}
		return true
	})
}

// moves reports whether each element of t gets exactly one value, at a place
// that takes several indices together, as where a row is split into heads.
func (c term) moves(t *layer.Tensor) bool {
	together := false
	used := indices{}
	for d, s := range c.subs {
		a, ok := layer.AffineOf(s)
		if !ok || a.Const != 0 {
			return false
		}
		slices.SortStableFunc(a.Terms, func(x, y layer.Term) int { return x.Coef - y.Coef })
		weight := 1
		for _, x := range a.Terms {
			if x.Coef != weight || used[x.I] {
				return false
			}
			used[x.I] = true
			weight *= x.I.Size
		}
		if weight != t.Shape[d] {
			return false
		}
		together = together || len(a.Terms) > 1
	}
	return together && len(c.conds) == 0 && len(used) == len(c.idx)
}

// move is such a contribution as an equation.
func (c term) move(g, t *layer.Tensor) *layer.Equation {
	fresh, idx := binding{}.with(c.idx)
	return &layer.Equation{T: g, Subs: fresh.ints(c.subs), Free: idx, Value: fresh.expr(c.value), Pos: t.Pos}
}

// inversion expresses the indices of a contribution by the subscripts of the
// element to which it goes.
type inversion struct {
	term term
	// search allows to look at all values of an index for the right one.
	search bool
	known  binding
	open   indices
	// ranges keep the indices within their ranges; equal are subscripts that
	// fix no index. They are to be tested in this order.
	ranges, equal []layer.Cond
	// remainders are new indices to sum over.
	remainders []*layer.Index
}

// assign makes x stand for the index i.
func (v *inversion) assign(i *layer.Index, x layer.Int) {
	one := bindOne(i, x)
	for k, old := range v.known.index {
		v.known.index[k] = one.int(old)
	}
	v.ranges, v.equal = one.conds(v.ranges), one.conds(v.equal)
	v.known.index[i] = x
	delete(v.open, i)
}

// conjuncts lists what has to hold for all conditions to hold.
func conjuncts(conds []layer.Cond) []layer.Cond {
	var out []layer.Cond
	for _, c := range conds {
		out = append(out, layer.Joined(c, "&&")...)
	}
	return out
}

// bareIndex is the index that a consists of, or nil.
func bareIndex(a layer.Affine) *layer.Index {
	if a.Const == 0 && len(a.Terms) == 1 && a.Terms[0].Coef == 1 {
		return a.Terms[0].I
	}
	return nil
}

// solve uses that the subscript s has the value is.
func (v *inversion) solve(s layer.Int, is layer.Affine, outside bool) bool {
	a, ok := layer.AffineOf(s)
	g := bareIndex(is)
	if !ok {
		if g != nil && v.solveQuotient(s, g) {
			return true
		}
		if v.open.in(s) && !v.search {
			return false
		}
		v.equal = append(v.equal, &layer.CmpInt{Op: "==", X: fromAffine(is), Y: s})
		return true
	}
	if g != nil && v.solveDigits(a, g) {
		return true
	}
	best := -1
	for k, x := range a.Terms {
		if v.open[x.I] && (best < 0 || v.better(x, a.Terms[best], a)) {
			best = k
		}
	}
	if best < 0 {
		if g == nil || g.Size > 1 || outside {
			v.equal = append(v.equal, &layer.CmpInt{Op: "==", X: fromAffine(is), Y: s})
		}
		return true
	}
	chosen := a.Terms[best]
	sign, coef := 1, chosen.Coef
	if coef < 0 {
		sign, coef = -1, -coef
	}
	rest := layer.Affine{Const: sign * (is.Const - a.Const)}
	for _, x := range is.Terms {
		rest.Terms = append(rest.Terms, layer.Term{Coef: sign * x.Coef, I: x.I})
	}
	for k, x := range a.Terms {
		if k != best {
			rest.Terms = append(rest.Terms, layer.Term{Coef: -sign * x.Coef, I: x.I})
		}
	}
	if !v.term.vanishes(chosen.I) {
		v.within(rest, coef*chosen.I.Size)
	}
	x := fromAffine(rest)
	if coef > 1 {
		divides := &layer.CmpInt{Op: "==", X: divided(&layer.IntOp{Op: '%', X: x, Y: lit(coef)}), Y: lit(0)}
		v.ranges = append(v.ranges, divides)
		x = divided(&layer.IntOp{Op: '/', X: x, Y: lit(coef)})
	}
	v.assign(chosen.I, x)
	return true
}

// solveDigits uses that a, whose indices are like the digits of a number (a
// window that does not overlap the next, a row in a flat array), has the value g.
// A digit that does not take all the room up to the next leaves gaps.
func (v *inversion) solveDigits(a layer.Affine, g *layer.Index) bool {
	terms := slices.Clone(a.Terms)
	slices.SortStableFunc(terms, func(x, y layer.Term) int { return x.Coef - y.Coef })
	weight, last := 1, 1
	for _, t := range terms {
		if !v.open[t.I] || t.Coef < weight || t.Coef%last != 0 {
			return false
		}
		weight, last = t.Coef*t.I.Size, t.Coef
	}
	if len(terms) < 2 {
		return false
	}
	rest := layer.Affine{Const: -a.Const, Terms: []layer.Term{{Coef: 1, I: g}}}
	if !v.term.vanishes(terms[len(terms)-1].I) {
		v.within(rest, weight)
	}
	x := fromAffine(rest)
	if c := terms[0].Coef; c > 1 {
		v.ranges = append(v.ranges, &layer.CmpInt{Op: "==", X: divided(&layer.IntOp{Op: '%', X: x, Y: lit(c)}), Y: lit(0)})
	}
	for k, t := range terms {
		digit := divided(&layer.IntOp{Op: '/', X: x, Y: lit(t.Coef)})
		if k < len(terms)-1 {
			room := terms[k+1].Coef / t.Coef
			digit = divided(&layer.IntOp{Op: '%', X: digit, Y: lit(room)})
			if t.I.Size < room {
				v.ranges = append(v.ranges, &layer.CmpInt{Op: "<", X: digit, Y: lit(t.I.Size)})
			}
		}
		if t.I.Size == 1 {
			digit = lit(0)
		}
		v.assign(t.I, digit)
	}
	return true
}

// better prefers the index with more values, so that fewer of the others are tried in
// vain, and then the smaller coefficient. In a window with a stride, that is the position of the
// window, of which there are as many as its places are apart, since loops go over the
// place in the window in steps. Conditions would not be simpler for it.
func (v *inversion) better(x, y layer.Term, a layer.Affine) bool {
	p, q := x.I.Size, y.I.Size
	if len(v.term.conds) == 0 {
		p, q = reach(x, a), reach(y, a)
	}
	if p != q {
		return p > q
	}
	return x.Coef*x.Coef < y.Coef*y.Coef
}

// reach is how far apart the values are that t takes in a, where the other indices go
// through all that is between them, or else how many values there are.
func reach(t layer.Term, a layer.Affine) int {
	for _, x := range a.Terms {
		if x.I != t.I && x.Coef*x.Coef != 1 {
			return t.I.Size
		}
	}
	return t.I.Size * max(t.Coef, -t.Coef)
}

// within demands 0 <= a < size, as far as that does not follow from the ranges
// of the indices.
func (v *inversion) within(a layer.Affine, size int) {
	lo, hi := a.Extremes()
	x := fromAffine(layer.Affine{Terms: a.Terms})
	if lo < 0 {
		v.ranges = append(v.ranges, &layer.CmpInt{Op: ">=", X: x, Y: lit(-a.Const)})
	}
	if hi >= size {
		v.ranges = append(v.ranges, &layer.CmpInt{Op: "<", X: x, Y: lit(size - a.Const)})
	}
}
