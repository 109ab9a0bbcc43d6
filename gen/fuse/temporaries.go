package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// OnlyUser is the number of the group that alone uses b, always in its own shape, and its
// accesses; -1 where there is none.
func OnlyUser(groups []*Group, b *ir.Buffer) (user int, mems []*ir.Mem) {
	user = -1
	for k, g := range groups {
		for _, s := range g.Stages {
			for _, m := range naive.Touches(s.Nest) {
				if m.Buf.Root() != b {
					continue
				}
				if user >= 0 && user != k || m.Buf != b {
					return -1, nil
				}
				user = k
				mems = append(mems, m)
			}
		}
	}
	return user, mems
}

// Touches reports whether a stage reads or writes b.
func (g *Group) Touches(b *ir.Buffer) bool {
	for _, s := range g.Stages {
		for _, m := range naive.Touches(s.Nest) {
			if m.Buf.Root() == b {
				return true
			}
		}
	}
	return false
}

// Temporaries lists the Frame buffers that groups keep in memory, in order.
func Temporaries(groups []*Group) []*ir.Buffer {
	var out []*ir.Buffer
	seen := map[*ir.Buffer]bool{}
	for _, g := range groups {
		for _, s := range g.Stages {
			for _, m := range naive.Touches(s.Nest) {
				b := m.Buf.Root()
				if b.Place == ir.Frame && !seen[b] && (m != &s.Nest.Store || s.Store) && stored(groups, b) {
					seen[b] = true
					out = append(out, b)
				}
			}
		}
	}
	return out
}

// stored reports whether any stage writes b to memory.
func stored(groups []*Group, b *ir.Buffer) bool {
	for _, g := range groups {
		for _, s := range g.Stages {
			if s.Store && s.Nest.Store.Buf.Root() == b {
				return true
			}
		}
	}
	return false
}

// WrittenBy reports whether any of the groups stores to b.
func WrittenBy(groups []*Group, b *ir.Buffer) bool {
	return slices.ContainsFunc(Nests(groups), func(n *ir.Nest) bool { return n.Store.Buf.Root() == b.Root() })
}
