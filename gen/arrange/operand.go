package arrange

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// minReuse is how often a factor must be used again for a tensor of its own.
const minReuse = 8

// operands gives the value of e, whose sums of products have elements as
// factors: one under a condition, which each use would test again, or one that
// is costly to compute, becomes a tensor of its own.
func (a *arranger) operands(e *layer.Equation) layer.Expr {
	// guarded are the indices that conditions around the expression are about.
	var in func(x layer.Expr, idx, guarded []*layer.Index) layer.Expr
	in = func(x layer.Expr, idx, guarded []*layer.Index) layer.Expr {
		return layer.Rewrite(x, func(node any) any {
			if w, ok := node.(*layer.Where); ok {
				g := append(append([]*layer.Index(nil), guarded...), used(w.Cond, idx)...)
				return &layer.Where{Cond: w.Cond, X: in(w.X, idx, g), Y: in(w.Y, idx, g)}
			}
			if m, ok := node.(*layer.ArgMax); ok {
				return &layer.ArgMax{Idx: m.Idx, Body: in(m.Body, append(append([]*layer.Index(nil), idx...), m.Idx...), guarded)}
			}
			r, ok := node.(*layer.Reduce)
			if !ok {
				return nil
			}
			all := append(append([]*layer.Index(nil), idx...), r.Idx...)
			if r.Op != layer.Sum {
				return &layer.Reduce{Op: r.Op, Idx: r.Idx, Body: in(r.Body, all, guarded)}
			}
			if b, ok := r.Body.(*layer.Binary); ok && b.Op == '*' {
				if s := withoutGuard(r, b); s != nil {
					return in(s, idx, guarded)
				}
				return &layer.Reduce{Op: r.Op, Idx: r.Idx, Body: a.factors(b, all, r.Idx, guarded, e)}
			}
			return &layer.Reduce{Op: r.Op, Idx: r.Idx, Body: in(r.Body, all, guarded)}
		})
	}
	return in(e.Value, e.Free, nil)
}

// factors makes the factors of a product elements. What depends on no more than
// a costly factor goes with it.
func (a *arranger) factors(x *layer.Binary, idx, sum, guarded []*layer.Index, e *layer.Equation) layer.Expr {
	list := factorsOf(x)
	for k := 0; k < len(list); k++ {
		of := used(list[k], idx)
		if volume(idx) < minReuse*volume(of) || slices.ContainsFunc(of, func(i *layer.Index) bool { return slices.Contains(guarded, i) }) {
			continue
		}
		switch {
		case isGuard(list[k]):
			list[k] = a.ready(list[k], of, e)
		case costly(list[k]) && computable(list[k], e.T):
			var with, others []layer.Expr
			for _, f := range list {
				if f == list[k] || len(used(f, idx)) > 0 && within(used(f, idx), of) && computable(f, e.T) {
					with = append(with, f)
				} else {
					others = append(others, f)
				}
			}
			list = append([]layer.Expr{a.ready(product(with), of, e)}, others...)
			k = 0
		}
	}
	if len(guarded) > 0 {
		return product(list)
	}
	return product(a.merged(list, idx, sum, e))
}

// merged multiplies ahead what is a factor beside an element that depends on the same
// indices or more, as long as two factors are left which both depend on what is summed
// over: a scale g[o] in sum(o, x[n][o]*g[o]*w[i][o]) goes with the smaller one of x and w.
func (a *arranger) merged(list []layer.Expr, idx, sum []*layer.Index, e *layer.Equation) []layer.Expr {
	for len(list) > 2 {
		least, at, with := volume(idx)/minReuse, -1, -1
		for k, f := range list {
			of := used(f, idx)
			for j, g := range list {
				inner := used(g, idx)
				if j == k || len(inner) == 0 || !within(inner, of) || volume(of) > least || !computable(f, e.T) || !computable(g, e.T) {
					continue
				}
				rest := slices.DeleteFunc(slices.Clone(list), func(x layer.Expr) bool { return x == f || x == g })
				if within(sum, of) && within(sum, used(product(rest), idx)) {
					least, at, with = volume(of), k, j
				}
			}
		}
		if at < 0 {
			return list
		}
		x := a.ready(product([]layer.Expr{list[at], list[with]}), used(list[at], idx), e)
		rest := slices.Delete(slices.Clone(list), max(at, with), max(at, with)+1)
		rest[min(at, with)] = x
		list = rest
	}
	return list
}

// isGuard reports whether x is elements under a condition.
func isGuard(x layer.Expr) bool {
	_, ok := x.(*layer.Where)
	return ok && plain(x)
}

// ready is an element of a tensor over the indices that holds x.
func (a *arranger) ready(x layer.Expr, of []*layer.Index, e *layer.Equation) layer.Expr {
	of = inMemory(x, of)
	r := a.scratch(e.T.Name+"Factor", e, of)
	a.define(r, of, x, e)
	return r
}

// product multiplies the factors.
func product(list []layer.Expr) layer.Expr {
	out := list[0]
	for _, f := range list[1:] {
		out = &layer.Binary{Op: '*', X: out, Y: f}
	}
	return out
}

// within reports whether all of the indices are among others.
func within(idx, others []*layer.Index) bool {
	return !slices.ContainsFunc(idx, func(i *layer.Index) bool { return !slices.Contains(others, i) })
}

// cheap are the functions that take a step or two.
var cheap = []string{"neg", "abs", "floor", "max", "min"}

// costly reports whether computing x takes much longer than reading it would.
func costly(x layer.Expr) bool {
	work := false
	layer.Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *layer.Call:
			work = work || !slices.Contains(cheap, n.Fn)
		case *layer.Binary:
			_, known := n.Y.(layer.Const)
			work = work || n.Op == '/' && !known
		}
		return true
	})
	return work
}

// computable reports whether x is the same before an equation for t as in it, and no
// reduction.
func computable(x layer.Expr, t *layer.Tensor) bool {
	plain := true
	layer.Walk(x, func(node any) bool {
		switch node.(type) {
		case *layer.Reduce, *layer.ArgMax:
			plain = false
		}
		return plain
	})
	return plain && known(x, t)
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
