package arrange

import "github.com/dlgen/dlgen/spec/layer"

// hoister takes what does not depend on carried values out of a recurrence.
type hoister struct {
	a       *arranger
	carried map[*layer.Tensor]bool
	e       *layer.Equation
}

// site is where an expression stands: the indices in scope, the conditions
// around it, and whether a sum around it evaluates it again and again.
type site struct {
	idx   []*layer.Index
	conds []layer.Cond
	inSum bool
}

func (s site) under(c layer.Cond) site {
	s.conds = append(append([]layer.Cond(nil), s.conds...), c)
	return s
}

// hoist gives the value of e with reads for what it has computed ahead.
func (h *hoister) hoist(e *layer.Equation, value layer.Expr) layer.Expr {
	h.e = e
	return h.expr(value, site{idx: e.Free})
}

// invariant reports whether x (an Expr or Cond) is the same whatever the
// recurrence carries.
func (h *hoister) invariant(x any) bool {
	free := true
	layer.Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *layer.Read:
			free = free && !h.carried[n.T]
		case *layer.Element:
			free = free && !h.carried[n.T]
		}
		return free
	})
	return free
}

// worth reports whether an invariant is more work than reading it from memory.
func (h *hoister) worth(x layer.Expr, s site) bool {
	work := false
	layer.Walk(x, func(node any) bool {
		switch node.(type) {
		case *layer.Reduce, *layer.ArgMax:
			work = true
		case *layer.Call, *layer.Where:
			work = work || s.inSum
		case layer.Int:
			return false
		}
		return !work
	})
	return work
}

func (h *hoister) expr(x layer.Expr, s site) layer.Expr {
	if h.invariant(x) {
		if h.worth(x, s) {
			return h.ahead(x, s)
		}
		return x
	}
	switch x := x.(type) {
	case *layer.Binary:
		if x.Op == '+' || x.Op == '-' {
			return h.chain(x, s)
		}
		return &layer.Binary{Op: x.Op, X: h.expr(x.X, s), Y: h.expr(x.Y, s)}
	case *layer.Call:
		out := &layer.Call{Fn: x.Fn}
		for _, a := range x.Args {
			out.Args = append(out.Args, h.expr(a, s))
		}
		return out
	case *layer.Where:
		return &layer.Where{Cond: x.Cond, X: h.expr(x.X, s.under(x.Cond)), Y: h.expr(x.Y, s.under(&layer.Not{X: x.Cond}))}
	case *layer.Reduce:
		return h.reduce(x, s)
	}
	return x
}

// term is a summand with its sign.
type term struct {
	x        layer.Expr
	negative bool
}

func terms(x layer.Expr, negative bool) []term {
	if b, ok := x.(*layer.Binary); ok && (b.Op == '+' || b.Op == '-') {
		return append(terms(b.X, negative), terms(b.Y, negative != (b.Op == '-'))...)
	}
	return []term{{x, negative}}
}

// total is the sum of terms.
func total(list []term) layer.Expr {
	var out layer.Expr
	for _, t := range list {
		switch {
		case out == nil && t.negative:
			out = &layer.Call{Fn: "neg", Args: []layer.Expr{t.x}}
		case out == nil:
			out = t.x
		case t.negative:
			out = &layer.Binary{Op: '-', X: out, Y: t.x}
		default:
			out = &layer.Binary{Op: '+', X: out, Y: t.x}
		}
	}
	return out
}

// split separates the invariant terms of a sum from the others.
func (h *hoister) split(x layer.Expr) (invariant, others []term) {
	for _, t := range terms(x, false) {
		if h.invariant(t.x) {
			invariant = append(invariant, t)
		} else {
			others = append(others, t)
		}
	}
	return invariant, others
}

// chain adds the invariant terms of a sum up ahead.
func (h *hoister) chain(x *layer.Binary, s site) layer.Expr {
	invariant, others := h.split(x)
	for k := range others {
		others[k].x = h.expr(others[k].x, s)
	}
	if len(invariant) > 0 {
		if sum := total(invariant); h.worth(sum, s) {
			invariant = []term{{x: h.ahead(sum, s)}}
		}
	}
	return total(append(invariant, others...))
}

// reduce distributes a sum over invariant terms and others.
func (h *hoister) reduce(x *layer.Reduce, s site) layer.Expr {
	in := s
	in.idx = append(append([]*layer.Index(nil), s.idx...), x.Idx...)
	in.inSum = true
	if x.Op == layer.Sum {
		if invariant, others := h.split(x.Body); len(invariant) > 0 {
			ahead := h.ahead(&layer.Reduce{Op: layer.Sum, Idx: x.Idx, Body: total(invariant)}, s)
			rest := &layer.Reduce{Op: layer.Sum, Idx: x.Idx, Body: h.expr(total(others), in)}
			return &layer.Binary{Op: '+', X: ahead, Y: rest}
		}
	}
	return &layer.Reduce{Op: x.Op, Idx: x.Idx, Body: h.expr(x.Body, in)}
}

// ahead computes x before the recurrence. Conditions around it keep what it reads
// in bounds, but for those that the recurrence decides and those about other
// indices.
func (h *hoister) ahead(x layer.Expr, s site) layer.Expr {
	value := x
	for k := len(s.conds) - 1; k >= 0; k-- {
		if c := s.conds[k]; h.invariant(c) && len(used(c, used(value, s.idx))) > 0 {
			value = &layer.Where{Cond: c, X: value, Y: layer.Const{}}
		}
	}
	idx := used(value, s.idx)
	r := h.a.scratch(h.e.T.Name+"Ahead", h.e, idx)
	h.a.define(r, idx, value, h.e)
	return r
}
