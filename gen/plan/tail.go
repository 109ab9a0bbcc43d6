package plan

import (
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// lightTail is the work of what follows a sum, such as a bias and a rectifier,
// that the tile's own cost has room for.
const lightTail = 6

// tailWork is the excess of the work of what follows the sum over a light one,
// for each vector of results, those abreast together.
func (g *Group) tailWork() float64 {
	work := 0.0
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) > 0 {
			continue
		}
		w := naive.Weight(s.Nest.Value) + 1
		if g.IsAbreast(s) {
			w *= float64(g.Results())
		}
		work += w
	}
	return max(0, work-lightTail*float64(g.Results()))
}

// apartFromTail is the group, or its sum and what follows it as two groups: where
// the lanes of a tile are terms of the sum, its results fill but some lanes of a
// vector, and heavy work on them is better done with all.
func (g *Group) apartFromTail(t machine.Target) []*Group {
	if t.Lanes == 1 || g.tailWork() == 0 || !g.hasOneSum() || g.Plan.Vec != nil || len(g.Abreast) > 0 {
		return []*Group{g}
	}
	sum := &Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer, Contraction: g.Contraction}}
	rest := &Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer}}
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) == 0 {
			c := *s
			rest.Stages = append(rest.Stages, &c)
			continue
		}
		if len(rest.Stages) > 0 {
			return []*Group{g} // some of it goes before the sum
		}
		c := *s
		c.Store = true
		sum.Stages = append(sum.Stages, &c)
	}
	if parts := replanned(t, sum, rest); cycles(parts) < g.Plan.Cycles {
		return parts
	}
	return []*Group{g}
}

// replanned forms the passes of new groups and plans them.
func replanned(t machine.Target, groups ...*Group) []*Group {
	for _, g := range groups {
		g.FormPasses()
		g.Collapse(nil, t)
		g.Plan = choose(g, t)
	}
	return groups
}

// splits is the group as its sum and what follows it; nil where nothing stands
// abreast.
func (g *Group) splits(t machine.Target) []*Group {
	if len(g.Abreast) == 0 {
		return nil
	}
	c := NewContraction(g)
	sum := &Group{Group: fuse.Group{Steps: g.Steps, Outer: c.main.Nest.Axes, Contraction: true}}
	rest := &Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer}}
	for _, s := range g.Stages {
		c := *s
		if g.IsAbreast(s) {
			sum.Stages = append(sum.Stages, &c)
		} else {
			rest.Stages = append(rest.Stages, &c)
		}
	}
	for _, s := range sum.Stages {
		s.Store = s.Store || rest.Reads(s.Nest.Store.Buf)
	}
	return replanned(t, sum, rest)
}
