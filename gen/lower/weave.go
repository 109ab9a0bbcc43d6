package lower

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// woven is the phases of an equation, where they take every m-th element of the rows
// of its tensor, as rows of their own, and an equation that weaves these together: a
// vector cannot be stored to every m-th element.
func (l *lowerer) woven(eq *layer.Equation, parts []*layer.Equation) []*layer.Equation {
	last := len(eq.T.Shape) - 1
	if len(parts) < 2 || last < 0 || len(eq.Free) != len(eq.T.Shape) {
		return parts
	}
	for d, x := range eq.Subs {
		if v, ok := x.(*layer.Var); !ok || v.I != eq.Free[d] || v.I.Size != eq.T.Shape[d] {
			return parts
		}
	}
	size := eq.T.Shape[last]
	m := 0
	for _, p := range parts {
		a, ok := layer.AffineOf(p.Subs[last])
		if !ok || len(a.Terms) != 1 || m != 0 && a.Terms[0].Coef != m {
			return parts
		}
		m = a.Terms[0].Coef
	}
	if m < 2 || size%m != 0 || size/m < shortRow {
		return parts
	}
	t := &layer.Tensor{Name: l.unused(eq.T.Name + "Phases"), Role: layer.Scratch, Type: eq.T.Type, Shape: append(slices.Clone(eq.T.Shape[:last]), m, size/m), Pos: eq.T.Pos}
	var out []*layer.Equation
	for _, p := range parts {
		a, _ := layer.AffineOf(p.Subs[last])
		row := *p
		row.T, row.Subs = t, append(slices.Clone(p.Subs[:last]), layer.Lit{V: a.Const}, &layer.Var{I: a.Terms[0].I})
		out = append(out, &row)
	}
	return append(out, weave(eq, t, m))
}

// weave puts the rows of t into those of eq's tensor.
func weave(eq *layer.Equation, t *layer.Tensor, m int) *layer.Equation {
	last := len(eq.T.Shape) - 1
	w := &layer.Equation{T: eq.T, Text: eq.Text, Pos: eq.Pos}
	var from []layer.Int
	for d, n := range eq.T.Shape[:last] {
		i := &layer.Index{Name: eq.Free[d].Name, Size: n}
		w.Free, w.Subs = append(w.Free, i), append(w.Subs, &layer.Var{I: i})
		from = append(from, &layer.Var{I: i})
	}
	a, b := &layer.Index{Name: eq.Free[last].Name, Size: eq.T.Shape[last] / m}, &layer.Index{Name: "r", Size: m}
	w.Free = append(w.Free, a, b)
	w.Subs = append(w.Subs, layer.Affine{Terms: []layer.Term{{Coef: m, I: a}, {Coef: 1, I: b}}}.Int())
	w.Value = &layer.Read{T: t, Subs: append(from, &layer.Var{I: b}, &layer.Var{I: a}), Pos: eq.Pos}
	return w
}
