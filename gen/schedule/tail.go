package schedule

import "github.com/dlgen/dlgen/gen/naive"

// lightTail is the work of what follows a sum, such as a bias and a rectifier,
// that the tile's own cost has room for.
const lightTail = 6

// tailWork is the excess of the work of what follows the sum over a light one,
// for each vector of results, those abreast together.
func (g *group) tailWork() float64 {
	work := 0.0
	for _, s := range g.stages {
		if len(s.nest.Reduce) > 0 {
			continue
		}
		w := naive.Weight(s.nest.Value) + 1
		if g.isAbreast(s) {
			w *= float64(g.width())
		}
		work += w
	}
	return max(0, work-lightTail*float64(g.width()))
}

// apartFromTail is the group, or its sum and what follows it as two groups: where
// the lanes of a tile are terms of the sum, its results fill but some lanes of a
// vector, and heavy work on them is better done with all.
func (g *group) apartFromTail(t Target) []*group {
	if t.Lanes == 1 || g.tailWork() == 0 || !g.hasOneSum() || g.plan.vec != nil || len(g.abreast) > 0 {
		return []*group{g}
	}
	sum := &group{steps: g.steps, outer: g.outer, contraction: g.contraction}
	rest := &group{steps: g.steps, outer: g.outer}
	for _, s := range g.stages {
		if len(s.nest.Reduce) == 0 {
			c := *s
			rest.stages = append(rest.stages, &c)
			continue
		}
		if len(rest.stages) > 0 {
			return []*group{g} // some of it goes before the sum
		}
		c := *s
		c.store = true
		sum.stages = append(sum.stages, &c)
	}
	if parts := replanned(t, sum, rest); cycles(parts) < g.plan.cycles {
		return parts
	}
	return []*group{g}
}

// replanned forms the passes of new groups and plans them.
func replanned(t Target, groups ...*group) []*group {
	for _, g := range groups {
		g.formPasses()
		g.collapse(nil, t)
		g.plan = choose(g, t)
	}
	return groups
}
