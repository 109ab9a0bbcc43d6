package arrange

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// recurrence adds a recurrence: what can be computed ahead, then the ranges of
// steps in which everything is the same, a single step without a loop.
func (a *arranger) recurrence(r *layer.Recurrence) {
	h := &hoister{a: a, carried: map[*layer.Tensor]bool{}}
	for _, e := range r.Equations {
		h.carried[e.T] = true
	}
	eqs := make([]*layer.Equation, len(r.Equations))
	for k, e := range r.Equations {
		c := *e
		ahead := h.hoist(&c, contracted(drawn(closed(e, h.carried)), e.Free))
		c.Value = a.tabled(&c, folded(ahead), func(x any) bool { return !h.invariant(x) })
		eqs[k] = &c
	}
	segments := segments(r, eqs)
	if r.Down {
		slices.Reverse(segments)
	}
	for _, s := range segments {
		out := &layer.Recurrence{First: s.first, Last: s.last, Down: r.Down}
		for k, e := range eqs {
			if first, last := r.Carry[k].Steps(); s.first < first || s.last > last {
				continue
			}
			part, i := e, (*layer.Index)(nil)
			if t := r.Carry[k].Index; t != nil {
				from := s.first - r.Carry[k].Offset
				part = restricted(e, t, from, s.last-s.first+1)
				if s.last > s.first {
					i = part.Free[slices.Index(e.Free, t)]
				}
			}
			for _, p := range pieces(part, i) {
				out.Equations = append(out.Equations, p)
				out.Carry = append(out.Carry, layer.Carry{Index: i, Offset: s.first})
			}
		}
		a.out.Equations = append(a.out.Equations, out.Equations...)
		if s.last > s.first {
			a.out.Recurrences = append(a.out.Recurrences, out)
		}
	}
}

// closed is the value of e with the places at which a carried tensor is read
// outside its shape under a condition.
func closed(e *layer.Equation, carried map[*layer.Tensor]bool) layer.Expr {
	var f func(node any) any
	f = func(node any) any {
		r, ok := node.(*layer.Read)
		if !ok || !carried[r.T] || !r.T.HasOutside {
			return nil
		}
		subs := layer.RewriteInts(r.Subs, f)
		var inside layer.Cond
		for d, s := range subs {
			low := &layer.CmpInt{Op: ">=", X: s, Y: layer.Lit{}}
			high := &layer.CmpInt{Op: "<", X: s, Y: layer.Lit{V: r.T.Shape[d]}}
			for _, c := range []layer.Cond{low, high} {
				if inside == nil {
					inside = c
				} else {
					inside = &layer.Logic{Op: "&&", X: inside, Y: c}
				}
			}
		}
		read := &layer.Read{T: r.T, Subs: subs, Pos: r.Pos}
		return &layer.Where{Cond: inside, X: read, Y: layer.Const{V: r.T.Outside}}
	}
	return layer.Rewrite(e.Value, f)
}

// segment is a range of steps.
type segment struct{ first, last int }

// segments divides the steps where an equation begins, ends, or has a condition
// that changes.
func segments(r *layer.Recurrence, eqs []*layer.Equation) []segment {
	at := map[int]bool{r.Last + 1: true}
	for k, e := range eqs {
		first, last := r.Carry[k].Steps()
		at[first], at[last+1] = true, true
		if t := r.Carry[k].Index; t != nil {
			in := map[int]bool{}
			cuts(e.Value, t, in)
			for v := range in {
				at[v+r.Carry[k].Offset] = true
			}
		}
	}
	var out []segment
	first := r.First
	for v := r.First + 1; v <= r.Last+1; v++ {
		if at[v] {
			out = append(out, segment{first, v - 1})
			first = v
		}
	}
	return out
}
