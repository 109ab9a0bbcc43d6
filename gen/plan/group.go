package plan

import (
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
)

// Group is a group of stages, or a part of one, and how it runs.
type Group struct {
	fuse.Group
	// partial marks a part of a sum: its target already has the others. Onward leads to
	// the next part.
	partial bool
	Onward  Onward
	// serial are outer axes that stay outermost, in this order, and have no
	// tile: the loops over parts.
	serial []*ir.Var
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
