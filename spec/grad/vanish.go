package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// vanishes reports whether the contribution is 0 wherever i leaves its range: a
// factor of it is read outside of a tensor there, and gives 0.
func (c term) vanishes(i *layer.Index) bool {
	one := indices{i: true}
	for _, x := range c.conds {
		if one.in(x) {
			return false
		}
	}
	for _, s := range c.subs {
		if readsAt(s, one) {
			return false
		}
	}
	zero := false
	p := product{number: 1}
	p.multiply(c.value, false)
	for _, x := range p.num {
		r, ok := x.(*layer.Read)
		zero = zero || ok && r.T.HasOutside && r.T.Outside == 0 && spans(r, i)
	}
	return zero && tame(c.value, one)
}

// tame reports whether x is finite wherever the indices are, in their range or not.
func tame(x layer.Expr, at indices) bool {
	if !at.in(x) {
		return true
	}
	switch x := x.(type) {
	case *layer.Read:
		return x.T.HasOutside && isFinite(x.T.Outside) && !slices.ContainsFunc(x.Subs, func(s layer.Int) bool { return readsAt(s, at) })
	case *layer.Call:
		return layer.Functions[x.Fn].Finite && !slices.ContainsFunc(x.Args, func(a layer.Expr) bool { return !tame(a, at) })
	case *layer.Binary:
		return tame(x.X, at) && tame(x.Y, at) && (x.Op != '/' || !at.in(x.Y))
	case *layer.Reduce:
		return x.Op == layer.Sum && tame(x.Body, at)
	case *layer.FromInt:
		return !readsAt(x.X, at)
	case *layer.Where:
		return tameCond(x.Cond, at) && tame(x.X, at) && tame(x.Y, at)
	}
	return false
}

// tameCond reports whether what c compares is finite, too.
func tameCond(c layer.Cond, at indices) bool {
	switch c := c.(type) {
	case *layer.CmpInt:
		return !readsAt(c.X, at) && !readsAt(c.Y, at)
	case *layer.CmpReal:
		return tame(c.X, at) && tame(c.Y, at)
	case *layer.Logic:
		return tameCond(c.X, at) && tameCond(c.Y, at)
	case *layer.Not:
		return tameCond(c.X, at)
	}
	return false
}

// readsAt reports whether a subscript reads ids at one of the indices.
func readsAt(s layer.Int, at indices) bool {
	found := false
	layer.Walk(s, func(n any) bool {
		e, ok := n.(*layer.Element)
		found = found || ok && at.in(e)
		return !found
	})
	return found
}

// spans reports whether i is a subscript of r and has all its values.
func spans(r *layer.Read, i *layer.Index) bool {
	for d, s := range r.Subs {
		if v, ok := s.(*layer.Var); ok && v.I == i && r.T.Shape[d] == i.Size {
			return true
		}
	}
	return false
}
