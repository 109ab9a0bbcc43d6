package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// stage is a nest as a member of a group: its outer axes are the group's.
type stage struct {
	nest *ir.Nest
	// inner are the parallel axes beyond the group's outer ones; those of the
	// reduction follow them in the pass.
	inner []ir.Axis
	// store says that the result must reach memory.
	store bool
	// row are the stages, this one among them, that define neighbouring elements; while
	// groups are formed, as many as there will be.
	row []*stage
}

// axes are the loops of the stage inside the outer ones.
func (s *stage) axes() []ir.Axis {
	return append(append([]ir.Axis(nil), s.inner...), s.nest.Reduce...)
}

// group is a list of stages that run under common outer loops.
type group struct {
	// steps is the serial loop around the group, or nil.
	steps *ir.Steps
	outer []ir.Axis
	// abreast are axes of which a tile has all values: those of a sum that what
	// follows it reads at fixed places, or one of a small window's weights.
	abreast []ir.Axis
	stages  []*stage
	passes  []*pass
	// rows are, while groups are formed, the rows that stages of all groups make together.
	rows map[*ir.Buffer][]*stage
	// contraction marks a group around a sum of products with reuse, whose
	// outer axes must stay as they are.
	contraction bool
	// partial marks a part of a sum: its target already has the others. onward leads to
	// the next part.
	partial bool
	onward  onward
	// serial are outer axes that stay outermost, in this order, and have no
	// tile: the loops over parts.
	serial []*ir.Var
	plan   *plan
	// local has, for temporaries that hold what one tile uses, the axis along whose tile
	// a dimension counts, or nil.
	local map[*ir.Buffer][]*ir.Var
	// shrunk are the temporaries whose places one tile after the other uses, brief those
	// of them that live as long as one tile.
	shrunk, brief []*ir.Buffer
}

// pass is a list of stages that share one set of inner loops.
type pass struct {
	inner  []ir.Axis
	stages []*stage
}

// fuse puts nests into groups, in an order that respects what they read.
func fuse(l *ir.Loops, t Target) []*group {
	var groups []*group
	rows := rowsOf(l.Nests)
	for _, n := range l.Nests {
		if !joinAny(groups, n, t) {
			g := newGroup(n)
			g.rows, g.stages[0].row = rows, rows[n.Store.Buf]
			groups = append(groups, g)
		}
	}
	return groups
}

func newGroup(n *ir.Nest) *group {
	return &group{steps: n.Steps, outer: n.Axes, stages: []*stage{{nest: n}}, contraction: naive.IsContraction(n)}
}

