package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/inline"
	"github.com/dlgen/dlgen/spec/layer"
)

// chained has the equations of applied layers whose specs write their backward
// equations out, for all that their gradient is needed of.
func (d *derivation) chained() map[*layer.Equation]*layer.Applied {
	out := map[*layer.Equation]*layer.Applied{}
	for _, a := range d.l.Applied {
		if a.Layer.Declared == nil || d.asksMore(a) {
			continue
		}
		for _, e := range a.Forward {
			out[e] = a
		}
	}
	return out
}

// asksMore reports whether a gradient comes to a result of which the layer's own
// equations take none: an output with grad: none that is differentiated, or read, here.
func (d *derivation) asksMore(a *layer.Applied) bool {
	for _, t := range a.Layer.Tensors {
		to := a.Places[t].T
		if t.Role != layer.Output || !t.NoGrad || to == nil {
			continue
		}
		if slices.ContainsFunc(d.l.Upstreams, func(u *layer.Tensor) bool { return u.Of == to }) {
			return true
		}
		for _, e := range d.l.Forward.Equations {
			if d.active[e.T] && !slices.Contains(a.Forward, e) && slices.Contains(e.Tensors(), to) {
				return true
			}
		}
	}
	return false
}

// chain brings the gradients of what an applied layer gives to what it was
// given, by the backward equations that its spec writes out.
func (d *derivation) chain(a *layer.Applied, upstream map[*layer.Tensor]*layer.Tensor, place int) {
	places := map[*layer.Tensor]layer.Place{}
	for t, p := range a.Places {
		places[t] = p
	}
	if !d.upstreams(a, upstream, places) {
		return
	}
	for _, g := range a.Layer.Gradients {
		p := a.Places[g.Of]
		t := d.scratch(p.T, "d"+p.T.Name)
		t.Implied = true
		places[g] = layer.Place{T: t, Lead: p.Lead}
	}
	for _, e := range inline.Equations(a.Layer.Declared, places) {
		e.Value = simplified(e.Value)
		d.add(e)
	}
	for _, g := range a.Layer.Gradients {
		to := a.Places[g.Of].T
		if !d.active[to] {
			continue
		}
		read := &layer.Read{T: places[g].T, Pos: a.Pos}
		c := term{place: place, idx: d.freeIndices(to, nil), value: read}
		for _, i := range c.idx {
			c.subs = append(c.subs, &layer.Var{I: i})
		}
		read.Subs = c.subs
		d.terms[to] = append(d.terms[to], c)
	}
}

// stopped complains where an applied layer does not differentiate what it is
// given, but the gradient is wanted: it would be wrong without a word.
func (d *derivation) stopped() {
	for _, a := range d.l.Applied {
		for _, t := range a.Layer.Tensors {
			to := a.Places[t].T
			constant := t.NoGrad && t.Role != layer.Output || t.Role == layer.Scalar && a.Layer.Declared != nil
			if constant && to != nil && d.active[to] {
				d.errs.AddHelp(a.Pos, stopHelp(to), "%s does not differentiate %s, and %s is to be differentiated", a.Layer.Name, t.Name, to.Name)
			}
		}
	}
}

// stopHelp says how to make a tensor one through which no gradient goes.
func stopHelp(t *layer.Tensor) string {
	switch {
	case t.Role == layer.Output:
		return "grad: none of an output does not stop a gradient; give a copy in a tensor with role: scratch and grad: none"
	case t.Implied && t.Role != layer.Param:
		return "declare " + t.Name + " with role: scratch and grad: none if no gradient is to go through it"
	}
	return "give " + t.Name + " grad: none if it is data, or no gradient is to go through it"
}

// upstreams finds the gradients of the layer's outputs; they are zero where
// nothing depends on one. It reports whether there is any.
func (d *derivation) upstreams(a *layer.Applied, upstream map[*layer.Tensor]*layer.Tensor, places map[*layer.Tensor]layer.Place) bool {
	some := false
	for _, u := range a.Layer.Upstreams {
		p := a.Places[u.Of]
		if _, done := d.adjoint[p.T]; !done && d.active[p.T] {
			d.settle(p.T, upstream[p.T])
		}
		p.T = d.adjoint[p.T]
		if p.T != nil {
			some = true
			if u.HasOutside && !p.T.HasOutside && len(p.T.Shape) > 0 {
				p.T.HasOutside, p.T.Outside = true, u.Outside
			}
		}
		places[u] = p
	}
	return some
}

