package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// FormPasses splits the stages' axes into the group's outer ones and the rest,
// and puts stages with equal inner loops into one pass where their data allow.
func (g *Group) FormPasses() {
	for _, s := range g.Stages {
		s.Inner = nil
		for _, a := range s.Nest.Axes {
			if !naive.Has(g.Outer, a.Var) && !naive.Has(g.Abreast, a.Var) {
				s.Inner = append(s.Inner, a)
			}
		}
		if !g.joinPass(s) {
			g.Passes = append(g.Passes, &Pass{Inner: s.Axes(), Stages: []*Stage{s}})
		}
	}
	g.formRows()
}

// joinPass adds s to the latest pass that takes it, looking past those that it is
// independent of; what adds to memory goes to the first, where it has time while
// the operands arrive.
func (g *Group) joinPass(s *Stage) bool {
	from := len(g.Passes)
	for from > 0 {
		from--
		if slices.ContainsFunc(g.Passes[from].Stages, func(q *Stage) bool { return len(naive.SharedPairs(q.Nest, s.Nest, g.sameInTile()...)) > 0 }) {
			break
		}
	}
	near := slices.Clone(g.Passes[from:])
	if !s.Nest.Accumulate {
		slices.Reverse(near)
	}
	for _, p := range near {
		if g.IsAbreast(p.Stages[0]) == g.IsAbreast(s) && p.take(s, g.sameInTile()) {
			return true
		}
	}
	return false
}

// sameInTile are the axes of which all passes of a tile have the same values: no stage needs what
// another one makes at others.
func (g *Group) sameInTile() []ir.Axis { return naive.Join(g.Outer, g.Abreast) }

// take adds s to the pass where the loops are the same and s needs nothing
// that the pass finishes only at its end.
func (p *Pass) take(s *Stage, same []ir.Axis) bool {
	axes := s.Axes()
	if len(axes) != len(p.Inner) {
		return false
	}
	to := map[*ir.Var]*ir.Var{}
	for i, a := range axes {
		if a.Size != p.Inner[i].Size {
			return false
		}
		to[a.Var] = p.Inner[i].Var
	}
	n := naive.Renamed(s.Nest, to)
	for _, q := range p.Stages {
		if !naive.SameRanges(q.Nest.Within, n.Within) {
			return false
		}
		// Before n took on the loops' variables: other iterations meet, too.
		for _, pair := range naive.SharedPairs(q.Nest, s.Nest, same...) {
			if len(q.Nest.Reduce) > 0 && len(p.Inner) > 0 {
				return false
			}
			other := naive.RenamedMem(*pair[1], to)
			if !naive.SameMem(pair[0], &other) || naive.LooksUp(q.Nest, pair[0].Flat()) || q.Nest.Accumulate || n.Accumulate {
				return false
			}
		}
	}
	s.Nest = n
	for i := range s.Inner {
		s.Inner[i].Var = to[s.Inner[i].Var]
	}
	p.Stages = append(p.Stages, s)
	return true
}
