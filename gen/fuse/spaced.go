package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// formRows finds the stages of each pass that define neighbours of every row: elements
// some way apart each, which go to memory together.
func (g *Group) formRows() {
	for _, ps := range g.Passes {
		for _, s := range ps.Stages {
			s.Row = nil
		}
		for _, s := range ps.Stages {
			if slices.ContainsFunc(ps.Stages, func(o *Stage) bool { return besides(o.Nest, s.Nest) }) {
				continue
			}
			row := []*Stage{s}
			for next := s; next != nil && len(row) <= len(ps.Stages); {
				i := slices.IndexFunc(ps.Stages, func(o *Stage) bool { return besides(next.Nest, o.Nest) })
				if next = nil; i >= 0 {
					next = ps.Stages[i]
					row = append(row, next)
				}
			}
			for _, x := range row {
				x.Row = row
			}
		}
	}
}

// rowsOf has, for each array that maps define by the neighbours of every row, stages in
// the number of these.
func rowsOf(nests []*ir.Nest) map[*ir.Buffer][]*Stage {
	out := map[*ir.Buffer][]*Stage{}
	for _, n := range nests {
		row := []*Stage{{Nest: n}}
		for _, o := range nests {
			if o != n && beside(row[len(row)-1].Nest, o) {
				row = append(row, &Stage{Nest: o})
			}
		}
		if b := n.Store.Buf; len(row) > max(1, len(out[b])) {
			out[b] = row
		}
	}
	return out
}

// beside is besides for nests with axes of their own.
func beside(n, o *ir.Nest) bool {
	if n.Store.Buf != o.Store.Buf || len(n.Axes) != len(o.Axes) {
		return false
	}
	to := map[*ir.Var]*ir.Var{}
	for i, a := range o.Axes {
		if a.Size != n.Axes[i].Size {
			return false
		}
		to[a.Var] = n.Axes[i].Var
	}
	return besides(n, naive.Renamed(o, to))
}

// besidesAny reports whether n defines elements in front of or behind those of a stage.
func (g *Group) besidesAny(n *ir.Nest) bool {
	return slices.ContainsFunc(g.Stages, func(s *Stage) bool { return besides(s.Nest, n) || besides(n, s.Nest) })
}

// besides reports whether n defines the elements in front of those of o, of which none
// are left out.
func besides(n, o *ir.Nest) bool {
	last := len(n.Store.Subs) - 1
	if n.Accumulate || o.Accumulate || len(n.Reduce)+len(o.Reduce)+len(n.Only)+len(o.Only) > 0 || n.Store.Buf != o.Store.Buf || last < 0 {
		return false
	}
	for d := range n.Store.Subs {
		diff := o.Store.Subs[d].Add(n.Store.Subs[d], -1)
		if len(diff.Terms) > 0 || d < last && diff.Const != 0 || d == last && diff.Const != 1 {
			return false
		}
	}
	return true
}

// StoresSpaced reports whether s stores elements some way apart along v, and the stages
// of its row the rest.
func (s *Stage) StoresSpaced(v *ir.Var) bool {
	k := naive.Spacing(&s.Nest.Store, v)
	return k > 0 && len(s.Row) == k
}
