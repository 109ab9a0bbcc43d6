package cut

import (
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/plan"
)

// apartFromTail is the group, or its sum and what follows it as two groups: where
// the lanes of a tile are terms of the sum, its results fill but some lanes of a
// vector, and heavy work on them is better done with all.
func apartFromTail(g *plan.Group, t machine.Target) []*plan.Group {
	if t.Lanes == 1 || g.TailWork() == 0 || !g.HasOneSum() || g.Plan.Vec != nil || len(g.Abreast) > 0 {
		return []*plan.Group{g}
	}
	sum := &plan.Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer, Contraction: g.Contraction}}
	rest := &plan.Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer}}
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) == 0 {
			c := *s
			rest.Stages = append(rest.Stages, &c)
			continue
		}
		if len(rest.Stages) > 0 {
			return []*plan.Group{g} // some of it goes before the sum
		}
		c := *s
		c.Store = true
		sum.Stages = append(sum.Stages, &c)
	}
	if parts := replanned(t, sum, rest); cycles(parts) < g.Plan.Cycles {
		return parts
	}
	return []*plan.Group{g}
}

// replanned forms the passes of new groups and plans them.
func replanned(t machine.Target, groups ...*plan.Group) []*plan.Group {
	for _, g := range groups {
		g.FormPasses()
		g.Collapse(nil, t)
		g.Plan = plan.Choose(g, t)
	}
	return groups
}

// splits is the group as its sum and what follows it; nil where nothing stands
// abreast.
func splits(g *plan.Group, t machine.Target) []*plan.Group {
	if len(g.Abreast) == 0 {
		return nil
	}
	c := plan.NewContraction(g)
	sum := &plan.Group{Group: fuse.Group{Steps: g.Steps, Outer: c.Main.Nest.Axes, Contraction: true}}
	rest := &plan.Group{Group: fuse.Group{Steps: g.Steps, Outer: g.Outer}}
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
