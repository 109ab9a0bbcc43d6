package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// crosses reports whether a map under the outer loops would walk its result
// across the rows: an inner axis takes larger steps than an outer one.
func crosses(n *ir.Nest, outer []ir.Axis) bool {
	if len(n.Reduce) > 0 || n.Accumulate {
		return false
	}
	f := n.Store.Flat()
	for _, o := range outer {
		for _, a := range n.Axes {
			if !naive.Has(outer, a.Var) && f.Coef(a.Var) > f.Coef(o.Var) {
				return true
			}
		}
	}
	return false
}

// revisits reports whether a map under the outer loops of sums goes over rows that these
// have read, long enough for steps across them to cost little: they are still in the
// second cache where the first does not hold all. Of many short rows each needs a page of
// its own, more than the machine remembers; and what n uses again in every row is better
// kept in registers by a tile of its own.
func revisits(n *ir.Nest, outer []ir.Axis, t machine.Target) bool {
	const shortest, long, many = 3 * machine.LineFloats, 16 * machine.LineFloats, 128
	inner := slices.DeleteFunc(slices.Clone(n.Axes), func(a ir.Axis) bool { return naive.Has(outer, a.Var) })
	if slices.ContainsFunc(n.Value.Loads(), func(m *ir.Mem) bool {
		f := m.Flat()
		return naive.TouchesAny(f, inner) && !naive.Spans(f, inner)
	}) || 4*n.Store.Buf.Size() <= t.First {
		return false
	}
	row, rows := 1, 1
	f := n.Store.Flat()
	for _, a := range slices.Backward(inner) {
		if f.Coef(a.Var) == row {
			row *= a.Size
		} else {
			rows *= a.Size
		}
	}
	return row >= long || row >= shortest && rows <= many
}

// match pairs outer axes with axes of n wherever both subscript the same
// dimension of a shared buffer; an axis that cannot be paired maps to nil.
func (g *Group) match(n *ir.Nest) (match map[*ir.Var]*ir.Var, dependent bool) {
	match = map[*ir.Var]*ir.Var{}
	broken := map[*ir.Var]bool{}
	taken := map[*ir.Var]*ir.Var{}
	for _, s := range g.Stages {
		for _, pair := range naive.SharedPairs(s.Nest, n) {
			dependent = true
			for d := range pair[0].Subs {
				a, c := pairOf(pair[0].Subs[d], pair[1].Subs[d])
				if a == nil || !naive.Has(g.Outer, a) {
					continue
				}
				if c == nil || naive.SizeOf(n.Axes, c) != naive.SizeOf(g.Outer, a) || match[a] != nil && match[a] != c || taken[c] != nil && taken[c] != a {
					broken[a] = true
					continue
				}
				match[a], taken[c] = c, a
			}
		}
	}
	for a := range broken {
		delete(match, a)
	}
	return match, dependent
}

// pairOf is the variables of two subscripts which are these alone or, where both are of
// the same member of records, as many times these; nil for the first in any other case,
// for the second where it is another kind of subscript.
func pairOf(s, t ir.Sub) (a, c *ir.Var) {
	if len(s.Terms) == 1 && len(t.Terms) == 1 && s.Terms[0].Coef == t.Terms[0].Coef && s.Const == t.Const && s.Terms[0].Coef > 1 {
		return s.Terms[0].Var, t.Terms[0].Var
	}
	return naive.Bare(s), naive.Bare(t)
}

// aligned reports whether every shared access of n and the group agrees in the
// outer variables, which those of n become: one iteration then never needs what another one makes.
func (g *Group) aligned(n *ir.Nest, to map[*ir.Var]*ir.Var, outer []ir.Axis) bool {
	for _, s := range g.Stages {
		for _, pair := range naive.SharedPairs(s.Nest, n) {
			other := naive.RenamedMem(*pair[1], to)
			pair[1] = &other
			a, b := pair[0].Flat(), pair[1].Flat()
			for _, o := range outer {
				if a.Coef(o.Var) != b.Coef(o.Var) || a.Coef(o.Var) == 0 {
					return false
				}
				if !sameDim(pair, o.Var) {
					return false
				}
			}
		}
	}
	return true
}

// sameDim reports whether v stands bare in one and the same dimension.
func sameDim(pair [2]*ir.Mem, v *ir.Var) bool {
	for d := range pair[0].Subs {
		if naive.Bare(pair[0].Subs[d]) == v && naive.Bare(pair[1].Subs[d]) == v {
			return true
		}
	}
	return false
}
