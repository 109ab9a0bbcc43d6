package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Stage is a nest as a member of a group: its outer axes are the group's.
type Stage struct {
	Nest *ir.Nest
	// Inner are the parallel axes beyond the group's outer ones; those of the
	// reduction follow them in the pass.
	Inner []ir.Axis
	// Store says that the result must reach memory.
	Store bool
	// Row are the stages, this one among them, that define neighbouring elements; while
	// groups are formed, as many as there will be.
	Row []*Stage
}

// axes are the loops of the stage inside the outer ones.
func (s *Stage) axes() []ir.Axis {
	return append(append([]ir.Axis(nil), s.Inner...), s.Nest.Reduce...)
}

// Group is a list of stages that run under common outer loops.
type Group struct {
	// Steps is the serial loop around the group, or nil.
	Steps *ir.Steps
	Outer []ir.Axis
	// Abreast are axes of which a tile has all values: those of a sum that what
	// follows it reads at fixed places, or one of a small window's weights.
	Abreast []ir.Axis
	Stages  []*Stage
	Passes  []*Pass
	// rows are, while groups are formed, the rows that stages of all groups make together.
	rows map[*ir.Buffer][]*Stage
	// Contraction marks a group around a sum of products with reuse, whose
	// outer axes must stay as they are.
	Contraction bool
	// partial marks a part of a sum: its target already has the others. onward leads to
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
	// Shrunk are the temporaries whose places one tile after the other uses, brief those
	// of them that live as long as one tile.
	Shrunk, Brief []*ir.Buffer
}

// Pass is a list of stages that share one set of inner loops.
type Pass struct {
	Inner  []ir.Axis
	Stages []*Stage
}

// Groups fuses loops and plans what has been fused: in order, with the passes and the panels
// of each group. It makes arrays of the loops smaller that are used within a step only.
func Groups(l *ir.Loops, t machine.Target) []*Group {
	own := shrinkSteps(l)
	groups := fuse(l, t)
	for _, g := range groups {
		g.formPasses()
		g.sortSums() // before it is decided what the passes keep to themselves
	}
	place(groups, own)
	groups = planned(groups, t)
	namePanels(groups, t)
	verify(groups)
	return groups
}

// verify panics where a stage has a range that nothing follows: ranges are of sums.
func verify(groups []*Group) {
	for _, g := range groups {
		for _, s := range g.Stages {
			if len(s.Nest.Within) > 0 && len(s.Nest.Reduce) == 0 {
				panic("plan: a map leaves terms out: " + s.Nest.Text)
			}
		}
	}
}

// fuse puts nests into groups, in an order that respects what they read.
func fuse(l *ir.Loops, t machine.Target) []*Group {
	var groups []*Group
	rows := rowsOf(l.Nests)
	for _, n := range l.Nests {
		if !joinAny(groups, n, t) {
			g := newGroup(n)
			g.rows, g.Stages[0].Row = rows, rows[n.Store.Buf]
			groups = append(groups, g)
		}
	}
	return groups
}

func newGroup(n *ir.Nest) *Group {
	return &Group{Steps: n.Steps, Outer: n.Axes, Stages: []*Stage{{Nest: n}}, Contraction: naive.IsContraction(n)}
}

// joinAny adds n to the latest group that takes it, looking past groups that n
// is independent of.
func joinAny(groups []*Group, n *ir.Nest, t machine.Target) bool {
	for i := len(groups) - 1; i >= 0 && groups[i].Steps == n.Steps; i-- {
		if groups[i].join(n, t) {
			return true
		}
		if groups[i].conflicts(n) {
			return false
		}
	}
	return false
}

// conflicts reports whether n must run after the group.
func (g *Group) conflicts(n *ir.Nest) bool {
	for _, s := range g.Stages {
		if len(naive.SharedPairs(s.Nest, n)) > 0 {
			return true
		}
	}
	return false
}

// feeds reports whether a stage before n, all of them where n is none of them, makes
// something that n reads: a tile adds up what is in memory.
func (g *Group) feeds(n *ir.Nest) bool {
	for _, s := range g.Stages {
		if s.Nest == n {
			break
		}
		for _, m := range naive.Reads(n) {
			if m.Buf == s.Nest.Store.Buf && !naive.Apart(n, m, s.Nest, &s.Nest.Store) {
				return true
			}
		}
	}
	return false
}

