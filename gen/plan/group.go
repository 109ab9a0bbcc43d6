package plan

import (
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Group is a group of stages, or a part of one, and how it runs.
type Group struct {
	fuse.Group
	// Partial marks a part of a sum: its target already has the others. Onward leads to
	// the next part.
	Partial bool
	Onward  Onward
	// Serial are outer axes that stay outermost, in this order, and have no
	// tile: the loops over parts.
	Serial []*ir.Var
	Plan   *Plan
	// Local has, for temporaries that hold what one tile uses, the axis along whose tile
	// a dimension counts, or nil.
	Local map[*ir.Buffer][]*ir.Var
	// Shrunk are the temporaries whose places one tile after the other uses, Brief those
	// of them that live as long as one tile.
	Shrunk, Brief []*ir.Buffer
}

// Fused are the groups without their plans.
func Fused(groups []*Group) []*fuse.Group {
	var out []*fuse.Group
	for _, g := range groups {
		out = append(out, &g.Group)
	}
	return out
}

// Iteration is the predicted time of one iteration of the outermost loop.
func (g *Group) Iteration(t machine.Target) float64 {
	a := g.Plan.Order[0]
	return g.Plan.Cycles / float64(naive.CeilDiv(a.Size, g.Plan.Width(t, a.Var)))
}

// IsLong reports whether one iteration of the outermost loop takes too long for a call.
func (g *Group) IsLong(t machine.Target) bool { return g.Iteration(t) > 1.5*t.CallCycles }
