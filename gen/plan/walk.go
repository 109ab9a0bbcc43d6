package plan

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// slides reports whether m is read in windows that are smaller than the ways
// that they go: each of its elements is in a few terms only, so that what counts
// is how it arrives.
func (c *Contraction) slides(m *ir.Mem) bool {
	found := false
	for _, s := range m.Subs {
		window, way := 1, 1
		for _, a := range c.Main.Nest.Reduce {
			if s.Coef(a.Var) != 0 {
				window *= a.Size
			}
		}
		for _, a := range c.g.Outer {
			if s.Coef(a.Var) != 0 {
				way *= a.Size
			}
		}
		if window > way {
			return false
		}
		found = found || window > 1
	}
	return found
}

// storing is the time in which the results of a tile with rows far apart reach
// memory, where the first cache does not hold them; 0 where they come one next to
// another, which the machine foresees.
func (c *Contraction) storing(t machine.Target, p *Plan) float64 {
	lines := 0.0
	for _, s := range c.g.Stages {
		m := &s.Nest.Store
		if !s.Store || 4*m.Buf.Size() <= t.First || t.Lanes == 1 {
			continue
		}
		for v, rows := range p.Tile {
			if step := m.Step(v); v != p.Vec && rows > 1 && max(step, -step) >= machine.PageFloats/2 {
				lines += naive.Footprint(m, s.Nest.Axes) / (4 * machine.LineFloats)
				break
			}
		}
	}
	return machine.StoreWait * lines
}

// jumps reports whether the loops go through an operand in a way that the
// machine does not foresee: to other pages each time, through many rows side by
// side, or leaving out lines.
func jumps(t machine.Target, p *Plan, order []ir.Axis, m *ir.Mem) bool {
	far := func(step int) bool { return max(step, -step) >= machine.PageFloats/2 }
	rows := 1
	for v, n := range p.Tile {
		if v != p.Vec && far(m.Step(v)) {
			rows *= n
		}
	}
	covered := 1 // floats that one iteration goes through, row by row
	for _, o := range order {
		if step := m.Step(o.Var); step != 0 && !far(step) {
			covered *= p.Width(t, o.Var)
		}
	}
	if rows > machine.ForeseenRows {
		return true
	}
	inner := 0 // the step of the innermost loop
	for _, o := range slices.Backward(order) {
		step, width := m.Step(o.Var), p.Width(t, o.Var)
		step = max(step, -step)
		switch {
		case step == 0 || width >= o.Size:
		case inner == 0 && far(step*width) && step*width > covered:
			return true
		case inner == 0:
			inner = step * width
		case step*width < inner && step*o.Size > machine.LineFloats:
			return true // the inner loop leaves out lines that come later
		}
	}
	return false
}

// unforeseen is how much longer what comes from the second cache takes where nothing
// has asked for it before it is needed.
const unforeseen = 0.5

// leftOut is 0 where the tiles of a plan go through an operand, which the first
// cache does not hold, from its first element to its last, and up to 1 by how much
// of its rows they leave out on their way from one row to the next.
func (c *Contraction) leftOut(t machine.Target, p *Plan, m *ir.Mem) float64 {
	row := c.rowStep(t, m)
	if p.Vec == nil || row == 0 || naive.Stride(m, p.Vec) != 1 || p.Width(t, p.Vec) >= row && !p.crosses(m) {
		return 0
	}
	return 1 - 0.25*math.Min(1, float64(p.Width(t, p.Vec))/float64(row))
}

// BeyondFirst reports whether the first cache holds too little of an operand to count.
func (c *Contraction) BeyondFirst(m *ir.Mem, t machine.Target) bool {
	return naive.Footprint(m, c.g.Outer, c.Main.Nest.Reduce) > FarRows*float64(t.First)
}

// inOneGo reports whether the tiles of a plan go through all of an operand that the
// first cache does not hold from its first element to its last.
func (c *Contraction) inOneGo(t machine.Target, p *Plan) bool {
	return slices.ContainsFunc(c.Loads, func(m *ir.Mem) bool {
		return p.Vec != nil && c.rowStep(t, m) > 0 && naive.Stride(m, p.Vec) == 1 && c.leftOut(t, p, m) == 0
	})
}

// onceOnly reports whether each element of an operand is in one term only.
func (c *Contraction) onceOnly(m *ir.Mem) bool {
	return naive.Footprint(m, c.g.Outer, c.Main.Nest.Reduce) == 4*naive.Volume(c.g.Outer)*c.Terms
}

// inOnePass reports whether m comes from beyond the second cache, and each of its elements is needed
// by a single tile.
func (c *Contraction) inOnePass(t machine.Target, p *Plan, m *ir.Mem) bool {
	if !c.g.Contraction || t.Lanes == 1 || p.Vec == nil || 4*m.Buf.Size() <= t.Second || naive.Stride(m, p.Vec) != 1 || c.overlaps(m) {
		return false
	}
	return !slices.ContainsFunc(c.g.Outer, func(a ir.Axis) bool {
		return naive.Stride(m, a.Var) == 0 && p.Width(t, a.Var) < a.Size
	})
}

// pieceLines is the lines of a row of an operand that a tile takes before it goes on to the next
// row: one, unless it takes the row's vectors side by side.
func (c *Contraction) pieceLines(t machine.Target, p *Plan, m *ir.Mem) float64 {
	if p.Vec == nil || naive.Stride(m, p.Vec) != 1 {
		return 1
	}
	row := naive.SizeOf(c.g.Outer, p.Vec)
	return math.Max(1, float64(row)/float64(naive.CeilDiv(row, p.Width(t, p.Vec)))/machine.LineFloats)
}

// inPieces is how much longer an operand takes to arrive from beyond the second cache
// where each tile takes a piece of a few lines of many rows.
func (c *Contraction) inPieces(t machine.Target, p *Plan, m *ir.Mem) float64 {
	if t.Lanes == 1 || c.leftOut(t, p, m) == 0 {
		return 1
	}
	return 1 + pieceWait*math.Max(0, wholePiece/c.pieceLines(t, p, m)-1)
}

// A piece of wholePiece lines takes as long for each of them as longer pieces; each piece waits for
// its first line, for pieceWait of that time.
const (
	wholePiece = 8
	pieceWait  = 0.1
)

// crosses reports whether a tile has several places of m beside its vectors.
func (p *Plan) crosses(m *ir.Mem) bool {
	for v, n := range p.Tile {
		if v != p.Vec && n > 1 && naive.Stride(m, v) != 0 {
			return true
		}
	}
	return false
}

// rowStep is how far apart in memory the rows of an operand are that a sum takes
// one by one, or 0 where it takes no rows or the first cache holds them all.
func (c *Contraction) rowStep(t machine.Target, m *ir.Mem) int {
	if 4*m.Buf.Size() <= t.First {
		return 0
	}
	return max(0, naive.Stride(m, c.Main.Nest.Reduce[len(c.Main.Nest.Reduce)-1].Var))
}

// foresee unrolls the sum of a plan as far as the machine foresees what it loads.
func (c *Contraction) foresee(t machine.Target, p *Plan) {
	for _, m := range c.Loads {
		row := c.rowStep(t, m)
		if row == 0 || naive.Stride(m, p.Vec) != 1 || c.leftOut(t, p, m) > 0 {
			continue
		}
		for i := range p.Passes {
			pp := &p.Passes[i]
			pp.Unroll = max(1, min(pp.Unroll, machine.ForeseenStep/(4*row)))
		}
	}
}
