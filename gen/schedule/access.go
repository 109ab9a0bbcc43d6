package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// touches lists what a nest accesses: reads, gathers, and the store (last).
func touches(n *ir.Nest) []*ir.Mem {
	out := n.Value.Loads()
	for _, g := range n.Gathers {
		out = append(out, &g.Mem)
	}
	return append(out, &n.Store)
}

// sharedPairs lists the accesses of p and n to buffers that one of them writes.
func sharedPairs(p, n *ir.Nest) [][2]*ir.Mem {
	var out [][2]*ir.Mem
	for _, a := range touches(p) {
		for _, b := range touches(n) {
			if a.Buf == b.Buf && (a == &p.Store || b == &n.Store) && !apart(a, b) && !(a == &p.Store && b == &n.Store && share(p, n)) {
				out = append(out, [2]*ir.Mem{a, b})
			}
		}
	}
	return out
}

// share reports whether p and n define different elements of one of the layer's
// tensors, so that the order does not matter: each is defined once, but what is around
// a padded copy, of which all is cleared first.
func share(p, n *ir.Nest) bool {
	return p.Store.Buf == n.Store.Buf && p.Store.Buf.Tensor != nil && !p.Accumulate && !n.Accumulate &&
		volume(p.Axes)+volume(n.Axes) <= float64(p.Store.Buf.Size())
}

// apart reports whether two accesses of a buffer never meet in one step: in some
// dimension they differ by a constant, or go on in steps that never bring them together.
func apart(a, b *ir.Mem) bool {
	for d := range a.Subs {
		diff := a.Subs[d].Add(b.Subs[d], -1)
		if len(diff.Terms) == 0 && diff.Const != 0 {
			return true
		}
		if step := commonStep(a.Subs[d], b.Subs[d]); step > 1 && diff.Const%step != 0 {
			return true
		}
	}
	return false
}

// commonStep is the greatest common divisor of the coefficients of subscripts, 0 where
// they have none.
func commonStep(subs ...ir.Sub) int {
	step := 0
	for _, s := range subs {
		for _, t := range s.Terms {
			for a := t.Coef; a != 0; {
				step, a = a, step%a
			}
		}
	}
	return max(step, -step)
}

// bare is the variable that a subscript consists of, or nil.
func bare(s ir.Sub) *ir.Var {
	if s.Const == 0 && len(s.Terms) == 1 && s.Terms[0].Coef == 1 {
		return s.Terms[0].Var
	}
	return nil
}

// sameMem reports whether a and b are the same element at all times.
func sameMem(a, b *ir.Mem) bool {
	if a.Buf != b.Buf {
		return false
	}
	for d := range a.Subs {
		diff := a.Subs[d].Add(b.Subs[d], -1)
		if diff.Const != 0 || len(diff.Terms) > 0 {
			return false
		}
	}
	return true
}

// sameDim reports whether v stands bare in one and the same dimension.
func sameDim(pair [2]*ir.Mem, v *ir.Var) bool {
	for d := range pair[0].Subs {
		if bare(pair[0].Subs[d]) == v && bare(pair[1].Subs[d]) == v {
			return true
		}
	}
	return false
}

// lastDim reports whether v stands in the subscript along memory only.
func lastDim(m *ir.Mem, v *ir.Var) bool {
	last := innermost(m)
	for d, s := range m.Subs {
		if c := s.Coef(v); c != 0 && d != last {
			return false
		}
	}
	return true
}

// innermost is the dimension along which neighbours lie side by side: the last
// one with more than one element.
func innermost(m *ir.Mem) int {
	d := len(m.Subs) - 1
	for d > 0 && m.Buf.Shape[d] == 1 {
		d--
	}
	return d
}
