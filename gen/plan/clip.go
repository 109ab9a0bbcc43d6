package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// MaxClips is how many different ranges of one axis the tiles of another get:
// more follow the border closer, and are more code, of which the Go compiler
// takes long to make little. The tiles of wide vectors are fewer and larger.
func MaxClips(t machine.Target) int {
	switch {
	case t.Lanes == 1:
		return 3
	case t.Lanes < machine.LineFloats:
		return 12
	}
	return 22
}

// Clipping is a range of the nests of a group, or of a pass, that is about an
// outer axis and an axis inside of it.
type Clipping struct {
	Within ir.Range
	Inner  ir.Axis
}

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

// Span is the values of the inner axis, in whole units, that some of those of the
// outer axis a need.
func (c Clipping) Span(a ir.Axis, of Span, unit int) Span {
	out := Span{c.Inner.Size, 0}
	for _, v := range []int{of.Lo, of.Hi - 1} {
		s := Counting(c.Within, c.Inner, c.Within.Sub.Const+c.Within.Sub.Coef(a.Var)*min(v, a.Size-1))
		if s.Lo < s.Hi {
			out = Span{min(out.Lo, s.Lo), max(out.Hi, s.Hi)}
		}
	}
	out.Lo -= out.Lo % unit
	out.Hi = min(c.Inner.Size, naive.CeilDiv(out.Hi, unit)*unit)
	if out.Lo >= out.Hi {
		return Span{0, min(c.Inner.Size, unit)}
	}
	return out
}

// FillsLanes reports whether the lanes are along an axis.
func (p *Plan) FillsLanes(v *ir.Var) bool {
	return v == p.Vec || slices.ContainsFunc(p.Passes, func(pp PassPlan) bool { return v == pp.Vec || v == pp.Lanes })
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

// Span is the values from lo up to but not including hi of a reduction axis.
type Span struct{ Lo, Hi int }

// Counting gives the values of axis a for which a range holds, where its other
// terms have the value rest. A range that is not about a holds for all or none.
func Counting(w ir.Range, a ir.Axis, rest int) Span {
	c := w.Sub.Coef(a.Var)
	switch {
	case c == 0 && rest >= 0 && rest < w.Size:
		return Span{0, a.Size}
	case c == 0:
		return Span{}
	}
	lo, hi := -rest, w.Size-1-rest // lo <= c*value <= hi
	if c < 0 {
		c, lo, hi = -c, -hi, -lo
	}
	return Span{max(0, naive.CeilDiv(lo, c)), min(a.Size, naive.CeilDiv(hi+1, c))}
}
