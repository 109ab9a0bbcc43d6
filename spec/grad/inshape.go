package grad

import "github.com/dlgen/dlgen/spec/layer"

// inShape is the contribution with the affine subscripts that may leave t's shape, where
// nothing is added, solved for one of their indices: each place is then one of t's.
func (c term) inShape(t *layer.Tensor) term {
	v := inversion{term: c, known: binding{index: map[*layer.Index]layer.Int{}}, open: setOf(c.idx)}
	places := map[int]*layer.Index{}
	var idx []*layer.Index
	for d, s := range c.subs {
		a, ok := layer.AffineOf(s)
		if !ok || staysWithin(a, t.Shape[d]) {
			continue
		}
		i := &layer.Index{Name: "i", Size: t.Shape[d]}
		if len(a.Terms) > 0 {
			i.Name = a.Terms[0].I.Name
		}
		v.solve(v.known.int(s), layer.Affine{Terms: []layer.Term{{Coef: 1, I: i}}}, t.HasOutside)
		places[d] = i
		idx = append(idx, i)
	}
	if len(places) == 0 {
		return c
	}
	out := term{place: c.place, subs: v.known.ints(c.subs), value: v.known.expr(c.value)}
	for d, i := range places {
		out.subs[d] = &layer.Var{I: i}
	}
	for _, i := range c.idx {
		if v.open[i] {
			idx = append(idx, i)
		}
	}
	out.idx = append(idx, v.remainders...)
	out.conds = append(append(v.ranges, v.equal...), v.known.conds(c.conds)...)
	return out
}

// staysWithin reports whether an affine subscript is one of a dimension for all values of
// its indices.
func staysWithin(a layer.Affine, size int) bool {
	lo, hi := a.Const, a.Const
	for _, x := range a.Terms {
		lo, hi = lo+min(0, x.Coef*(x.I.Size-1)), hi+max(0, x.Coef*(x.I.Size-1))
	}
	return 0 <= lo && hi < size
}
