package naive

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// Touches lists what a nest accesses: reads, gathers, and the store (last).
func Touches(n *ir.Nest) []*ir.Mem { return accesses(n.Value.Loads(), n) }

// accesses is what a nest reads as values, and what it accesses besides.
func accesses(reads []*ir.Mem, n *ir.Nest) []*ir.Mem {
	for _, g := range n.Gathers {
		reads = append(reads, &g.Mem)
	}
	return append(reads, &n.Store)
}

// Reads lists what a nest reads as values. What is spread over lanes goes on from its place by a
// number that is not known.
func Reads(n *ir.Nest) []*ir.Mem {
	var out []*ir.Mem
	n.Value.Walk(func(e *ir.Expr) {
		switch {
		case e.Load != nil:
			out = append(out, e.Load)
		case e.Op == ir.Spread && e.Args[0].Load != nil:
			m := *e.Args[0].Load
			m.Subs = slices.Clone(m.Subs)
			last := Innermost(&m)
			m.Subs[last] = m.Subs[last].Add(ir.VarSub(&ir.Var{Name: "lane"}), 1)
			out = append(out, &m)
		}
	})
	return out
}

// SharedPairs lists the accesses of p and n to buffers that one of them writes, where they may
// meet. The given axes have the same values for both, all other loops go their own ways.
func SharedPairs(p, n *ir.Nest, same ...ir.Axis) [][2]*ir.Mem {
	var out [][2]*ir.Mem
	for _, a := range accesses(Reads(p), p) {
		for _, b := range accesses(Reads(n), n) {
			if a.Buf == b.Buf && (a == &p.Store || b == &n.Store) && !(a == &p.Store && b == &n.Store && Share(p, n)) && !Apart(p, a, n, b, same...) {
				out = append(out, [2]*ir.Mem{a, b})
			}
		}
	}
	return out
}

// Share reports whether p and n define different elements of one of the layer's
// tensors, so that the order does not matter: each is defined once, but what is around
// a padded copy, of which all is cleared first.
func Share(p, n *ir.Nest) bool {
	return p.Store.Buf == n.Store.Buf && p.Store.Buf.Tensor != nil && !p.Accumulate && !n.Accumulate &&
		Volume(p.Axes)+Volume(n.Axes) <= float64(p.Store.Buf.Size())
}

// Apart reports whether the access a of p and the access b of n to one buffer never meet: in
// some dimension they are in different ranges, or go on in steps that never bring them together.
// The given axes have the same values for both, all other loops go their own ways.
func Apart(p *ir.Nest, a *ir.Mem, n *ir.Nest, b *ir.Mem, same ...ir.Axis) bool {
	for d := range a.Subs {
		fixedA, ownA := divided(a.Subs[d], p, same)
		fixedB, ownB := divided(b.Subs[d], n, same)
		diff := fixedA.Add(fixedB, -1)
		if step := CommonStep(diff, ownA, ownB); step > 1 && diff.Const%step != 0 {
			return true
		}
		if len(diff.Terms) > 0 || LooksUp(p, ownA) || LooksUp(n, ownB) {
			continue
		}
		fromA, toA := Extent(ownA, p.Axes, p.Reduce)
		fromB, toB := Extent(ownB, n.Axes, n.Reduce)
		if diff.Const+fromA > toB || diff.Const+toA < fromB {
			return true
		}
	}
	return false
}

// divided is the part of a subscript that is the same wherever a nest is, and the part that goes
// with its loops, but for those that are the same, and with the ids that it looks up.
func divided(s ir.Sub, n *ir.Nest, same []ir.Axis) (fixed, own ir.Sub) {
	fixed.Const = s.Const
	for _, t := range s.Terms {
		term := ir.Sub{Terms: []ir.SubTerm{t}}
		if !Has(same, t.Var) && (Has(n.Axes, t.Var) || Has(n.Reduce, t.Var) || LooksUp(n, term)) {
			own = own.Add(term, 1)
		} else {
			fixed = fixed.Add(term, 1)
		}
	}
	return fixed, own
}

// LooksUp reports whether s has an id that n looks up.
func LooksUp(n *ir.Nest, s ir.Sub) bool {
	for _, g := range n.Gathers {
		if s.Coef(g.Dst) != 0 {
			return true
		}
	}
	return false
}

