package grad

import "github.com/dlgen/dlgen/spec/layer"

// inShape is the contribution with indices such that the places it goes to are t's:
// subscripts that may leave a shape, where nothing is added, become indices of their own,
// and so do those of the ids among the subscripts. Of subscripts that share an index the
// others may leave a shape instead.
func (c term) inShape(t *layer.Tensor) term {
	v := inversion{term: c, known: binding{index: map[*layer.Index]layer.Int{}}, open: setOf(c.idx)}
	var idx []*layer.Index
	places := map[int]*layer.Index{}
	for d, s := range c.subs {
		if i := v.shift(s, t, d); i != nil {
			places[d] = i
			idx = append(idx, i)
		}
		layer.Walk(s, func(x any) bool {
			if e, ok := x.(*layer.Element); ok {
				for k := range e.Subs {
					if i := v.shift(e.Subs[k], e.T, k); i != nil {
						idx = append(idx, i)
					}
				}
			}
			return true
		})
	}
	if len(idx) == 0 {
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

// copied is the contribution with indices of its own, and subscripts in their shortest
// forms.
func (c term) copied() term {
	fresh, idx := binding{}.with(c.idx)
	return term{place: c.place, subs: fresh.ints(c.subs), idx: idx, conds: fresh.conds(c.conds), value: fresh.expr(c.value)}
}

// shift makes the subscript s of dimension d an index of its own if it may leave the
// shape of t, and returns it, or nil.
func (v *inversion) shift(s layer.Int, t *layer.Tensor, d int) *layer.Index {
	s = v.known.int(s)
	a, ok := layer.AffineOf(s)
	if lo, hi := a.Extremes(); !ok || 0 <= lo && hi < t.Shape[d] {
		return nil
	}
	i := &layer.Index{Name: "i", Size: t.Shape[d]}
	if len(a.Terms) > 0 {
		i.Name = a.Terms[0].I.Name
	}
	v.solve(s, layer.Affine{Terms: []layer.Term{{Coef: 1, I: i}}}, t.HasOutside)
	return i
}
