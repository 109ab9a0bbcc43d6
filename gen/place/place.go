// Package place decides where temporaries live, and in which direction groups that are computed
// one after the other go through memory.
//
// What comes in: planned groups, in order, and a target. What goes out: temporaries as small as
// what a tile uses at a time, on the stack or in the workspace, and which groups turn back. What is
// promised: what one function leaves for another is in the workspace, and what does not fit the
// stack of a function is, too.
package place

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/plan"
)

// ShareParts moves temporaries that several parts use to the workspace, and
// those that live from one step to the next.
func ShareParts(all []*plan.Group, parts [][]*plan.Group) {
	for _, b := range fuse.Temporaries(plan.Fused(all)) {
		users := 0
		for _, groups := range parts {
			if !slices.ContainsFunc(groups, func(g *plan.Group) bool { return g.Touches(b) }) {
				continue
			}
			if users++; users > 1 || groups[0].Steps != nil && !withinStep(groups, b) {
				b.Place = ir.Workspace
			}
		}
	}
	moveViews(all)
}

// moveViews puts views where their arrays are.
func moveViews(groups []*plan.Group) {
	for _, m := range fuse.Accesses(fuse.Nests(plan.Fused(groups))) {
		m.Buf.Place = m.Buf.Root().Place
	}
}

// withinStep reports whether all accesses to b have the same value in each
// dimension in which the step stands, so that nothing is carried by it. Nothing
// stands there for a buffer that is made anew in every step.
func withinStep(groups []*plan.Group, b *ir.Buffer) bool {
	v := groups[0].Steps.Var
	var first *ir.Mem
	for _, m := range fuse.Accesses(fuse.Nests(plan.Fused(groups))) {
		if m.Buf.Root() != b {
			continue
		}
		if first == nil {
			first = m
		}
		if m.Buf != first.Buf {
			return false
		}
		for d := range m.Subs {
			if m.Subs[d].Coef(v) == 0 && first.Subs[d].Coef(v) == 0 {
				continue
			}
			if !m.Subs[d].Equal(first.Subs[d]) {
				return false
			}
		}
	}
	return true
}

// ShareFunctions moves temporaries that do not fit the stack, or that several functions
// use, to the workspace.
func ShareFunctions(groups []*plan.Group, t machine.Target) {
	for _, b := range fuse.Temporaries(plan.Fused(groups)) {
		users := 0
		for _, g := range groups {
			if g.Touches(b) {
				users++
			}
		}
		if users > 1 || 4*b.Size() > t.FrameBytes {
			b.Place = ir.Workspace
		}
	}
	moveViews(groups)
}
