package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// formPasses splits the stages' axes into the group's outer ones and the rest,
// and puts stages with equal inner loops into one pass where their data allow.
func (g *group) formPasses() {
	for _, s := range g.stages {
		s.inner = nil
		for _, a := range s.nest.Axes {
			if !naive.Has(g.outer, a.Var) && !naive.Has(g.abreast, a.Var) {
				s.inner = append(s.inner, a)
			}
		}
		if !g.joinPass(s) {
			g.passes = append(g.passes, &pass{inner: s.axes(), stages: []*stage{s}})
		}
	}
	g.formRows()
}

// joinPass adds s to the latest pass that takes it, looking past those that it is
// independent of; what adds to memory goes to the first, where it has time while
// the operands arrive.
func (g *group) joinPass(s *stage) bool {
	from := len(g.passes)
	for from > 0 {
		from--
		if slices.ContainsFunc(g.passes[from].stages, func(q *stage) bool { return len(naive.SharedPairs(q.nest, s.nest)) > 0 }) {
			break
		}
	}
	near := slices.Clone(g.passes[from:])
	if !s.nest.Accumulate {
		slices.Reverse(near)
	}
	for _, p := range near {
		if g.isAbreast(p.stages[0]) == g.isAbreast(s) && p.take(s) {
			return true
		}
	}
	return false
}

// take adds s to the pass where the loops are the same and s needs nothing
// that the pass finishes only at its end.
func (p *pass) take(s *stage) bool {
	axes := s.axes()
	if len(axes) != len(p.inner) {
		return false
	}
	to := map[*ir.Var]*ir.Var{}
	for i, a := range axes {
		if a.Size != p.inner[i].Size {
			return false
		}
		to[a.Var] = p.inner[i].Var
	}
	n := naive.Renamed(s.nest, to)
	for _, q := range p.stages {
		if !naive.SameRanges(q.nest.Within, n.Within) {
			return false
		}
		// Before n took on the loops' variables: other iterations meet, too.
		for _, pair := range naive.SharedPairs(q.nest, s.nest) {
			if len(q.nest.Reduce) > 0 && len(p.inner) > 0 {
				return false
			}
			other := naive.RenamedMem(*pair[1], to)
			if !naive.SameMem(pair[0], &other) || gathers(q.nest, pair[0]) || q.nest.Accumulate || n.Accumulate {
				return false
			}
		}
	}
	s.nest = n
	for i := range s.inner {
		s.inner[i].Var = to[s.inner[i].Var]
	}
	p.stages = append(p.stages, s)
	return true
}

// gathers reports whether m uses a variable that n loads.
func gathers(n *ir.Nest, m *ir.Mem) bool {
	f := m.Flat()
	for _, g := range n.Gathers {
		if f.Coef(g.Dst) != 0 {
			return true
		}
	}
	return false
}

// place decides which results must be stored. Of the given buffers, each part of
// the program reads its own results only.
func place(groups []*group, own map[*ir.Buffer]bool) {
	for _, part := range serialParts(groups) {
		for _, g := range part {
			for pi, p := range g.passes {
				for _, s := range p.stages {
					users := groups
					if own[s.nest.Store.Buf] {
						users = part
					}
					s.store = g.mustStore(users, pi, s)
				}
			}
		}
	}
}

// mustStore reports whether the result of s is read other than through
// registers.
func (g *group) mustStore(groups []*group, pi int, s *stage) bool {
	b := s.nest.Store.Buf
	if b.Place != ir.Frame || s.nest.Accumulate {
		return true
	}
	writers := 0
	for _, other := range groups {
		for _, p := range other.passes {
			for _, q := range p.stages {
				if q.nest.Store.Buf == b {
					writers++
				}
			}
		}
	}
	if writers > 1 {
		return true
	}
	for _, other := range groups {
		for qi, p := range other.passes {
			for _, q := range p.stages {
				for _, gt := range q.nest.Gathers {
					if gt.Mem.Buf == b {
						return true // an index comes from memory
					}
				}
				for _, m := range naive.Touches(q.nest) {
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
func (g *group) forwards(s *stage, m *ir.Mem, samePass bool) bool {
	result := s.nest.Store
	for d, sub := range result.Subs {
		if v := naive.Bare(sub); v != nil && naive.Has(g.abreast, v) && len(m.Subs[d].Terms) == 0 {
			result = result.Replace(v, m.Subs[d])
		}
	}
	if !naive.SameMem(m, &result) {
		return false
	}
	return samePass || len(s.inner) == 0
}

// usedWorkspace lists the workspace buffers of the kernels, in order of use.
func usedWorkspace(steps []ir.Step) []*ir.Buffer {
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
