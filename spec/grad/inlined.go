package grad

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/layer"
)

// extremaNamed is l with tensors for the maxima and minima that stand within its equations, as
// that in exp(x[n][d] - max(k, x[n][k])), and these tensors; none where there is nothing that
// a tensor can hold.
func extremaNamed(l *layer.Layer) (*layer.Layer, []*layer.Tensor) {
	n := &naming{taken: namesOf(l), found: map[string]*layer.Tensor{}}
	var eqs []*layer.Equation
	for _, e := range l.Forward.Equations {
		eqs = append(eqs, n.withExtrema(e))
	}
	if len(n.tensors) == 0 {
		return l, nil
	}
	p, err := check.Order(append(n.equations, eqs...))
	if err != nil {
		return l, nil
	}
	p.Args = l.Forward.Args
	out := *l
	out.Forward = p
	return &out, n.tensors
}

// naming gives parts of equations tensors of their own, extrema that are the same one.
type naming struct {
	taken     map[string]bool
	found     map[string]*layer.Tensor
	tensors   []*layer.Tensor
	equations []*layer.Equation
}

// withExtrema is e with tensors in place of extrema.
func (n *naming) withExtrema(e *layer.Equation) *layer.Equation {
	changed := false
	var in func(x layer.Expr, scope []*layer.Index, guarded bool) layer.Expr
	in = func(x layer.Expr, scope []*layer.Index, guarded bool) layer.Expr {
		return layer.Rewrite(x, func(node any) any {
			if w, ok := node.(*layer.Where); ok {
				return &layer.Where{Cond: w.Cond, X: in(w.X, scope, true), Y: in(w.Y, scope, true)}
			}
			r, ok := node.(*layer.Reduce)
			if !ok {
				return nil
			}
			if guarded && !readsInside(r) || r.Op != layer.Max && r.Op != layer.Min || layer.Expr(r) == e.Value || !n.isFree(r, e, scope) {
				return &layer.Reduce{Op: r.Op, Idx: r.Idx, Body: in(r.Body, slices.Concat(scope, r.Idx), guarded)}
			}
			idx, key := dependence(r, scope), canonical(r)
			for _, i := range idx {
				key += fmt.Sprintf(" %s<%d", i.Name, i.Size)
			}
			if n.found[key] == nil {
				n.found[key] = n.named(e, "extreme", idx, r).T
			}
			changed = true
			return &layer.Read{T: n.found[key], Subs: vars(idx), Pos: e.Pos}
		})
	}
	value := in(e.Value, e.Free, false)
	if !changed {
		return e
	}
	out := *e
	out.Value = value
	out.Text = layer.FormatEquation(&out)
	return &out
}

// isFree reports whether r, a part of e, has a value for all values of the indices in
// scope, and is no step of a recurrence.
func (n *naming) isFree(r layer.Expr, e *layer.Equation, scope []*layer.Index) bool {
	bound := slices.Clone(scope)
	free := true
	layer.Walk(r, func(node any) bool {
		switch x := node.(type) {
		case *layer.Reduce:
			bound = append(bound, x.Idx...)
		case *layer.ArgMax:
			bound = append(bound, x.Idx...)
		case *layer.Var:
			free = free && slices.Contains(bound, x.I)
		case *layer.Read:
			free = free && x.T != e.T && !x.Old
		case *layer.Uniform:
			free = false
		}
		return free
	})
	return free
}

// named is the element of a new tensor that holds a value of f's for all values of the
// indices.
func (n *naming) named(f *layer.Equation, name string, idx []*layer.Index, value layer.Expr) *layer.Read {
	t := &layer.Tensor{Name: unused(name, n.taken), Role: layer.Scratch, Type: layer.Float32, Pos: f.Pos}
	for _, i := range idx {
		t.Shape = append(t.Shape, i.Size)
	}
	b, fresh := binding{}.with(idx)
	def := &layer.Equation{T: t, Subs: vars(fresh), Free: fresh, Value: b.expr(value), Pos: f.Pos}
	def.Text = layer.FormatEquation(def)
	n.tensors, n.equations = append(n.tensors, t), append(n.equations, def)
	return &layer.Read{T: t, Subs: vars(idx), Pos: f.Pos}
}
