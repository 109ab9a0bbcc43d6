package plan

import (
	"math"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// tile is a register tile of two outer axes, either of which may be none, and what all
// such tiles take to compute. The lanes are along a, or along an axis of the sum.
type tile struct {
	shape
	onA, onB ir.Axis
	sum      *ir.Var
	work     float64
}

// tiles lists those that fit.
func (c *Contraction) tiles(t machine.Target) []tile {
	var out []tile
	free := c.g.Outer[len(c.g.Serial):]
	others := append([]ir.Axis{{}}, free...)
	spread := c.g.Spreads()
	for _, v := range free {
		if !c.fits(v.Var, t) || spread != nil && v.Var != spread {
			continue
		}
		for _, r := range others {
			if r.Var != v.Var {
				out = append(out, c.directTiles(t, v, r)...)
			}
		}
	}
	if t.Lanes == 1 || spread != nil || c.Main.Nest.Op != ir.ReduceSum { // the lanes of several extremes are not combined
		return out
	}
	for _, v := range c.Main.Nest.Reduce {
		if !c.fits(v.Var, t) {
			continue
		}
		for _, a := range others {
			for _, r := range others {
				if r.Var == nil || r.Var != a.Var {
					out = append(out, c.dotTiles(t, v, a, r)...)
				}
			}
		}
	}
	return out
}

// fits reports whether v can be the vector: the operands of the sum are
// contiguous or constant along it, or can be transposed; the rest must fit.
func (c *Contraction) fits(v *ir.Var, t machine.Target) bool {
	sum := *c.Main
	for _, m := range c.Loads {
		if t.Lanes > 1 && naive.Stride(m, v) != 0 && naive.Contiguous(m) == nil {
			return false
		}
	}
	nest := *sum.Nest
	nest.Value = ir.RealExpr(0)
	sum.Nest = &nest
	if naive.Has(c.Main.Nest.Reduce, v) {
		return fuse.LanesFit([]*fuse.Stage{&sum}, v, t)
	}
	return fuse.LanesFit(append(c.tails(), &sum), v, t)
}

// directTiles lists tiles with the lanes along the outer axis v.
func (c *Contraction) directTiles(t machine.Target, v, r ir.Axis) []tile {
	var out []tile
	vectors := naive.CeilDiv(v.Size, t.Lanes)
	rows := max(r.Size, 1)
	others := naive.Volume(c.g.Outer) / float64(v.Size) / float64(rows)
	fewest := 1
	if c.g.Spreads() == v.Var {
		fewest = vectors
	}
	side := c.side(t)
	shares := make([]float64, min(rows, side)+1)
	for b := range shares[1:] {
		shares[b+1] = c.clippedShare(t, v, r, b+1) * c.summedShare(t, r, b+1)
	}
	for a := fewest; a <= min(vectors, max(side, t.MostSums())); a++ {
		if a > side && (a < vectors || a > fewest && side < t.Side()) {
			continue // more sums than that are a whole row's
		}
		for b := 1; b <= min(rows, side); b++ {
			for split := 1; split <= 8 && (a*b*split*c.g.Results() <= c.mostAccumulators(t) || c.Main.Nest.Op == ir.ReduceSum && c.inMemory(t, shape{a, b, split})) && float64(split) <= c.Terms; split *= 2 {
				cycles := total(vectors, rows, a, b, func(x, y int) float64 {
					k, _ := c.cost(t, shape{x, y, split}, v.Var, r.Var, c.Terms, false)
					return k
				}) * shares[b]
				if !math.IsInf(cycles, 1) {
					out = append(out, tile{shape{a, b, split}, v, r, nil, cycles * others})
				}
			}
		}
	}
	return out
}

// side is how many blocks of an axis a tile holds at most. Where terms that divide or the like are
// left out at different places, each place is code of its own, and what such terms load is little
// of what they take.
func (c *Contraction) side(t machine.Target) int {
	const few = 2
	if c.g.Restricted() && c.Main.IsSlow() {
		return few
	}
	return t.Side()
}

// mostAccumulators is how many the registers hold: each extreme has a mask beside it,
// of which there are few.
func (c *Contraction) mostAccumulators(t machine.Target) int {
	switch {
	case c.Main.Nest.Op == ir.ReduceSum || t.Lanes == 1:
		return t.Registers - 2
	case t.Lanes < machine.LineFloats: // masks are vectors
		return t.Registers/2 - 2
	}
	return maskRegisters - 1
}

// maskRegisters is how many AVX-512 has for the use of a program.
const maskRegisters = 7

// dotTiles lists tiles with the lanes along the reduction axis v; the tile
// axis a, contiguous in the store, becomes the lanes of the result.
func (c *Contraction) dotTiles(t machine.Target, v, a, r ir.Axis) []tile {
	rowsA, rowsB := max(a.Size, 1), max(r.Size, 1)
	if a.Var != nil {
		for _, s := range c.g.Stages {
			if s.Store && naive.Stride(&s.Nest.Store, a.Var) != 1 {
				return nil
			}
		}
		if !fuse.LanesFit(c.tails(), a.Var, t) {
			return nil
		}
	}
	var out []tile
	others := naive.Volume(c.g.Outer) / float64(rowsA) / float64(rowsB)
	steps := c.stepsAlong(v.Var, t)
	for x := 1; x <= min(rowsA, t.Lanes); x++ {
		for y := 1; y <= min(rowsB, t.Lanes); y++ {
			for split := 1; split <= 8 && x*y*split*c.g.Results() <= t.Registers-2 && float64(split) <= steps; split *= 2 {
				cycles := total(rowsA, rowsB, x, y, func(i, j int) float64 {
					k, _ := c.cost(t, shape{i, j, split}, a.Var, r.Var, steps, true)
					return k
				})
				if !math.IsInf(cycles, 1) {
					out = append(out, tile{shape{x, y, split}, a, r, v.Var, cycles * others})
				}
			}
		}
	}
	return out
}

// stepsAlong is the number of terms of the sum with the lanes along one of its axes.
func (c *Contraction) stepsAlong(v *ir.Var, t machine.Target) float64 {
	size := naive.SizeOf(c.Main.Nest.Reduce, v)
	return c.Terms / float64(size) * float64(naive.CeilDiv(size, t.Lanes))
}