// join tries to add n to the group under as many common outer loops as the
// accesses allow.
func (g *Group) join(n *ir.Nest, t machine.Target) bool {
	if !g.takes(n, t) {
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
	if !g.keepsOrder(n, outer, shrinks, t) || g.losesLanes(n, outer, t) {
		return false
	}
	g.Contraction = g.Contraction || naive.IsContraction(n)
	g.Outer, g.Abreast = outer, append(g.Abreast, places...)
	g.Stages = append(g.Stages, &Stage{Nest: n, Row: g.rows[n.Store.Buf]})
	return true
}

// takes reports whether what n computes may be computed beside what the group does, whatever the
// loops are.
func (g *Group) takes(n *ir.Nest, t machine.Target) bool {
	switch {
	case g.stores(n) || (n.Accumulate || g.Accumulates()) && !g.addsAlike(n) && !g.addsRows(n):
		return false
	case Turns(n, t) && !g.Contraction || Turns(g.Stages[0].Nest, t) && !naive.IsContraction(n):
		return false // alone it goes in squares
	case t.Lanes > 1 && g.Contraction && len(g.rows[n.Store.Buf]) > 1:
		return false // what is stored in turns with others does not come of one sum
	case g.Contraction && len(n.Reduce) > 0 || naive.IsContraction(n) && (g.reduces() || g.feeds(n)):
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
	return !(len(n.Reduce) > 0 && fewer || shrinks && g.reduces())
}

// keepsOrder reports whether n, whose axes are the group's now, and the group go through their rows
// in the order of memory, or these are near.
func (g *Group) keepsOrder(n *ir.Nest, outer []ir.Axis, shrinks bool, t machine.Target) bool {
	if crosses(n, outer) && (t.Lanes == 1 || !g.reduces() || !revisits(n, outer, t)) {
		return false
	}
	return !shrinks || !slices.ContainsFunc(g.Stages, func(s *Stage) bool { return crosses(s.Nest, outer) })
}

// losesLanes reports whether functions that are computed lane by lane, or what n only puts in
// another order, would be computed one by one because of the places that n takes.
func (g *Group) losesLanes(n *ir.Nest, outer []ir.Axis, t machine.Target) bool {
	if t.Lanes == 1 {
		return false
	}
	// Those that compute functions, or have more than to put in order, have their lanes, alone.
	fit := func(stages ...*Stage) bool {
		return slices.ContainsFunc(outer, func(a ir.Axis) bool { return LanesFit(stages, a.Var, t) })
	}
	own := &Stage{Nest: n, Store: true, Row: g.rows[n.Store.Buf]}
	turns := func(s *Stage) bool { return Exchanges(s.Nest) }
	better := turns(own) && fit(g.Stages...) || slices.ContainsFunc(g.Stages, turns) && fit(own)
	if len(n.Reduce) == 0 && !g.reduces() {
		better = better || slices.ContainsFunc(g.Stages, isSlow) && fit(g.Stages...) || len(g.gathers()) > 0 && isSlow(own) && fit(own)
	}
	both := append(slices.Clone(g.Stages), own)
	if better {
		return !fit(both...)
	}
	return len(g.Abreast) == 0 && !g.Contraction && !naive.IsContraction(n) && (g.reduces() || reduces(own)) &&
		inLanes(g.Stages, outer, t) && inLanes([]*Stage{own}, outer, t) && !inLanes(both, outer, t)
}

// inLanes reports whether all stages have vectors under the given outer loops: along one of
// these, or each along a loop of its own.
func inLanes(stages []*Stage, outer []ir.Axis, t machine.Target) bool {
	if slices.ContainsFunc(outer, func(a ir.Axis) bool { return LanesFit(stages, a.Var, t) }) {
		return true
	}
	return !slices.ContainsFunc(stages, func(s *Stage) bool {
		own := slices.DeleteFunc(naive.Join(s.Nest.Axes, s.Nest.Reduce), func(a ir.Axis) bool { return naive.Has(outer, a.Var) })
		return len(own) > 0 && !slices.ContainsFunc(own, func(a ir.Axis) bool { return LanesFit([]*Stage{s}, a.Var, t) })
	})
}

// gathers are the ids that stages take.
func (g *Group) gathers() []*ir.LoadIndex {
	var out []*ir.LoadIndex
	for _, s := range g.Stages {
		out = append(out, s.Nest.Gathers...)
	}
	return out
}

// Accumulates reports whether a stage adds to memory; its order of loops is
// then the only one that is safe, and nothing joins it.
func (g *Group) Accumulates() bool {
	for _, s := range g.Stages {
		if s.Nest.Accumulate {
			return true
		}
	}
	return false
}

// stores reports whether a stage may write what n does: what it wrote last must
// then be what is remembered of it, which one writer in a group makes certain,
// unless nothing is remembered.
func (g *Group) stores(n *ir.Nest) bool {
	for _, s := range g.Stages {
		if s.Nest.Store.Buf == n.Store.Buf && !naive.Apart(s.Nest, &s.Nest.Store, n, &n.Store) && (!naive.Share(s.Nest, n) || g.reads(n.Store.Buf) || naive.Loads(n, n.Store.Buf)) {
			return true
		}
	}
	return false
}

// reduces reports whether a stage is a reduction.
func (g *Group) reduces() bool {
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) > 0 {
			return true
		}
	}
	return false
}

// spreads is the axis along which the group spreads elements over lanes, all of
// which a tile has; nil where it does not.
func (g *Group) spreads() (v *ir.Var) {
	for _, s := range g.Stages {
		s.Nest.Value.Walk(func(e *ir.Expr) {
			if e.Load == nil && e.Op == ir.Spread {
				v = e.Sub.Terms[0].Var
			}
		})
	}
	return v
}
