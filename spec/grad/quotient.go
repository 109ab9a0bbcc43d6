package grad

import (
	"github.com/dlgen/dlgen/spec/layer"
)

// evenQuotient reports whether s is x/k under a condition that the remainder
// of x is rest: it has a value g where x is k*g + rest.
func (v *inversion) evenQuotient(s layer.Int, conds []layer.Cond) (x layer.Int, k, rest int, ok bool) {
	q, isOp := s.(*layer.IntOp)
	if !isOp || q.Op != '/' {
		return nil, 0, 0, false
	}
	for _, c := range conjuncts(v.known.conds(conds)) {
		cmp, isCmp := c.(*layer.CmpInt)
		if !isCmp || cmp.Op != "==" {
			continue
		}
		m, isOp := cmp.X.(*layer.IntOp)
		r, isLit := cmp.Y.(layer.Lit)
		if !isOp || !isLit || m.Op != '%' || !layer.SameInt(m.Y, q.Y) {
			continue
		}
		a, ok1 := layer.AffineOf(m.X)
		b, ok2 := layer.AffineOf(q.X)
		by, ok3 := q.Y.(layer.Lit)
		if ok1 && ok2 && ok3 && sameUpTo(a, b, by.V) {
			return q.X, by.V, layer.Residue(r.V+b.Const-a.Const, by.V), true
		}
	}
	return nil, 0, 0, false
}

// sameUpTo reports whether a and b differ by a constant and multiples of k.
func sameUpTo(a, b layer.Affine, k int) bool {
	coef := map[*layer.Index]int{}
	for _, t := range a.Terms {
		coef[t.I] += t.Coef
	}
	for _, t := range b.Terms {
		coef[t.I] -= t.Coef
	}
	for _, c := range coef {
		if c%k != 0 {
			return false
		}
	}
	return true
}

// solveQuotient uses that s, an index divided by k, has the value g: the index
// is g*k plus a remainder, over which there is a sum.
func (v *inversion) solveQuotient(s layer.Int, g *layer.Index) bool {
	q, ok := s.(*layer.IntOp)
	if !ok || q.Op != '/' {
		return false
	}
	a, ok := layer.AffineOf(q.X)
	k, isLit := q.Y.(layer.Lit)
	if !ok || !isLit || len(a.Terms) != 1 || a.Terms[0].Coef != 1 || !v.open[a.Terms[0].I] {
		return false
	}
	i, r := a.Terms[0].I, &layer.Index{Name: "r", Size: k.V}
	x := layer.Affine{Const: -a.Const, Terms: []layer.Term{{Coef: k.V, I: g}, {Coef: 1, I: r}}}
	v.within(x, i.Size)
	v.assign(i, fromAffine(x))
	v.remainders = append(v.remainders, r)
	return true
}
