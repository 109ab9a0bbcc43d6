package arrange

import (
	"github.com/dlgen/dlgen/spec/layer"
)

// folded decides the conditions that have one value for all values of their
// indices.
func folded(x layer.Expr) layer.Expr { return layer.Substitution{}.Expr(x) }

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
// change.
func pieces(e *layer.Equation) []*layer.Equation {
	for _, i := range e.Free {
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
			out = append(out, pieces(restricted(e, i, first, v-first))...)
			first = v
		}
		return out
	}
	return []*layer.Equation{e}
}

// restricted is the equation for size values of a free index from first on.
func restricted(e *layer.Equation, i *layer.Index, first, size int) *layer.Equation {
	to := layer.Replacement{By: layer.Lit{V: first}}
	if size > 1 {
		j := &layer.Index{Name: i.Name, Size: size}
		to = layer.Replacement{By: layer.Affine{Const: first, Terms: []layer.Term{{Coef: 1, I: j}}}.Int(), Idx: []*layer.Index{j}}
	}
	s := layer.Substitution{i: to}
	out := *e
	out.Subs, out.Value, out.Free = s.Ints(e.Subs), s.Expr(e.Value), s.Indices(e.Free)
	return &out
}
