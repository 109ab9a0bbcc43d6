package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/layer"
)

// narrowing is a sum of value over the indices, where the conditions hold.
type narrowing struct {
	idx   []*layer.Index
	conds []layer.Cond
	value layer.Expr
}

// narrow turns conditions into ranges: what always holds is left out, an index
// that is known is replaced, one that has bounds runs between these. It reports
// whether anything is left to sum.
func (r *narrowing) narrow() bool {
	for again := true; again; {
		again = false
		for k, c := range r.conds {
			holds, known := check.Decide(c)
			if known && !holds {
				return false
			}
			if known || r.use(c) {
				if known {
					r.drop(k)
				} else {
					r.drop(slices.IndexFunc(r.conds, func(x layer.Cond) bool { return x == nil }))
				}
				again = true
				break
			}
		}
	}
	return true
}

func (r *narrowing) drop(k int) {
	r.conds = append(slices.Clone(r.conds[:k]), r.conds[k+1:]...)
}

// use makes the condition part of the ranges of the indices, where it can be;
// nil then stands in its place.
func (r *narrowing) use(c layer.Cond) bool {
	cmp, ok := c.(*layer.CmpInt)
	if !ok {
		return false
	}
	a, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: cmp.X, Y: cmp.Y})
	if !ok {
		return false
	}
	for _, t := range a.Terms {
		if slices.Contains(r.idx, t.I) && (t.Coef == 1 || t.Coef == -1) {
			if cmp.Op == "==" && r.solve(c, a, t) || len(a.Terms) == 1 && r.between(c, cmp.Op, a.Const*t.Coef, t) {
				return true
			}
		}
	}
	return false
}

// solve replaces the index of t, which makes a zero.
func (r *narrowing) solve(c layer.Cond, a layer.Affine, t layer.Term) bool {
	rest := layer.Affine{Const: -a.Const * t.Coef}
	for _, u := range a.Terms {
		if u.I != t.I {
			rest.Terms = append(rest.Terms, layer.Term{Coef: -u.Coef * t.Coef, I: u.I})
		}
	}
	if lo, hi := rest.Extremes(); lo < 0 || hi >= t.I.Size {
		return false
	}
	r.replace(c, t.I, fromAffine(rest))
	return true
}

// between narrows the range of t's index by (index + k)*coef op 0.
func (r *narrowing) between(c layer.Cond, op string, k int, t layer.Term) bool {
	if t.Coef < 0 {
		op = layer.Mirrored[op]
	}
	lo, hi := 0, t.I.Size-1
	switch {
	case op == "<":
		hi = min(hi, -k-1)
	case op == "<=":
		hi = min(hi, -k)
	case op == ">":
		lo = max(lo, -k+1)
	case op == ">=":
		lo = max(lo, -k)
	case op == "!=" && -k == lo:
		lo++
	case op == "!=" && -k == hi:
		hi--
	default:
		return false
	}
	if hi < lo {
		return false // a condition that never holds is found elsewhere
	}
	i := &layer.Index{Name: t.I.Name, Size: hi - lo + 1}
	r.replace(c, t.I, fromAffine(layer.Affine{Const: lo, Terms: []layer.Term{{Coef: 1, I: i}}}), i)
	return true
}

// replace puts x, with indices of its own, for an index everywhere, and nil for
// the condition used.
func (r *narrowing) replace(used layer.Cond, i *layer.Index, x layer.Int, own ...*layer.Index) {
	b := bindOne(i, x)
	var idx []*layer.Index
	for _, j := range r.idx {
		if j == i {
			idx = append(idx, own...)
		} else {
			idx = append(idx, j)
		}
	}
	conds := make([]layer.Cond, len(r.conds))
	for k, c := range r.conds {
		if c != used {
			conds[k] = b.cond(c)
		}
	}
	r.idx, r.conds, r.value = idx, conds, b.expr(r.value)
}
