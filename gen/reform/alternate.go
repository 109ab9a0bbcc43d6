package reform

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// alternate divides maps that go through the neighbours of every group in a row by an axis
// of their own, as where images become twice as large, into one map for each neighbour:
// vectors then go along the groups, and what all of them give is stored in turns.
func alternate(l *ir.Loops, t Vectors) {
	var out []*ir.Nest
	for _, n := range l.Nests {
		v := neighbours(n, t)
		if v == nil {
			out = append(out, n)
			continue
		}
		for c := range naive.SizeOf(n.Axes, v) {
			one := naive.SubstitutedNest(naive.Renamed(n, nil), v, ir.Sub{Const: c})
			one.Axes = slices.DeleteFunc(slices.Clone(n.Axes), func(a ir.Axis) bool { return a.Var == v })
			out = append(out, one)
		}
	}
	l.Nests = out
}

// neighbours is the axis by which a map goes through groups of a few elements that another
// axis, of which there are enough to fill vectors, goes along; nil where there is none, or
// something that is read lies along it.
func neighbours(n *ir.Nest, t Vectors) *ir.Var {
	if len(n.Reduce)+len(n.Gathers) > 0 || n.Accumulate || len(n.Store.Subs) == 0 || n.Store.Buf.Elem != ir.F32 {
		return nil
	}
	s := n.Store.Subs[len(n.Store.Subs)-1]
	if len(s.Terms) != 2 {
		return nil
	}
	v, along := s.Terms[0].Var, s.Terms[1].Var
	if s.Coef(v) != 1 {
		v, along = along, v
	}
	k := naive.SizeOf(n.Axes, v)
	if s.Coef(v) != 1 || k < 2 || k > naive.MostSpaced || s.Coef(along) != k || 2*naive.SizeOf(n.Axes, along) < t.Lanes ||
		naive.Restricts(n.Within, v) || naive.Restricts(n.Only, v) || !naive.LastDim(&n.Store, v) || !naive.LastDim(&n.Store, along) {
		return nil
	}
	if slices.ContainsFunc(n.Value.Loads(), func(m *ir.Mem) bool { return naive.Contiguous(m) == v && m.Step(along) != k }) {
		return nil
	}
	return v
}
