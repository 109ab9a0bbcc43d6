package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// MapsInside reports whether a pass with maps has v and other axes inside: what is beyond a
// clip of it would not be stored.
func (g *Group) MapsInside(v *ir.Var) bool {
	return slices.ContainsFunc(g.Passes, func(p *Pass) bool { return len(p.Inner) > 1 && p.Maps() && naive.Has(p.Inner, v) })
}

// Common is the range about two axes beyond which no stage has anything to
// compute.
func Common(stages []*Stage, a, b *ir.Var) (ir.Range, bool) {
	var first ir.Range
	for k, s := range stages {
		found := false
		for _, r := range s.Nest.Only {
			if r.Sub.Coef(a) != 0 && r.Sub.Coef(b) != 0 && (k == 0 || naive.SameRanges([]ir.Range{first}, []ir.Range{r})) {
				first, found = r, true
				break
			}
		}
		if !found || s.Nest.Accumulate {
			return first, false
		}
	}
	return first, len(stages) > 0
}

// Maps reports whether a stage of the pass is a map.
func (p *Pass) Maps() bool {
	for _, s := range p.Stages {
		if len(s.Nest.Reduce) == 0 {
			return true
		}
	}
	return false
}

// Clipped reports whether the group has ranges beyond which there is nothing to
// compute.
func (g *Group) Clipped() bool {
	for _, s := range g.Stages {
		if len(s.Nest.Only) > 0 {
			return true
		}
	}
	return false
}

// Restricted reports whether not all terms count everywhere.
func (g *Group) Restricted() bool {
	for _, s := range g.Stages {
		if len(s.Nest.Within) > 0 {
			return true
		}
	}
	return false
}
