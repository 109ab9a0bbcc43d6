package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// FewestUses is the number of times that blocks are read at least to be worth making,
// fewestFar where the second cache does not hold them.
const (
	FewestUses = 8
	fewestFar  = 24
)

// PaysBlocks reports whether rows that are used once in each step of a serial loop are
// worth packing: there are enough steps, and the rows are not far larger than the second
// cache.
func PaysBlocks(m *ir.Mem, s *ir.Steps, t machine.Target) bool {
	bytes, uses := 4*m.Buf.Size(), FewestUses
	if bytes > t.Second*3/2 {
		uses = fewestFar
	}
	return s.Count >= uses && bytes <= t.Second*7/2
}

// streamed reports whether the group adds a few rows at a time to what is in memory.
func (g *Group) streamed(t machine.Target) bool {
	return slices.ContainsFunc(g.Stages, func(s *fuse.Stage) bool {
		return s.Nest.Accumulate && len(s.Nest.Reduce) > 0 && len(s.Nest.Gathers) == 0 && naive.Volume(s.Nest.Reduce) <= float64(t.StreamRows())
	})
}

// FarRows is the multiple of the first cache from which on rows come from beyond it.
const FarRows = 3

// LongRow is the bytes from which on the rows of a column lie in different
// pages, most of them.
const LongRow = 2048

// farSums is how many sums over the rows of arrays that the second cache does not hold
// the group consists of, 0 if it does anything else with them.
func (g *Group) farSums(t machine.Target) int {
	sums, far := 0, false
	for _, s := range g.Stages {
		switch {
		case len(s.Nest.Reduce) > 0:
			sums++
			to := s.Nest.Store.Flat()
			row := slices.DeleteFunc(slices.Clone(g.Outer), func(a ir.Axis) bool { return to.Coef(a.Var) == 0 })
			for _, m := range s.Nest.Value.Loads() {
				far = far || 4*m.Buf.Size() > t.Second && naive.OneRow(m.Flat(), row)
			}
		case len(s.Inner) > 0:
			return 0
		}
	}
	if !far || t.Lanes == 1 {
		return 0
	}
	return sums
}

// fewSums is the number of sums side by side that hide the wait for an addition.
const fewSums = 6

// RowWidth is the width of blocks for rows that are used once: as many vectors as
// registers hold and the machine foresees; 0 where no width divides the rows.
func RowWidth(size int, t machine.Target) int {
	for n := min(t.HeldRow(), machine.ForeseenStep/4/t.Lanes); n >= fewSums; n-- {
		if size%(n*t.Lanes) == 0 {
			return n * t.Lanes
		}
	}
	return 0
}
