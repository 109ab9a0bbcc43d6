package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// The lanes of an argmax are compared as reals at the end, which tell MostPlaces apart; with
// less than fewestPlaces that takes longer than to compare the elements one by one.
const (
	MostPlaces   = 1 << 24
	fewestPlaces = 16
)

// placesFit reports whether the lanes of an argmax can be along v: each then goes through its
// places in their order.
func placesFit(reduce []ir.Axis, v *ir.Var) bool {
	size := naive.Volume(reduce)
	return reduce[len(reduce)-1].Var == v && fewestPlaces <= size && size <= MostPlaces
}

// LanesFit reports whether all accesses of the stages can be vectors along v: loads those of
// naive.InLanes, stores contiguous, or spaced where others go between. With one lane only ids
// matter.
func LanesFit(stages []*Stage, v *ir.Var, t machine.Target) bool {
	for _, s := range stages {
		n := s.Nest
		if !naive.Has(n.Axes, v) && !naive.Has(n.Reduce, v) {
			return false
		}
		for _, gt := range n.Gathers {
			if naive.Stride(&gt.Mem, v) != 0 {
				return false
			}
		}
		if t.Lanes == 1 {
			continue
		}
		if naive.Restricts(n.Within, v) {
			return false
		}
		if naive.Has(n.Reduce, v) && n.Op == ir.ReduceArgMax && !placesFit(n.Reduce, v) {
			return false
		}
		if naive.Has(n.Axes, v) && (s.Store || n.Accumulate) && !naive.AlongRow(&n.Store, v) && !s.StoresSpaced(v) {
			return false
		}
		for _, m := range n.Value.Loads() {
			if !naive.InLanes(m, v) {
				return false
			}
		}
	}
	return true
}

// losesLanes reports whether functions that are computed lane by lane, or what n only puts in
// another order, would be computed one by one because of the places that n takes.
func (f *forming) losesLanes(g *Group, n *ir.Nest, outer []ir.Axis) bool {
	t := f.t
	if t.Lanes == 1 {
		return false
	}
	// Those that compute functions, or have more than to put in order, have their lanes, alone.
	fit := func(stages ...*Stage) bool {
		return slices.ContainsFunc(outer, func(a ir.Axis) bool { return LanesFit(stages, a.Var, t) })
	}
	own := &Stage{Nest: n, Store: true, Row: f.rows[n.Store.Buf]}
	turns := func(s *Stage) bool { return naive.Exchanges(s.Nest) }
	better := turns(own) && fit(g.Stages...) || slices.ContainsFunc(g.Stages, turns) && fit(own)
	if len(n.Reduce) == 0 && !g.Reduces() {
		better = better || slices.ContainsFunc(g.Stages, (*Stage).IsSlow) && fit(g.Stages...) || len(g.gathers()) > 0 && own.IsSlow() && fit(own)
	}
	both := append(slices.Clone(g.Stages), own)
	if better {
		return !fit(both...)
	}
	return len(g.Abreast) == 0 && !g.Contraction && !naive.IsContraction(n) && (g.Reduces() || own.Reduces()) &&
		inLanes(g.Stages, outer, t) && inLanes([]*Stage{own}, outer, t) && !inLanes(both, outer, t)
}

// inLanes reports whether all stages have vectors under the given outer loops: along one of
// these, or each along a loop of its own.
func inLanes(stages []*Stage, outer []ir.Axis, t machine.Target) bool {
	if slices.ContainsFunc(outer, func(a ir.Axis) bool { return LanesFit(stages, a.Var, t) }) {
		return true
	}
	return !slices.ContainsFunc(stages, func(s *Stage) bool {
		own := slices.DeleteFunc(naive.Join(s.Nest.Axes, s.Nest.Reduce), func(a ir.Axis) bool { return naive.Has(outer, a.Var) })
		return len(own) > 0 && !slices.ContainsFunc(own, func(a ir.Axis) bool { return LanesFit([]*Stage{s}, a.Var, t) })
	})
}

// gathers are the ids that stages take.
func (g *Group) gathers() []*ir.LoadIndex {
	var out []*ir.LoadIndex
	for _, s := range g.Stages {
		out = append(out, s.Nest.Gathers...)
	}
	return out
}
