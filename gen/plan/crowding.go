package plan

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// crowding is how often a tile fetches each line of an operand: once for every
// element, or every term of a window, where the lines of the tile's rows compete
// for the same sets of the first cache, so that they drive each other out.
func (c *Contraction) crowding(p *Plan, m *ir.Mem) float64 {
	const (
		apart   = machine.FirstSets * machine.LineFloats // so far apart are elements in the same set
		crowded = 1024 / 4                               // rows that are a multiple of this apart share few sets
		free    = 2                                      // ways for the other operands
	)
	along := naive.Contiguous(m)
	most := 1.0
	for v, rows := range p.Tile {
		step := naive.Stride(m, v)
		if along == nil || v == p.Vec || step == 0 || step%crowded != 0 || rows*min(step, apart) <= (machine.FirstWays-free)*apart {
			continue
		}
		if naive.Has(c.Main.Nest.Reduce, along) {
			return machine.LineFloats
		}
		if taps := c.taps(m, v); along == p.Vec {
			most = max(most, float64(rows*taps)/float64(rows+taps-1))
		}
	}
	return most
}

// taps is the size of the reduction's axis that slides m along v, 1 where none
// does.
func (c *Contraction) taps(m *ir.Mem, v *ir.Var) int {
	for _, s := range m.Subs {
		for _, r := range c.Main.Nest.Reduce {
			if s.Coef(v) != 0 && s.Coef(r.Var) != 0 {
				return r.Size
			}
		}
	}
	return 1
}

// crossings counts the loads of a step that touch two cache lines: those of
// vectors as long as a line, from rows that do not begin with one. A load
// counts twice then.
func (c *Contraction) crossings(t machine.Target, s shape, a, b *ir.Var, dot bool) float64 {
	if t.Lanes < machine.LineFloats {
		return 0
	}
	sum := 0.0
	for _, m := range c.Loads {
		last := naive.Innermost(m)
		onA := a != nil && naive.Stride(m, a) != 0
		if last <= 0 || m.Buf.Shape[last]%machine.LineFloats == 0 || !onA && !dot {
			continue
		}
		n := c.places(m)
		if onA {
			n *= float64(s.a)
		}
		if b != nil && naive.Stride(m, b) != 0 {
			n *= float64(s.b)
		}
		sum += n
	}
	return sum
}
