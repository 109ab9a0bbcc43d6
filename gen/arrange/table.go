package arrange

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// tabled is the value of e with the costly functions in it read from tensors of their own
// where its loops would compute each of them many times: exp(a[d]) for each t of y[t][d]. What
// changes with a recurrence, as far as e is a step of one, stays, and so do functions of indices
// alone.
func (a *arranger) tabled(e *layer.Equation, value layer.Expr, changes func(x any) bool) layer.Expr {
	var in func(x layer.Expr, idx, guarded []*layer.Index) layer.Expr
	in = func(x layer.Expr, idx, guarded []*layer.Index) layer.Expr {
		return layer.Rewrite(x, func(node any) any {
			switch node := node.(type) {
			case *layer.Where:
				g := slices.Concat(guarded, used(node.Cond, idx))
				return &layer.Where{Cond: node.Cond, X: in(node.X, idx, g), Y: in(node.Y, idx, g)}
			case *layer.ArgMax:
				return &layer.ArgMax{Idx: node.Idx, Body: in(node.Body, slices.Concat(idx, node.Idx), guarded)}
			case *layer.Reduce:
				return &layer.Reduce{Op: node.Op, Idx: node.Idx, Body: in(node.Body, slices.Concat(idx, node.Idx), guarded)}
			case *layer.Call:
				of := used(node, idx)
				if costly(node) && reads(node) && computable(node, e.T) && !changes(node) && again(of, idx) >= minReuse &&
					!slices.ContainsFunc(of, func(i *layer.Index) bool { return slices.Contains(guarded, i) }) {
					return a.ready(node, of, e)
				}
			}
			return nil
		})
	}
	return in(value, e.Free, nil)
}

// again is how many times loops over the indices, the first one outermost, compute what
// depends on some of them for each of its values.
func again(of, idx []*layer.Index) float64 {
	if len(of) == 0 {
		return 1
	}
	last := 0
	for k, i := range idx {
		if slices.Contains(of, i) {
			last = k
		}
	}
	return volume(idx[:last+1]) / volume(of)
}

// reads reports whether x depends on a tensor.
func reads(x layer.Expr) bool {
	found := false
	layer.Walk(x, func(node any) bool {
		_, ok := node.(*layer.Read)
		found = found || ok
		return !found
	})
	return found
}
