package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
)

// ShareParts moves temporaries that several parts use to the workspace, and
// those that live from one step to the next.
func ShareParts(all []*Group, parts [][]*Group) {
	for _, b := range fuse.Temporaries(Fused(all)) {
		users := 0
		for _, groups := range parts {
			if !slices.ContainsFunc(groups, func(g *Group) bool { return g.Touches(b) }) {
				continue
			}
			if users++; users > 1 || groups[0].Steps != nil && !withinStep(groups, b) {
				b.Place = ir.Workspace
			}
		}
	}
	for _, groups := range parts {
		for _, m := range fuse.Accesses(fuse.Nests(Fused(groups))) {
			m.Buf.Place = m.Buf.Root().Place
		}
	}
}

// withinStep reports whether all accesses to b have the same value in each
// dimension in which the step stands, so that nothing is carried by it. Nothing
// stands there for a buffer that is made anew in every step.
func withinStep(groups []*Group, b *ir.Buffer) bool {
	v := groups[0].Steps.Var
	var first *ir.Mem
	for _, m := range fuse.Accesses(fuse.Nests(Fused(groups))) {
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
			if diff := m.Subs[d].Add(first.Subs[d], -1); diff.Const != 0 || len(diff.Terms) > 0 {
				return false
			}
		}
	}
	return true
}
