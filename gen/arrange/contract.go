package arrange

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// contracted sums a product of several tensors over one index after another where that
// takes far fewer steps than over all at once: sum(i, r, x[n][i]*a[i][r]*b[r][o]) becomes
// sum(r, b[r][o]*sum(i, x[n][i]*a[i][r])). Sums under conditions on the indices that are
// left stay: what is summed may lie outside where these do not hold.
func contracted(x layer.Expr, idx []*layer.Index) layer.Expr {
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
				all := slices.Concat(idx, node.Idx)
				if b, ok := node.Body.(*layer.Binary); ok && node.Op == layer.Sum && b.Op == '*' {
					s := sumOf{idx: node.Idx}
					for _, f := range factorsOf(b) {
						s.factors = append(s.factors, in(f, all, guarded))
					}
					return s.inOrder(idx, guarded)
				}
				return &layer.Reduce{Op: node.Op, Idx: node.Idx, Body: in(node.Body, all, guarded)}
			}
			return nil
		})
	}
	return in(x, idx, nil)
}

// fewerSteps is how many times fewer steps it must take, mostPartial how many numbers may be
// kept in between.
const (
	fewerSteps  = 2
	mostPartial = 1 << 22
	// sameSteps is how many times more steps a product of matrices may take than a sum of
	// products of more factors, each of which costs a multiplication more.
	sameSteps = 1.25
)

// sumOf is a sum of products.
type sumOf struct {
	idx     []*layer.Index
	factors []layer.Expr
}

// inOrder is the sum, for each value of the indices around it, by way of the best index to
// sum over first.
func (s sumOf) inOrder(around, guarded []*layer.Index) layer.Expr {
	all := slices.Concat(around, s.idx)
	whole := volume(used(product(s.factors), all))
	least, found := whole/fewerSteps, math.Inf(1)
	var inner, outer sumOf
	for k, i := range s.idx {
		var with, without []layer.Expr
		for _, f := range s.factors {
			if len(used(f, []*layer.Index{i})) > 0 {
				with = append(with, f)
			} else {
				without = append(without, f)
			}
		}
		if len(with) == 0 || len(without) == 0 {
			continue
		}
		of := used(product(with), all)
		rest := slices.Concat(s.idx[:k], s.idx[k+1:])
		partial := slices.DeleteFunc(slices.Clone(of), func(j *layer.Index) bool { return j == i })
		left := slices.DeleteFunc(slices.Concat(around, rest), func(j *layer.Index) bool {
			return !slices.Contains(partial, j) && len(used(product(without), []*layer.Index{j})) == 0
		})
		steps := volume(of) + volume(left)
		most := least
		if isMatrixProduct(with, partial) && within(partial, used(product(without), all)) { // as large as an operand
			most = max(most, whole*sameSteps)
		}
		if steps > most || steps > found || volume(partial) > mostPartial || slices.ContainsFunc(partial, func(j *layer.Index) bool { return slices.Contains(guarded, j) }) {
			continue
		}
		found = steps
		inner, outer = sumOf{[]*layer.Index{i}, with}, sumOf{rest, without}
	}
	if inner.idx == nil {
		return s.expr()
	}
	outer.factors = append(outer.factors, inner.expr())
	return outer.inOrder(around, guarded)
}

// isMatrixProduct reports whether factors are two, each of which is used again for other
// values of an index of their sum.
func isMatrixProduct(factors []layer.Expr, of []*layer.Index) bool {
	return len(factors) == 2 && !slices.ContainsFunc(factors, func(f layer.Expr) bool { return len(used(f, of)) == len(of) })
}

// expr is the sum as it stands.
func (s sumOf) expr() layer.Expr {
	if len(s.idx) == 0 {
		return product(s.factors)
	}
	return &layer.Reduce{Op: layer.Sum, Idx: s.idx, Body: product(s.factors)}
}
