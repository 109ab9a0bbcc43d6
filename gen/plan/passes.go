package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// formPasses splits the stages' axes into the group's outer ones and the rest,
// and puts stages with equal inner loops into one pass where their data allow.
func (g *Group) formPasses() {
	for _, s := range g.Stages {
		s.Inner = nil
		for _, a := range s.Nest.Axes {
			if !naive.Has(g.Outer, a.Var) && !naive.Has(g.Abreast, a.Var) {
				s.Inner = append(s.Inner, a)
			}
		}
		if !g.joinPass(s) {
			g.Passes = append(g.Passes, &Pass{Inner: s.axes(), Stages: []*Stage{s}})
		}
	}
	g.formRows()
}

// joinPass adds s to the latest pass that takes it, looking past those that it is
// independent of; what adds to memory goes to the first, where it has time while
// the operands arrive.
func (g *Group) joinPass(s *Stage) bool {
	from := len(g.Passes)
	for from > 0 {
		from--
		if slices.ContainsFunc(g.Passes[from].Stages, func(q *Stage) bool { return len(naive.SharedPairs(q.Nest, s.Nest, g.sameInTile()...)) > 0 }) {
			break
		}
	}
	near := slices.Clone(g.Passes[from:])
	if !s.Nest.Accumulate {
		slices.Reverse(near)
	}
	for _, p := range near {
		if g.IsAbreast(p.Stages[0]) == g.IsAbreast(s) && p.take(s, g.sameInTile()) {
			return true
		}
	}
	return false
}

// sameInTile are the axes of which all passes of a tile have the same values: no stage needs what
// another one makes at others.
func (g *Group) sameInTile() []ir.Axis { return naive.Join(g.Outer, g.Abreast) }

// take adds s to the pass where the loops are the same and s needs nothing
// that the pass finishes only at its end.
func (p *Pass) take(s *Stage, same []ir.Axis) bool {
	axes := s.axes()
	if len(axes) != len(p.Inner) {
		return false
	}
	to := map[*ir.Var]*ir.Var{}
	for i, a := range axes {
		if a.Size != p.Inner[i].Size {
			return false
		}
		to[a.Var] = p.Inner[i].Var
	}
	n := naive.Renamed(s.Nest, to)
	for _, q := range p.Stages {
		if !naive.SameRanges(q.Nest.Within, n.Within) {
			return false
		}
		// Before n took on the loops' variables: other iterations meet, too.
		for _, pair := range naive.SharedPairs(q.Nest, s.Nest, same...) {
			if len(q.Nest.Reduce) > 0 && len(p.Inner) > 0 {
				return false
			}
			other := naive.RenamedMem(*pair[1], to)
			if !naive.SameMem(pair[0], &other) || naive.LooksUp(q.Nest, pair[0].Flat()) || q.Nest.Accumulate || n.Accumulate {
				return false
			}
		}
	}
	s.Nest = n
	for i := range s.Inner {
		s.Inner[i].Var = to[s.Inner[i].Var]
	}
	p.Stages = append(p.Stages, s)
	return true
}

// place decides which results must be stored. Of the given buffers, each part of
// the program reads its own results only.
func place(groups []*Group, own map[*ir.Buffer]bool) {
	for _, part := range SerialParts(groups) {
		for _, g := range part {
			for pi, p := range g.Passes {
				for _, s := range p.Stages {
					users := groups
					if own[s.Nest.Store.Buf] {
						users = part
					}
					s.Store = g.mustStore(users, pi, s)
				}
			}
		}
	}
}

// mustStore reports whether the result of s is read other than through
// registers.
func (g *Group) mustStore(groups []*Group, pi int, s *Stage) bool {
	b := s.Nest.Store.Buf
	if b.Place != ir.Frame || s.Nest.Accumulate {
		return true
	}
	writers := 0
	for _, other := range groups {
		for _, p := range other.Passes {
			for _, q := range p.Stages {
				if q.Nest.Store.Buf == b {
					writers++
				}
			}
		}
	}
	if writers > 1 {
		return true
	}
	for _, other := range groups {
		for qi, p := range other.Passes {
			for _, q := range p.Stages {
				for _, gt := range q.Nest.Gathers {
					if gt.Mem.Buf == b {
						return true // an index comes from memory
					}
				}
				for _, m := range naive.Touches(q.Nest) {
					if m.Buf != b || q == s {
						continue
					}
					if other != g || !g.forwards(s, m, qi == pi) {
						return true
					}
				}
			}
		}
	}
	return false
}

// forwards reports whether a read of s's result finds it in a register: the
// same element, or one of those abreast, and in the same pass or not depending
// on inner loops.
func (g *Group) forwards(s *Stage, m *ir.Mem, samePass bool) bool {
	result := s.Nest.Store
	for d, sub := range result.Subs {
		if v := naive.Bare(sub); v != nil && naive.Has(g.Abreast, v) && len(m.Subs[d].Terms) == 0 {
			result = result.Replace(v, m.Subs[d])
		}
	}
	if !naive.SameMem(m, &result) {
		return false
	}
	return samePass || len(s.Inner) == 0
}

// UsedWorkspace lists the workspace buffers of the kernels, in order of use.
func UsedWorkspace(steps []ir.Step) []*ir.Buffer {
	var out []*ir.Buffer
	seen := map[*ir.Buffer]bool{}
	for _, st := range steps {
		for _, b := range st.Func.Buffers {
			if b.Place == ir.Workspace && !seen[b] {
				seen[b] = true
				out = append(out, b)
			}
		}
	}
	return out
}
