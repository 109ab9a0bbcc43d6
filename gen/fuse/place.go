package fuse

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

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
