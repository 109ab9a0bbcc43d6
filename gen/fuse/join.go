package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// join tries to add n to the group under as many common outer loops as the
// accesses allow.
func (f *forming) join(g *Group, n *ir.Nest) bool {
	t := f.t
	if !f.takes(g, n) {
		return false
	}
	match, dependent := g.match(n)
	if !dependent && !g.sibling(n, match) && !g.siblingSum(n, match) && !g.siblingRows(n, match) && !g.siblingProduct(n, match) {
		return false
	}
	var outer []ir.Axis
	for _, a := range g.Outer {
		if match[a.Var] != nil {
			outer = append(outer, a)
		}
	}
	places, ok := g.places(n, t)
	if !ok {
		return false
	}
	shrinks := len(outer)+len(places) < len(g.Outer)
	if !g.keepsSums(n, outer, shrinks) || len(outer) == 0 && (len(g.Outer) > 0 || len(n.Axes) > 0) && !g.endsRow(n, t) {
		return false
	}
	back := map[*ir.Var]*ir.Var{}
	for a, c := range match {
		if c != nil {
			back[c] = a
		}
	}
	to := naive.Uncaptured(n, back)
	if !g.aligned(n, to, outer) {
		return false
	}
	n = naive.Renamed(n, to)
	if !g.keepsOrder(n, outer, shrinks, t) || f.losesLanes(g, n, outer) {
		return false
	}
	g.Contraction = g.Contraction || naive.IsContraction(n)
	g.Outer, g.Abreast = outer, append(g.Abreast, places...)
	g.Stages = append(g.Stages, &Stage{Nest: n, Row: f.rows[n.Store.Buf]})
	return true
}

// takes reports whether what n computes may be computed beside what the group does, whatever the
// loops are.
func (f *forming) takes(g *Group, n *ir.Nest) bool {
	t := f.t
	switch {
	case g.stores(n) || (n.Accumulate || g.Accumulates()) && !g.addsAlike(n) && !g.addsRows(n):
		return false
	case naive.Turns(n, t.Lanes) && !g.Contraction || naive.Turns(g.Stages[0].Nest, t.Lanes) && !naive.IsContraction(n):
		return false // alone it goes in squares
	case t.Lanes > 1 && g.Contraction && len(f.rows[n.Store.Buf]) > 1:
		return false // what is stored in turns with others does not come of one sum
	case g.Contraction && len(n.Reduce) > 0 || naive.IsContraction(n) && (g.Reduces() || g.Feeds(n)):
		return false // a tile is planned for the operands of one sum
	}
	return true
}

// keepsSums reports whether every sum has all its parallel loops under the given outer ones:
// accumulators live as long as one iteration of these. shrinks says that they are fewer than the
// group has now.
func (g *Group) keepsSums(n *ir.Nest, outer []ir.Axis, shrinks bool) bool {
	fewer := len(outer) < len(n.Axes)
	if (g.Contraction || naive.IsContraction(n)) && (shrinks || fewer) {
		return false
	}
	return !(len(n.Reduce) > 0 && fewer || shrinks && g.Reduces())
}

// keepsOrder reports whether n, whose axes are the group's now, and the group go through their rows
// in the order of memory, or these are near.
func (g *Group) keepsOrder(n *ir.Nest, outer []ir.Axis, shrinks bool, t machine.Target) bool {
	if crosses(n, outer) && (t.Lanes == 1 || !g.Reduces() || !revisits(n, outer, t)) {
		return false
	}
	return !shrinks || !slices.ContainsFunc(g.Stages, func(s *Stage) bool { return crosses(s.Nest, outer) })
}

// stores reports whether a stage may write what n does: what it wrote last must
// then be what is remembered of it, which one writer in a group makes certain,
// unless nothing is remembered.
func (g *Group) stores(n *ir.Nest) bool {
	for _, s := range g.Stages {
		if s.Nest.Store.Buf == n.Store.Buf && !naive.Apart(s.Nest, &s.Nest.Store, n, &n.Store) && (!naive.Share(s.Nest, n) || g.Reads(n.Store.Buf) || naive.Loads(n, n.Store.Buf)) {
			return true
		}
	}
	return false
}

// endsRow reports whether n makes a row of single numbers that the group has from rows as
// short: the registers hold what both read.
func (g *Group) endsRow(n *ir.Nest, t machine.Target) bool {
	return t.Lanes > 1 && len(g.Outer) == 0 && g.Reduces() && len(n.Reduce) == 0 && !n.Accumulate && len(n.Gathers) == 0 && t.HoldsRow(int(naive.Volume(n.Axes)))
}