// simplified leaves out what zeros make trivial.
func simplified(x layer.Expr) layer.Expr {
	switch x := x.(type) {
	case *layer.Binary:
		a, b := simplified(x.X), simplified(x.Y)
		zero := isConst(a, 0) || isConst(b, 0)
		switch {
		case zero && x.Op == '+':
			return add(a, b)
		case zero && x.Op == '-':
			return sub(a, b)
		case zero && x.Op == '*' || x.Op == '/' && isConst(a, 0):
			return constant(0)
		}
		return &layer.Binary{Op: x.Op, X: a, Y: b}
	case *layer.Call:
		if u := simplified(x.Args[0]); x.Fn == "neg" && isConst(u, 0) {
			return u
		}
	case *layer.Where:
		return where(x.Cond, simplified(x.X), simplified(x.Y))
	case *layer.Reduce:
		body := simplified(x.Body)
		if isConst(body, 0) && x.Op != layer.Prod {
			return body
		}
		return &layer.Reduce{Op: x.Op, Idx: x.Idx, Body: body}
	}
	return x
}

// withoutCopies reads at once what would be copied to a scratch tensor first.
func withoutCopies(eqs []*layer.Equation) []*layer.Equation {
	defined := map[*layer.Tensor]int{}
	for _, e := range eqs {
		defined[e.T]++
	}
	source := map[*layer.Tensor]*layer.Tensor{}
	var out []*layer.Equation
	for _, e := range eqs {
		r, ok := e.Value.(*layer.Read)
		if ok && e.T.Implied && e.T.Role == layer.Scratch && !e.Accumulate && defined[e.T] == 1 && r.T.Role != layer.State && sameSubs(r, e.Subs) {
			source[e.T] = r.T
		} else {
			out = append(out, e)
		}
	}
	for _, e := range out {
		replaceReads(e, source)
	}
	return out
}

// replaceReads lets e read other tensors of the same shape.
func replaceReads(e *layer.Equation, by map[*layer.Tensor]*layer.Tensor) {
	changed := false
	e.Walk(func(node any) bool {
		r, ok := node.(*layer.Read)
		if !ok {
			return true
		}
		for to := by[r.T]; to != nil; to = by[to] {
			if r.T.HasOutside && !to.HasOutside {
				to.HasOutside, to.Outside = true, r.T.Outside
			}
			r.T, changed = to, true
		}
		return true
	})
	if changed {
		e.Text = layer.FormatEquation(e)
	}
}

// retarget writes gradients at once that would be copied from a scratch tensor.
func retarget(eqs []*layer.Equation) []*layer.Equation {
	for {
		k, copied := copyOfScratch(eqs)
		if k < 0 {
			return eqs
		}
		to := eqs[k].T
		eqs = append(append([]*layer.Equation(nil), eqs[:k]...), eqs[k+1:]...)
		for _, e := range eqs {
			if e.T == copied {
				e.T = to
				e.Text = layer.FormatEquation(e)
			}
			replaceReads(e, map[*layer.Tensor]*layer.Tensor{copied: to})
		}
	}
}

// copyOfScratch finds an equation that copies into a gradient all of a scratch
// tensor that comes with an applied layer and that the same pass defines.
func copyOfScratch(eqs []*layer.Equation) (int, *layer.Tensor) {
	for k, e := range eqs {
		r, ok := e.Value.(*layer.Read)
		if !ok || e.T.Role != layer.Gradient || e.Accumulate || !r.T.Implied || r.T.Role != layer.Scratch || !sameSubs(r, e.Subs) {
			continue
		}
		for _, def := range eqs {
			if def.T == r.T {
				return k, r.T
			}
		}
	}
	return -1, nil
}