// CommonStep is the greatest common divisor of the coefficients of subscripts, 0 where
// they have none.
func CommonStep(subs ...ir.Sub) int {
	step := 0
	for _, s := range subs {
		for _, t := range s.Terms {
			step = GCD(step, t.Coef)
		}
	}
	return step
}

// Bare is the variable that a subscript consists of, or nil.
func Bare(s ir.Sub) *ir.Var {
	if s.Const == 0 && len(s.Terms) == 1 && s.Terms[0].Coef == 1 {
		return s.Terms[0].Var
	}
	return nil
}

// SameMem reports whether a and b are the same element at all times.
func SameMem(a, b *ir.Mem) bool {
	return a.Buf == b.Buf && slices.EqualFunc(a.Subs, b.Subs, ir.Sub.Equal)
}

// LastDim reports whether v stands in the subscript along memory only.
func LastDim(m *ir.Mem, v *ir.Var) bool {
	last := Innermost(m)
	for d, s := range m.Subs {
		if c := s.Coef(v); c != 0 && d != last {
			return false
		}
	}
	return true
}

// Innermost is the dimension along which neighbours lie side by side: the last
// one with more than one element.
func Innermost(m *ir.Mem) int {
	d := len(m.Subs) - 1
	for d > 0 && m.Buf.Shape[d] == 1 {
		d--
	}
	return d
}

// Loads reports whether n's value has an element of b.
func Loads(n *ir.Nest, b *ir.Buffer) bool {
	for _, m := range n.Value.Loads() {
		if m.Buf == b {
			return true
		}
	}
	return false
}

// ReplacedLoads is e with other expressions for its loads.
func ReplacedLoads(e *ir.Expr, by func(*ir.Expr) *ir.Expr) *ir.Expr {
	if e.Load != nil {
		return by(e)
	}
	out := *e
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = ReplacedLoads(a, by)
	}
	return &out
}

// InOneRow is a place, given as the element of b, in a view of b as one row.
func InOneRow(b *ir.Buffer, element ir.Sub) ir.Mem {
	view := *b
	view.Shape, view.Of = []int{b.Size()}, b.Root()
	return ir.Mem{Buf: &view, Subs: []ir.Sub{element}}
}

// Contiguous is the axis along which m's elements lie side by side.
func Contiguous(m *ir.Mem) *ir.Var {
	if len(m.Subs) == 0 {
		return nil
	}
	var v *ir.Var
	for _, t := range m.Subs[Innermost(m)].Terms {
		if t.Coef == 1 && v == nil && LastDim(m, t.Var) {
			v = t.Var
		}
	}
	return v
}

// Stride is how far apart in memory neighbours along v are, in elements.
func Stride(m *ir.Mem, v *ir.Var) int { return m.Step(v) }

// MostSpaced is the greatest distance of elements that vectors are put together from.
const MostSpaced = 4

// Spacing is how far apart the elements are that vectors along v take from rows of m: 2
// where it is every other one, 0 where they lie side by side or too far apart.
func Spacing(m *ir.Mem, v *ir.Var) int {
	if k := Stride(m, v); k > 1 && k <= MostSpaced && LastDim(m, v) && m.Buf.Elem == ir.F32 {
		return k
	}
	return 0
}

// Reversed reports whether v goes through rows of m from their end.
func Reversed(m *ir.Mem, v *ir.Var) bool {
	return Stride(m, v) == -1 && LastDim(m, v) && m.Buf.Elem == ir.F32
}

// InLanes reports whether vectors along v may be loaded from m: from rows in either direction or
// from elements a few apart, or one element for all lanes.
func InLanes(m *ir.Mem, v *ir.Var) bool {
	return Stride(m, v) == 0 || AlongRow(m, v) || Spacing(m, v) > 0 || Reversed(m, v)
}

// Quad is the number of members that records are transposed with: quarters of a vector
// are what machines exchange at the least cost.
const Quad = 4

// OneRow reports whether the elements that the axes go through, the last one
// fastest, lie side by side.
func OneRow(f ir.Sub, axes []ir.Axis) bool {
	size := 1
	for k := len(axes) - 1; k >= 0; k-- {
		if f.Coef(axes[k].Var) != size {
			return false
		}
		size *= axes[k].Size
	}
	return true
}
