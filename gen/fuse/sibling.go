package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// siblingSum pairs a reduction with a group around one over the same ranges
// that reads all of the same array, as the two sums over a gradient that a norm
// needs: it is then read once.
func (g *Group) siblingSum(n *ir.Nest, match map[*ir.Var]*ir.Var) bool {
	if len(n.Reduce) == 0 || len(n.Gathers) > 0 || len(n.Within) > 0 || g.Contraction || naive.IsContraction(n) || len(n.Axes) != len(g.Outer) {
		return false
	}
	common := false
	for _, s := range g.Stages {
		q := s.Nest
		if len(q.Gathers) > 0 || len(q.Within) > 0 || len(q.Axes) != len(g.Outer) {
			return false
		}
		common = common || naive.SameSizes(q.Reduce, n.Reduce) && readsAlike(q, n, g.Outer)
	}
	if !common || !naive.SameSizes(g.Outer, n.Axes) {
		return false
	}
	for i, a := range g.Outer {
		match[a.Var] = n.Axes[i].Var
	}
	return true
}

// siblingRows pairs a sum that adds row after row to memory with a group that goes
// over the same rows, as the gradient of a norm's scale with that of its input:
// they are then read once.
func (g *Group) siblingRows(n *ir.Nest, match map[*ir.Var]*ir.Var) bool {
	if !g.addsRows(n) || !slices.ContainsFunc(g.Stages, func(s *Stage) bool { return ReadsRows(s.Nest, n) }) {
		return false
	}
	for i, a := range g.Outer {
		match[a.Var] = n.Axes[i].Var
	}
	return true
}

// longProduct is the elements of a row from which on writing it takes so long that what
// a sum over another row ends with costs nothing beside it.
const longProduct = 4 * machine.LineFloats

// siblingProduct pairs a map that writes long rows with a sum over rows as long, as the
// gradient of weights with that of the inputs where the batch is one: what the one reads
// and what the other writes come and go side by side.
func (g *Group) siblingProduct(n *ir.Nest, match map[*ir.Var]*ir.Var) bool {
	k := len(g.Outer)
	if n.Accumulate || len(n.Reduce)+len(n.Gathers)+len(n.Within) > 0 || g.Contraction || k == 0 || len(n.Axes) <= k || !naive.SameSizes(g.Outer, n.Axes[:k]) {
		return false
	}
	f := n.Store.Flat()
	if !naive.OneRow(f, n.Axes) || naive.Volume(n.Axes[k:]) < longProduct {
		return false
	}
	if !slices.ContainsFunc(g.Stages, func(s *Stage) bool {
		q := s.Nest
		return !q.Accumulate && naive.IsDot(q) && len(q.Within) == 0 && naive.SameSizes(q.Axes, g.Outer) && naive.SameSizes(q.Reduce, n.Axes[k:]) && alongRows(q)
	}) {
		return false
	}
	for i, a := range g.Outer {
		match[a.Var] = n.Axes[i].Var
	}
	return true
}

// alongRows reports whether the sum q goes along rows of what it reads most of.
func alongRows(q *ir.Nest) bool {
	last := q.Reduce[len(q.Reduce)-1].Var
	return slices.ContainsFunc(q.Value.Loads(), func(m *ir.Mem) bool {
		f := m.Flat()
		return naive.Spans(f, q.Axes) && naive.Spans(f, q.Reduce) && f.Coef(last) == 1
	})
}

// addsRows reports whether n adds, for each value of the group's outer axes, to all
// of a row: to each element once, so that only these must stay in order.
func (g *Group) addsRows(n *ir.Nest) bool {
	k := len(g.Outer)
	if !n.Accumulate || g.Contraction || len(n.Reduce) > 0 || len(n.Gathers) > 0 || k == 0 || len(n.Axes) <= k || !naive.SameSizes(g.Outer, n.Axes[:k]) {
		return false
	}
	f := n.Store.Flat()
	return !naive.TouchesAny(f, n.Axes[:k]) && naive.Spans(f, n.Axes[k:]) && naive.OneRow(f, n.Axes[k:])
}

// ReadsRows reports whether p, a reduction of rows, and n, which adds such rows to
// memory, read the same elements, along the rows: down the columns neither has vectors.
func ReadsRows(p, n *ir.Nest) bool {
	k := len(p.Axes)
	if p.Accumulate || len(p.Reduce) == 0 || len(p.Gathers) > 0 || len(p.Within) > 0 || naive.IsContraction(p) ||
		k == 0 || len(n.Axes) <= k || !naive.SameSizes(p.Axes, n.Axes[:k]) || !naive.SameSizes(p.Reduce, n.Axes[k:]) {
		return false
	}
	to := map[*ir.Var]*ir.Var{}
	for i, a := range naive.Join(p.Axes, p.Reduce) {
		to[n.Axes[i].Var] = a.Var
	}
	for _, a := range p.Value.Loads() {
		for _, b := range n.Value.Loads() {
			f := a.Flat()
			if other := naive.RenamedMem(*b, to); naive.SameMem(a, &other) && naive.Spans(f, p.Axes) && naive.Spans(f, p.Reduce) && f.Coef(p.Reduce[len(p.Reduce)-1].Var) == 1 {
				return true
			}
		}
	}
	return false
}

// addsAlike reports whether n adds to memory as all stages of the group do, under
// the same loops: these are then safe for all.
func (g *Group) addsAlike(n *ir.Nest) bool {
	for _, s := range g.Stages {
		if !s.Nest.Accumulate || !n.Accumulate || !naive.SameSizes(s.Nest.Axes, n.Axes) || len(naive.SharedPairs(s.Nest, n)) > 0 {
			return false
		}
	}
	return true
}

// readsAlike reports whether p and n read the same element of an array, at each
// point of all their axes another one.
func readsAlike(p, n *ir.Nest, outer []ir.Axis) bool {
	to := map[*ir.Var]*ir.Var{}
	for i, a := range n.Axes {
		to[a.Var] = outer[i].Var
	}
	for i, a := range n.Reduce {
		to[a.Var] = p.Reduce[i].Var
	}
	for _, a := range p.Value.Loads() {
		f := a.Flat()
		if !naive.Spans(f, outer) || !naive.Spans(f, p.Reduce) {
			continue
		}
		for _, b := range naive.Renamed(n, to).Value.Loads() {
			if naive.SameMem(a, b) {
				return true
			}
		}
	}
	return false
}

// sibling pairs a map with a group of maps over the same ranges that read
// something in common, so that it is read once, or that define the elements beside its own.
func (g *Group) sibling(n *ir.Nest, match map[*ir.Var]*ir.Var) bool {
	if len(n.Reduce) > 0 || len(n.Axes) != len(g.Outer) || len(n.Axes) == 0 || len(n.Gathers) > 0 || n.Accumulate {
		return false
	}
	common := false
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) > 0 || len(s.Nest.Gathers) > 0 || len(s.Nest.Axes) != len(g.Outer) {
			return false
		}
		for _, a := range s.Nest.Value.Loads() {
			for _, b := range n.Value.Loads() {
				common = common || a.Buf == b.Buf
			}
		}
	}
	to := map[*ir.Var]*ir.Var{}
	for i, a := range g.Outer {
		if a.Size != n.Axes[i].Size {
			return false
		}
		match[a.Var], to[n.Axes[i].Var] = n.Axes[i].Var, a.Var
	}
	return common || g.besidesAny(naive.Renamed(n, to))
}
