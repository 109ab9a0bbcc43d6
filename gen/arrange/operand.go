package arrange

import "github.com/dlgen/dlgen/spec/layer"

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
		of := used(x, idx)
		if !plain(x) || volume(idx) < minReuse*volume(of) {
			return x
		}
		r := a.scratch(e.T.Name+"Factor", e, of)
		a.define(r, of, x, e)
		return r
	}
	return x
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