// joinAny adds n to the latest group that takes it, looking past groups that n
// is independent of.
func joinAny(groups []*group, n *ir.Nest, t Target) bool {
	for i := len(groups) - 1; i >= 0 && groups[i].steps == n.Steps; i-- {
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
func (g *group) conflicts(n *ir.Nest) bool {
	for _, s := range g.stages {
		if len(naive.SharedPairs(s.nest, n)) > 0 {
			return true
		}
	}
	return false
}

// feeds reports whether a stage before n, all of them where n is none of them, makes
// something that n reads: a tile adds up what is in memory.
func (g *group) feeds(n *ir.Nest) bool {
	for _, s := range g.stages {
		if s.nest == n {
			break
		}
		for _, m := range n.Value.Loads() {
			if m.Buf == s.nest.Store.Buf && !naive.Apart(m, &s.nest.Store) {
				return true
			}
		}
	}
	return false
}

// join tries to add n to the group under as many common outer loops as the
// accesses allow.
func (g *group) join(n *ir.Nest, t Target) bool {
	if g.stores(n) || (n.Accumulate || g.accumulates()) && !g.addsAlike(n) && !g.addsRows(n) {
		return false
	}
	if turns(n, t) && !g.contraction || turns(g.stages[0].nest, t) && !naive.IsContraction(n) {
		return false // alone it goes in squares
	}
	match, dependent := g.match(n)
	if !dependent && !g.sibling(n, match) && !g.siblingSum(n, match) && !g.siblingRows(n, match) && !g.siblingProduct(n, match) {
		return false
	}
	var outer []ir.Axis
	for _, a := range g.outer {
		if match[a.Var] != nil {
			outer = append(outer, a)
		}
	}
	// A tile is planned for the operands of one sum.
	if g.contraction && len(n.Reduce) > 0 || naive.IsContraction(n) && (g.reduces() || g.feeds(n)) {
		return false
	}
	places, ok := g.places(n, t)
	if !ok {
		return false
	}
	shrinks := len(outer)+len(places) < len(g.outer)
	if (g.contraction || naive.IsContraction(n)) && (shrinks || len(outer) < len(n.Axes)) {
		return false
	}
	if t.Lanes > 1 && g.contraction && len(g.rows[n.Store.Buf]) > 1 {
		return false // what is stored in turns with others does not come of one sum
	}
	// Accumulators live as long as one iteration of the outer loops, so these
	// must be all the parallel loops of a reduction.
	if len(n.Reduce) > 0 && len(outer) < len(n.Axes) || shrinks && g.reduces() {
		return false
	}
	if len(outer) == 0 && (len(g.outer) > 0 || len(n.Axes) > 0) && !g.endsRow(n, t) {
		return false
	}
	back := map[*ir.Var]*ir.Var{}
	for a, c := range match {
		if c != nil {
			back[c] = a
		}
	}
	n = naive.Renamed(n, naive.Uncaptured(n, back))
	if !g.aligned(n, outer) || g.losesLanes(n, outer, t) {
		return false
	}
	if crosses(n, outer) && (t.Lanes == 1 || !g.reduces() || !revisits(n, outer, t)) {
		return false
	}
	for _, s := range g.stages {
		if shrinks && crosses(s.nest, outer) {
			return false
		}
	}
	g.contraction = g.contraction || naive.IsContraction(n)
	g.outer, g.abreast = outer, append(g.abreast, places...)
	g.stages = append(g.stages, &stage{nest: n, row: g.rows[n.Store.Buf]})
	return true
}

// losesLanes reports whether functions that are computed lane by lane would be computed
// one by one because of the places that n takes.
func (g *group) losesLanes(n *ir.Nest, outer []ir.Axis, t Target) bool {
	if t.Lanes == 1 || len(n.Reduce) > 0 || slices.ContainsFunc(g.stages, reduces) {
		return false
	}
	// Those that compute functions have their lanes, alone.
	fit := func(stages ...*stage) bool {
		return slices.ContainsFunc(outer, func(a ir.Axis) bool { return lanesFit(stages, a.Var, t) })
	}
	own := &stage{nest: n, store: true, row: g.rows[n.Store.Buf]}
	better := slices.ContainsFunc(g.stages, isSlow) && fit(g.stages...) || len(g.gathers()) > 0 && isSlow(own) && fit(own)
	return better && !fit(append(slices.Clone(g.stages), own)...)
}

// gathers are the ids that stages take.
func (g *group) gathers() []*ir.LoadIndex {
	var out []*ir.LoadIndex
	for _, s := range g.stages {
		out = append(out, s.nest.Gathers...)
	}
	return out
}

// accumulates reports whether a stage adds to memory; its order of loops is
// then the only one that is safe, and nothing joins it.
func (g *group) accumulates() bool {
	for _, s := range g.stages {
		if s.nest.Accumulate {
			return true
		}
	}
	return false
}

// stores reports whether a stage may write what n does: what it wrote last must
// then be what is remembered of it, which one writer in a group makes certain,
// unless nothing is remembered.
func (g *group) stores(n *ir.Nest) bool {
	for _, s := range g.stages {
		if s.nest.Store.Buf == n.Store.Buf && !naive.Apart(&s.nest.Store, &n.Store) && (!naive.Share(s.nest, n) || g.reads(n.Store.Buf) || naive.Loads(n, n.Store.Buf)) {
			return true
		}
	}
	return false
}

// reduces reports whether a stage is a reduction.
func (g *group) reduces() bool {
	for _, s := range g.stages {
		if len(s.nest.Reduce) > 0 {
			return true
		}
	}
	return false
}
