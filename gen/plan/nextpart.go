package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Onward is how far the next part of a sum is along an axis of it; there is none without one.
type Onward struct {
	Axis *ir.Var
	By   int
}

// NextParts are the operands of a part of a sum of which each step reads lines that are far
// apart, and which come from beyond the second cache: while a part is at hand, tiles ask for what
// the next one reads.
func (c *Contraction) NextParts(t machine.Target) []*ir.Mem {
	var out []*ir.Mem
	for _, m := range c.Loads {
		if c.asksOnward(t, m) {
			out = append(out, m)
		}
	}
	return out
}

// asksOnward reports whether m is one of them.
func (c *Contraction) asksOnward(t machine.Target, m *ir.Mem) bool {
	if c.g.Onward.Axis == nil || t.Lanes == 1 || len(c.Main.Nest.Gathers) > 0 {
		return false
	}
	last := c.Main.Nest.Reduce[len(c.Main.Nest.Reduce)-1].Var
	return 4*m.Buf.Size() > t.Second && naive.Stride(m, c.g.Onward.Axis) != 0 && naive.Stride(m, last) > machine.ForeseenApart && !c.overlaps(m)
}

// overlaps reports whether an axis of the result and one of the sum stand in one subscript of
// m: tiles read what others do, then.
func (c *Contraction) overlaps(m *ir.Mem) bool {
	return slices.ContainsFunc(c.g.Outer, func(a ir.Axis) bool {
		return !slices.Contains(c.g.Serial, a.Var) && len(c.along(m, a.Var)) > 0
	})
}
