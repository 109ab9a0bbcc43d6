package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// derivedBest derives the backward pass of l without the gradients of extrema that
// cancel, as that of the maximum which a softmax subtracts does: whatever is subtracted
// there, the result is the same.
func derivedBest(l *layer.Layer) (*layer.Program, error) {
	l = fractionsNamed(l)
	whole, err := derive(l, nil)
	if err != nil || whole == nil {
		return whole, err
	}
	constant := map[string]bool{}
	for _, t := range extrema(l, whole) {
		if cancels(l, t) {
			constant[t.Name] = true
		}
	}
	if named, inline := extremaNamed(l); slices.ContainsFunc(inline, func(t *layer.Tensor) bool { return cancels(named, t) }) {
		l = named
		for _, t := range inline {
			constant[t.Name] = cancels(named, t)
		}
	}
	if len(constant) == 0 {
		return whole, nil
	}
	return derive(l, constant)
}

// extrema are the tensors that are maxima or minima and whose gradient the
// derived pass computes.
func extrema(l *layer.Layer, derived *layer.Program) []*layer.Tensor {
	differentiated := map[*layer.Tensor]bool{}
	for _, e := range derived.Equations {
		if e.T.Of != nil {
			differentiated[e.T.Of] = true
		}
	}
	var out []*layer.Tensor
	for _, e := range l.Forward.Equations {
		if isExtreme(e.Value) && differentiated[e.T] && e.T.Role != layer.Output {
			out = append(out, e.T)
		}
	}
	return out
}

// isExtreme reports whether x is a maximum or a minimum, or one in some cases and a number in the
// others.
func isExtreme(x layer.Expr) bool {
	switch x := x.(type) {
	case *layer.Reduce:
		return x.Op == layer.Max || x.Op == layer.Min
	case *layer.Where:
		_, first := x.X.(layer.Const)
		_, second := x.Y.(layer.Const)
		return isExtreme(x.X) && (second || isExtreme(x.Y)) || first && isExtreme(x.Y)
	}
	return false
}

// cancels reports whether no output changes when anything is added to the elements of
// t, as far as the equations tell.
func cancels(l *layer.Layer, t *layer.Tensor) bool {
	m := &moving{t: t, forms: map[*layer.Tensor]form{}, left: map[*layer.Tensor][]*layer.Index{}}
	for _, p := range l.Forward.Parts() {
		if p.Recurrence != nil {
			m.recurrence(p.Recurrence.Equations)
		} else {
			m.define(p.Equation, m.forms)
		}
	}
	for _, u := range l.Upstreams {
		if f, defined := m.forms[u.Of]; defined && f.kind != still {
			return false
		}
	}
	return true
}

// moving follows through the equations of a layer what happens when an amount of its own
// is added to each element of t.
type moving struct {
	t *layer.Tensor
	// forms are those of the tensors that are defined, in the indices of left.
	forms map[*layer.Tensor]form
	left  map[*layer.Tensor][]*layer.Index
}

// define notes in forms that of what an equation defines. A tensor that is defined in
// parts must stay as it is in all of them.
func (m *moving) define(e *layer.Equation, forms map[*layer.Tensor]form) {
	if e.T == m.t {
		return
	}
	f, left := m.expr(e.Value), plainLeft(e)
	if e.T.Role == layer.State || e.T.NoGrad && e.T.Role != layer.Output {
		f = form{kind: still} // no gradient goes through it
	}
	old, more := forms[e.T]
	if f.kind != still && (left == nil || e.Accumulate) || more && (old.kind != still || f.kind != still) || !m.stillInts(e.Subs) {
		f = form{}
	}
	forms[e.T], m.left[e.T] = f, left
}

// recurrence lets its tensors have any form at first, and then those that this makes,
// until that is what it makes.
func (m *moving) recurrence(eqs []*layer.Equation) {
	for _, e := range eqs {
		m.forms[e.T] = form{kind: free}
	}
	for range len(eqs) + 2 {
		next := map[*layer.Tensor]form{}
		for _, e := range eqs {
			m.define(e, next)
		}
		settled := true
		for t, f := range next {
			settled = settled && f.same(m.forms[t])
			m.forms[t] = f
		}
		if settled {
			return
		}
	}
	for _, e := range eqs {
		m.forms[e.T] = form{}
	}
}

// plainLeft are the indices on the left of an equation, nil where there is anything else.
func plainLeft(e *layer.Equation) []*layer.Index {
	out := []*layer.Index{}
	for _, s := range e.Subs {
		v, ok := s.(*layer.Var)
		if !ok || slices.Contains(out, v.I) {
			return nil
		}
		out = append(out, v.I)
	}
	return out
}
