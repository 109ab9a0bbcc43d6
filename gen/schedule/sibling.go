package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// siblingSum pairs a reduction with a group around one over the same ranges
// that reads all of the same array, as the two sums over a gradient that a norm
// needs: it is then read once.
func (g *group) siblingSum(n *ir.Nest, match map[*ir.Var]*ir.Var) bool {
	if len(n.Reduce) == 0 || len(n.Gathers) > 0 || len(n.Within) > 0 || g.contraction || isContraction(n) || len(n.Axes) != len(g.outer) {
		return false
	}
	common := false
	for _, s := range g.stages {
		q := s.nest
		if len(q.Gathers) > 0 || len(q.Within) > 0 || len(q.Axes) != len(g.outer) {
			return false
		}
		common = common || sameSizes(q.Reduce, n.Reduce) && readsAlike(q, n, g.outer)
	}
	if !common || !sameSizes(g.outer, n.Axes) {
		return false
	}
	for i, a := range g.outer {
		match[a.Var] = n.Axes[i].Var
	}
	return true
}

// addsAlike reports whether n adds to memory as all stages of the group do, under
// the same loops: these are then safe for all.
func (g *group) addsAlike(n *ir.Nest) bool {
	for _, s := range g.stages {
		if !s.nest.Accumulate || !n.Accumulate || !sameSizes(s.nest.Axes, n.Axes) || len(sharedPairs(s.nest, n)) > 0 {
			return false
		}
	}
	return true
}

func sameSizes(a, b []ir.Axis) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Size != b[i].Size {
			return false
		}
	}
	return true
}

// readsAlike reports whether p and n read the same element of an array, at each
// point of all their axes another one.
func readsAlike(p, n *ir.Nest, outer []ir.Axis) bool {
	to := map[*ir.Var]*ir.Var{}
	for i, a := range n.Axes {
		to[a.Var] = outer[i].Var
	}
	for i, a := range n.Reduce {
		to[a.Var] = p.Reduce[i].Var
	}
	for _, a := range p.Value.Loads() {
		f := a.Flat()
		if !spans(f, outer) || !spans(f, p.Reduce) {
			continue
		}
		for _, b := range renamed(n, to).Value.Loads() {
			if sameMem(a, b) {
				return true
			}
		}
	}
	return false
}
