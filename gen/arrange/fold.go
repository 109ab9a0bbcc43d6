package arrange

import (
	"github.com/dlgen/dlgen/spec/layer"
)

// folded decides the conditions that have one value for all values of their
// indices, and leaves out terms that are zero then.
func folded(x layer.Expr) layer.Expr { return withoutZeros(layer.Substitution{}.Expr(x)) }

// withoutZeros leaves out zeros that are added, and sums of products with one.
func withoutZeros(x layer.Expr) layer.Expr {
	return layer.Rewrite(x, func(node any) any {
		switch x := node.(type) {
		case *layer.Binary:
			if x.Op != '+' && x.Op != '-' {
				return nil
			}
			a, b := withoutZeros(x.X), withoutZeros(x.Y)
			switch {
			case isZero(b):
				return a
			case isZero(a) && x.Op == '+':
				return b
			}
			return &layer.Binary{Op: x.Op, X: a, Y: b}
		case *layer.Reduce:
			if body := withoutZeros(x.Body); x.Op != layer.Sum || !zeroProduct(body) {
				return &layer.Reduce{Op: x.Op, Idx: x.Idx, Body: body}
			}
			return layer.Const{}
		}
		return nil
	})
}

func isZero(x layer.Expr) bool {
	c, ok := x.(layer.Const)
	return ok && c.V == 0
}

// zeroProduct reports whether a factor of a product is zero.
func zeroProduct(x layer.Expr) bool {
	if b, ok := x.(*layer.Binary); ok && b.Op == '*' {
		return zeroProduct(b.X) || zeroProduct(b.Y)
	}
	return isZero(x)
}

// cuts adds the values of i at which a condition on i alone, somewhere in x,
// changes.
func cuts(x any, i *layer.Index, at map[int]bool) {
	layer.Walk(x, func(node any) bool {
		c, ok := node.(*layer.CmpInt)
		if !ok {
			return true
		}
		d, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: c.X, Y: c.Y})
		if !ok || len(d.Terms) != 1 || d.Terms[0].I != i {
			return true
		}
		coef, zero := d.Terms[0].Coef, -d.Const/d.Terms[0].Coef
		for v := max(1, zero-1); v <= min(i.Size-1, zero+2); v++ {
			if compare(c.Op, d.Const+coef*v) != compare(c.Op, d.Const+coef*(v-1)) {
				at[v] = true
			}
		}
		return true
	})
}

// compare is x op 0.
func compare(op string, x int) bool {
	switch op {
	case "<":
		return x < 0
	case "<=":
		return x <= 0
	case "==":
		return x == 0
	case "!=":
		return x != 0
	case ">=":
		return x >= 0
	case ">":
		return x > 0
	}
	panic("arrange: unknown comparison " + op)
}

// maxCuts is how many ranges of an index an equation is worth.
const maxCuts = 3

// pieces divides an equation at the values of its free indices where conditions
// change, but for those of the index whose steps a recurrence takes one by one; the order of its sums
// is chosen where these are gone.
func pieces(e *layer.Equation, step *layer.Index) []*layer.Equation {
	for _, i := range e.Free {
		if i == step {
			continue
		}
		at := map[int]bool{}
		cuts(e.Value, i, at)
		if n := len(at); n == 0 || n > maxCuts && n+1 < i.Size {
			continue
		}
		var out []*layer.Equation
		first := 0
		for v := 1; v <= i.Size; v++ {
			if v < i.Size && !at[v] {
				continue
			}
			out = append(out, pieces(restricted(e, i, first, v-first), step)...)
			first = v
		}
		return out
	}
	out := *e
	out.Value = contracted(e.Value, e.Free)
	return []*layer.Equation{&out}
}

// restricted is the equation for size values of a free index from first on.
func restricted(e *layer.Equation, i *layer.Index, first, size int) *layer.Equation {
	s := among(i, first, size)
	out := *e
	out.Subs, out.Value, out.Free = s.Ints(e.Subs), withoutZeros(s.Expr(e.Value)), s.Indices(e.Free)
	return &out
}
