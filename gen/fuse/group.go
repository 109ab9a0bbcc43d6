package fuse

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
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

// Axes are the loops of the stage inside the outer ones.
func (s *Stage) Axes() []ir.Axis {
	return append(append([]ir.Axis(nil), s.Inner...), s.Nest.Reduce...)
}

// Reduces reports whether the stage is a reduction.
func (s *Stage) Reduces() bool { return len(s.Nest.Reduce) > 0 }

// IsSlow reports whether the stage divides or the like.
func (s *Stage) IsSlow() bool {
	slow := false
	s.Nest.Value.Walk(func(e *ir.Expr) {
		slow = slow || e.Load == nil && (e.Op == ir.Div || e.Op == ir.Sqrt || e.Op == ir.Apply)
	})
	return slow
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
	// Contraction marks a group around a sum of products with reuse, whose
	// outer axes must stay as they are.
	Contraction bool
}

// Pass is a list of stages that share one set of inner loops.
type Pass struct {
	Inner  []ir.Axis
	Stages []*Stage
}

// Feeds reports whether a stage before n, all of them where n is none of them, makes
// something that n reads: a tile adds up what is in memory.
func (g *Group) Feeds(n *ir.Nest) bool {
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

// Loop is the serial loop around the group, or nil.
func (g *Group) Loop() *ir.Steps { return g.Steps }

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

// Reduces reports whether a stage is a reduction.
func (g *Group) Reduces() bool {
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) > 0 {
			return true
		}
	}
	return false
}

// Spreads is the axis along which the group spreads elements over lanes, all of
// which a tile has; nil where it does not.
func (g *Group) Spreads() (v *ir.Var) {
	for _, s := range g.Stages {
		s.Nest.Value.Walk(func(e *ir.Expr) {
			if e.Load == nil && e.Op == ir.Spread {
				v = e.Sub.Terms[0].Var
			}
		})
	}
	return v
}

// Reads reports whether a stage loads from b.
func (g *Group) Reads(b *ir.Buffer) bool { return AnyLoads(g.Stages, b) }

// AnyLoads reports whether one of the stages loads from b.
func AnyLoads(stages []*Stage, b *ir.Buffer) bool {
	return slices.ContainsFunc(stages, func(s *Stage) bool { return naive.Loads(s.Nest, b) })
}
