package arrange

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// minReuse is how often a factor must be used again for a tensor of its own.
const minReuse = 8

// operands gives the value of e, whose sums of products have elements as
// factors: one under a condition, which each use would test again, becomes a
// tensor of its own.
func (a *arranger) operands(e *layer.Equation) layer.Expr {
	var in func(x layer.Expr, idx []*layer.Index) layer.Expr
	in = func(x layer.Expr, idx []*layer.Index) layer.Expr {
		return layer.Rewrite(x, func(node any) any {
			r, ok := node.(*layer.Reduce)
			if !ok || r.Op != layer.Sum {
				return nil
			}
			all := append(append([]*layer.Index(nil), idx...), r.Idx...)
			if b, ok := r.Body.(*layer.Binary); ok && b.Op == '*' {
				if s := withoutGuard(r, b); s != nil {
					return in(s, idx)
				}
				return &layer.Reduce{Op: r.Op, Idx: r.Idx, Body: a.factors(b, all, e)}
			}
			return &layer.Reduce{Op: r.Op, Idx: r.Idx, Body: in(r.Body, all)}
		})
	}
	return in(e.Value, e.Free)
}

// factors makes the factors of a product elements.
func (a *arranger) factors(x layer.Expr, idx []*layer.Index, e *layer.Equation) layer.Expr {
	switch x := x.(type) {
	case *layer.Binary:
		if x.Op == '*' {
			return &layer.Binary{Op: '*', X: a.factors(x.X, idx, e), Y: a.factors(x.Y, idx, e)}
		}
	case *layer.Where:
		of := inMemory(x, used(x, idx))
		if !plain(x) || volume(idx) < minReuse*volume(of) {
			return x
		}
		r := a.scratch(e.T.Name+"Factor", e, of)
		a.define(r, of, x, e)
		return r
	}
	return x
}

// inMemory puts indices in the order in which they stand in an element of x, so
// that a copy is one along memory.
func inMemory(x layer.Expr, idx []*layer.Index) []*layer.Index {
	var out []*layer.Index
	add := func(i *layer.Index) {
		if slices.Contains(idx, i) && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	layer.Walk(x, func(node any) bool {
		if r, ok := node.(*layer.Read); ok && len(r.Subs) >= len(idx) {
			for _, s := range r.Subs {
				for _, i := range used(s, idx) {
					add(i)
				}
			}
		}
		return true
	})
	for _, i := range idx {
		add(i)
	}
	return out
}

// plain reports whether x is elements under conditions on indices.
func plain(x layer.Expr) bool {
	switch x := x.(type) {
	case layer.Const, *layer.Read:
		return true
	case *layer.Where:
		_, indices := x.Cond.(*layer.CmpInt)
		return indices && plain(x.X) && plain(x.Y)
	}
	return false
}

func volume(idx []*layer.Index) float64 {
	v := 1.0
	for _, i := range idx {
		v *= float64(i.Size)
	}
	return v
}

// withoutGuard is the sum over fewer values of an index where a factor is zero
// for the first or for the last of them, or nil.
func withoutGuard(r *layer.Reduce, body *layer.Binary) layer.Expr {
	for _, f := range factorsOf(body) {
		w, ok := f.(*layer.Where)
		if !ok || !isZero(w.X) && !isZero(w.Y) {
			continue
		}
		for _, i := range used(w.Cond, r.Idx) {
			at := map[int]bool{}
			cuts(w.Cond, i, at)
			if len(at) != 1 {
				continue
			}
			for v := range at {
				switch {
				case isZero(among(i, 0, v).Expr(w)):
					return among(i, v, i.Size-v).Expr(r)
				case isZero(among(i, v, i.Size-v).Expr(w)):
					return among(i, 0, v).Expr(r)
				}
			}
		}
	}
	return nil
}

// among puts size values of an index, from first on, in its place.
func among(i *layer.Index, first, size int) layer.Substitution {
	if size == 1 {
		return layer.Substitution{i: {By: layer.Lit{V: first}}}
	}
	j := &layer.Index{Name: i.Name, Size: size}
	by := layer.Affine{Const: first, Terms: []layer.Term{{Coef: 1, I: j}}}
	return layer.Substitution{i: {By: by.Int(), Idx: []*layer.Index{j}}}
}

// factorsOf lists the factors of a product.
func factorsOf(x layer.Expr) []layer.Expr {
	if b, ok := x.(*layer.Binary); ok && b.Op == '*' {
		return append(factorsOf(b.X), factorsOf(b.Y)...)
	}
	return []layer.Expr{x}
}
