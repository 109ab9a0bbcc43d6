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

// foreseenApart is how far apart, in elements, the places may be that a step reads after the
// other for the machine to foresee them.
const foreseenApart = 4 * machine.LineFloats

// NextParts are the operands of a part of a sum of which each step reads lines that are far
// apart, and which come from beyond the second cache: while a part is at hand, tiles ask for what
// the next one reads.
func (c *contraction) NextParts(t machine.Target) []*ir.Mem {
	if c.g.Onward.Axis == nil || t.Lanes == 1 || len(c.main.Nest.Gathers) > 0 {
		return nil
	}
	last := c.main.Nest.Reduce[len(c.main.Nest.Reduce)-1].Var
	var out []*ir.Mem
	for _, m := range c.loads {
		if 4*m.Buf.Size() > t.Second && naive.Stride(m, c.g.Onward.Axis) != 0 && naive.Stride(m, last) > foreseenApart && !c.overlaps(m) {
			out = append(out, m)
		}
	}
	return out
}

// overlaps reports whether an axis of the result and one of the sum stand in one subscript of
// m: tiles read what others do, then.
func (c *contraction) overlaps(m *ir.Mem) bool {
	return slices.ContainsFunc(c.g.Outer, func(a ir.Axis) bool {
		return !slices.Contains(c.g.serial, a.Var) && len(c.along(m, a.Var)) > 0
	})
}
