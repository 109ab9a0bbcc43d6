package fuse

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Some sums are read at fixed places along one of their axes, as the four gates
// of a cell are: what follows takes one result of each. Such an axis stands
// abreast: a tile has all of its values, so that what follows finds them in
// registers.

// places are the axes of a contraction that n reads at fixed places only, beyond
// those that stand abreast already; ok is false where n does not read these so.
func (g *Group) places(n *ir.Nest, t machine.Target) (axes []ir.Axis, ok bool) {
	fixed := map[*ir.Var]bool{}
	for _, s := range g.Stages {
		for _, pair := range naive.SharedPairs(s.Nest, n) {
			for d := range pair[0].Subs {
				v := naive.Bare(pair[0].Subs[d])
				switch {
				case v == nil || pair[0] != &s.Nest.Store:
				case len(pair[1].Subs[d].Terms) == 0 && naive.Has(s.Nest.Axes, v):
					fixed[v] = true
				case naive.Has(g.Abreast, v):
					return nil, false
				}
			}
		}
	}
	width := g.Results()
	for _, a := range g.Outer {
		if fixed[a.Var] {
			axes = append(axes, a)
			width *= a.Size
		}
	}
	if len(axes) > 0 && (!g.Contraction || g.Terms() < fewTerms || t.Lanes == 1 || width > t.Registers/2 || !naive.Plain(n) || slices.ContainsFunc(g.Stages, func(s *Stage) bool { return !naive.Plain(s.Nest) })) {
		return nil, false
	}
	return axes, g.together(n, naive.Join(g.Abreast, axes))
}

// together reports whether each stage, and n beside them, has all of some axes or none.
func (g *Group) together(n *ir.Nest, axes []ir.Axis) bool {
	some := func(n *ir.Nest) bool {
		k := 0
		for _, a := range axes {
			if naive.Has(n.Axes, a.Var) {
				k++
			}
		}
		return k > 0 && k < len(axes)
	}
	return !some(n) && !slices.ContainsFunc(g.Stages, func(s *Stage) bool { return some(s.Nest) })
}

// fewTerms is the length below which a sum is little beside what follows it, and
// not worth the code of a tile that has both.
const fewTerms = 8

// Terms is the length of the group's longest sum.
func (g *Group) Terms() float64 {
	n := 0.0
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) > 0 {
			n = max(n, naive.Volume(s.Nest.Reduce))
		}
	}
	return n
}

// IsAbreast reports whether s has a result for each value of the axes abreast.
func (g *Group) IsAbreast(s *Stage) bool {
	return len(g.Abreast) > 0 && naive.Has(s.Nest.Axes, g.Abreast[0].Var)
}

// BesideText says which axes stand abreast, for explanations.
func (g *Group) BesideText() string {
	text := ""
	for _, a := range g.Abreast {
		text += fmt.Sprintf("; %d of %s side by side", a.Size, a.Var.Name)
	}
	return text
}

// Results is the number of results that stand abreast.
func (g *Group) Results() int { return int(naive.Volume(g.Abreast)) }

// Makes reports whether a stage writes to b.
func (g *Group) Makes(b *ir.Buffer) bool {
	return slices.ContainsFunc(g.Stages, func(s *Stage) bool { return s.Nest.Store.Buf == b })
}
