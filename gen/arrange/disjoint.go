package arrange

import "github.com/dlgen/dlgen/spec/layer"

// mostParts bounds the code that one sum becomes.
const mostParts = 4

// disjoint splits sums of terms that count where one of two conditions on indices holds,
// so that each part has ranges of its own: a term for each of them beats a choice for
// each term.
func disjoint(x layer.Expr) layer.Expr {
	return layer.Rewrite(x, func(node any) any {
		r, ok := node.(*layer.Reduce)
		if !ok || r.Op != layer.Sum {
			return nil
		}
		w, ok := r.Body.(*layer.Where)
		if !ok || !isZero(w.Y) {
			return nil
		}
		a := alternatives(r, layer.Joined(w.Cond, "&&"))
		if len(a) < 2 || len(a) > mostParts {
			return nil
		}
		out := part(r, w.X, a[0])
		for _, conds := range a[1:] {
			out = &layer.Binary{Op: '+', X: out, Y: part(r, w.X, conds)}
		}
		return out
	})
}

// alternatives are the conditions of the parts of r, of which no two hold at once.
func alternatives(r *layer.Reduce, conds []layer.Cond) [][]layer.Cond {
	for k, c := range conds {
		l, ok := c.(*layer.Logic)
		if !ok || l.Op != "||" {
			continue
		}
		first, second := l.X, l.Y
		if !bounds(r, first) {
			first, second = second, first
		}
		if !bounds(r, first) || !static(second) {
			continue
		}
		others := append(append([]layer.Cond(nil), conds[:k]...), conds[k+1:]...)
		with := func(more ...layer.Cond) []layer.Cond { return append(append([]layer.Cond(nil), others...), more...) }
		c := first.(*layer.CmpInt)
		opposite := &layer.CmpInt{Op: layer.Opposite[c.Op], X: c.X, Y: c.Y}
		return append([][]layer.Cond{with(first)}, alternatives(r, with(append([]layer.Cond{opposite}, layer.Joined(second, "&&")...)...))...)
	}
	return [][]layer.Cond{conds}
}

// bounds reports whether c is a bound on an index of r, and one of indices alone.
func bounds(r *layer.Reduce, c layer.Cond) bool {
	cmp, ok := c.(*layer.CmpInt)
	return ok && cmp.Op != "==" && cmp.Op != "!=" && static(c) && len(used(c, r.Idx)) > 0
}

// static reports whether c is made of affine comparisons of indices.
func static(c layer.Cond) bool {
	switch c := c.(type) {
	case *layer.CmpInt:
		_, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: c.X, Y: c.Y})
		return ok
	case *layer.Logic:
		return static(c.X) && static(c.Y)
	case *layer.Not:
		return static(c.X)
	}
	return false
}

// part is the terms of r that count where all conditions hold, over the indices that
// are left: those that a condition alone bounds have a shorter range.
func part(r *layer.Reduce, x layer.Expr, conds []layer.Cond) layer.Expr {
	to := layer.Substitution{}
	var idx []*layer.Index
	for _, i := range r.Idx {
		lo, hi := 0, i.Size-1
		for _, c := range conds {
			lo, hi = bounded(c, i, lo, hi)
		}
		if lo > hi {
			return layer.Const{}
		}
		by := layer.Affine{Const: lo}
		if hi > lo {
			j := &layer.Index{Name: i.Name, Size: hi - lo + 1}
			by.Terms = []layer.Term{{Coef: 1, I: j}}
			idx = append(idx, j)
		}
		to[i] = layer.Replacement{By: by.Int(), Idx: idx[len(idx)-len(by.Terms):]}
	}
	body := x
	for k := len(conds) - 1; k >= 0; k-- {
		body = &layer.Where{Cond: conds[k], X: body, Y: layer.Const{}}
	}
	body = to.Expr(body)
	if len(idx) == 0 {
		return body
	}
	return &layer.Reduce{Op: layer.Sum, Idx: idx, Body: body}
}

// bounded is the range lo..hi of i where c holds, if c bounds i alone.
func bounded(c layer.Cond, i *layer.Index, lo, hi int) (int, int) {
	cmp, ok := c.(*layer.CmpInt)
	if !ok {
		return lo, hi
	}
	d, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: cmp.X, Y: cmp.Y})
	if !ok || len(d.Terms) != 1 || d.Terms[0].I != i || d.Terms[0].Coef*d.Terms[0].Coef != 1 {
		return lo, hi
	}
	op, at := cmp.Op, -d.Const
	if d.Terms[0].Coef < 0 { // -i + const
		op, at = layer.Mirrored[op], d.Const
	}
	switch op {
	case "<":
		hi = min(hi, at-1)
	case "<=":
		hi = min(hi, at)
	case ">":
		lo = max(lo, at+1)
	case ">=":
		lo = max(lo, at)
	case "==":
		lo, hi = max(lo, at), min(hi, at)
	}
	return lo, hi
}
