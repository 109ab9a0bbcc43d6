// Package fuse decides which loops run together.
//
// What comes in: naive loops and a target. What goes out: groups of nests under common outer
// loops, in order, each with its passes; arrays that are used within a step only are as small
// as that. What is promised: computed in that order, loop by loop, the groups compute what the
// loops do; what one tile of a group makes and uses again is in registers, unless a stage says
// that it must reach memory.
package fuse

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Groups fuses loops, and joins axes that go through memory without a gap.
func Groups(l *ir.Loops, t machine.Target) []*Group {
	own := shrinkSteps(l)
	groups := form(l, t)
	for _, g := range groups {
		g.FormPasses()
		g.sortSums() // before it is decided what the passes keep to themselves
	}
	place(groups, own)
	shared := map[*ir.Buffer]bool{}
	for _, b := range Temporaries(groups) {
		user, _ := OnlyUser(groups, b)
		shared[b] = user < 0
	}
	for _, g := range groups {
		g.Collapse(shared, t)
	}
	return groups
}

// forming is what is known while groups are formed: the rows that stages of all groups
// make together.
type forming struct {
	t    machine.Target
	rows map[*ir.Buffer][]*Stage
}

// form puts nests into groups, in an order that respects what they read.
func form(l *ir.Loops, t machine.Target) []*Group {
	var groups []*Group
	f := &forming{t, rowsOf(l.Nests)}
	for _, n := range l.Nests {
		if !f.joinAny(groups, n) {
			g := New(n)
			g.Stages[0].Row = f.rows[n.Store.Buf]
			groups = append(groups, g)
		}
	}
	return groups
}

// New is the group of a single nest, its passes not yet formed.
func New(n *ir.Nest) *Group {
	return &Group{Steps: n.Steps, Outer: n.Axes, Stages: []*Stage{{Nest: n}}, Contraction: naive.IsContraction(n)}
}

// joinAny adds n to the latest group that takes it, looking past groups that n
// is independent of.
func (f *forming) joinAny(groups []*Group, n *ir.Nest) bool {
	for i := len(groups) - 1; i >= 0 && groups[i].Steps == n.Steps; i-- {
		if f.join(groups[i], n) {
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
