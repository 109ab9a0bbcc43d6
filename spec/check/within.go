package check

import (
	"slices"
	"strings"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// comesWithin reports whether a name may be that of a tensor which the layer has from one
// that it applies itself: which those are is known when it is checked.
func (a *application) comesWithin(name string) bool {
	return slices.ContainsFunc(a.inner.Forward, func(q *syntax.Equation) bool {
		results := append([]*syntax.Name{{Name: q.Target.Name}}, q.More...)
		return asApply(q.Value) != nil && len(q.Target.Subs) == 0 &&
			slices.ContainsFunc(results, func(r *syntax.Name) bool { return strings.HasPrefix(name, r.Name+"_") })
	})
}

// giveWithin binds tensors to those that the layer has from layers that it applies itself.
func (a *application) giveWithin() bool {
	for _, t := range a.layer.Tensors {
		if t.Implied && (t.Role == layer.Param || t.Role == layer.State || t.Role == layer.Scalar) {
			a.within = append(a.within, declaration(t))
		}
	}
	ok := true
	for _, s := range a.later {
		if a.tensor(s.Name.Text) == nil {
			a.unknown(s)
			ok = false
			continue
		}
		ok = a.give(s.Name.Text, s.Value) && ok
	}
	a.ownTensors()
	return ok
}

// declaration is a tensor as a spec would declare it.
func declaration(t *layer.Tensor) *syntax.Tensor {
	d := &syntax.Tensor{Name: t.Name, Pos: t.Pos, HasShape: t.Role != layer.Scalar}
	for text, role := range roles {
		if role == t.Role {
			d.Role.Text = text
		}
	}
	d.Type.Text = t.Type.String()
	for _, text := range t.Extents {
		d.Shape = append(d.Shape, &syntax.Literal{Text: text})
	}
	return d
}
