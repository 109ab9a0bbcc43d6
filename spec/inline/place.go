package inline

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// Through is the place of what stands for another tensor, in a layer for whose tensors
// others stand in turn.
func Through(p layer.Place, places map[*layer.Tensor]layer.Place) layer.Place {
	if p.Value != nil {
		c := &copier{places: places}
		return layer.Place{Value: c.expr(p.Value)}
	}
	if p.T == nil {
		return p
	}
	q := places[p.T]
	switch {
	case p.Lead == nil:
		q.Plus += p.Plus
		return q
	case q.Lead == nil:
		return layer.Place{T: q.T, Lead: p.Lead}
	}
	return layer.Place{T: q.T, Lead: slices.Concat(q.Lead, p.Lead[1:])}
}

// own is a copy of what stands for a scalar.
func own(x layer.Expr) layer.Expr {
	return layer.Rewrite(x, func(any) any { return nil })
}

// whole is own for one that is an integer.
func whole(x layer.Expr) layer.Int {
	switch x := own(x).(type) {
	case *layer.FromInt:
		return x.X
	case layer.Const:
		return layer.Lit{V: int(x.V)}
	}
	panic("inline: not an integer expression: " + layer.FormatExpr(x))
}
