package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// NextRows is an operand that comes from beyond the second cache, the same number for
// all lanes, of which each tile reads rows of its own: the tiles before ask for them,
// since more rows at a time than the machine foresees arrive too late.
type NextRows struct {
	Mem *ir.Mem
	// Axis is the loop that goes on to the next rows, windows are the axes of the sum
	// that slide in the same direction.
	Axis    *ir.Var
	Windows []ir.Axis
}

// RowsToAskFor are those of a contraction's sum.
func (c *Contraction) RowsToAskFor(t machine.Target, p *Plan) []NextRows {
	if !c.g.Contraction || t.Lanes == 1 || p.Vec == nil || len(c.Main.Nest.Gathers) > 0 {
		return nil
	}
	last := c.Main.Nest.Reduce[len(c.Main.Nest.Reduce)-1]
	var out []NextRows
	for _, m := range c.Loads {
		if 4*m.Buf.Size() <= t.Second || naive.Stride(m, p.Vec) != 0 || naive.Stride(m, last.Var) != 1 || last.Size < 2*machine.LineFloats {
			continue
		}
		if a := c.goesOn(t, p, m); a != nil {
			out = append(out, NextRows{m, a, c.along(m, a)})
		}
	}
	return out
}

// goesOn is the innermost loop around tiles that changes what they read of m, nil where
// they find it in the second cache since a loop around made them read it before, or
// where a tile is one row.
func (c *Contraction) goesOn(t machine.Target, p *Plan, m *ir.Mem) *ir.Var {
	var axis *ir.Var
	var inside []ir.Axis
	for _, o := range slices.Backward(p.Order) {
		switch n := p.Width(t, o.Var); {
		case naive.Stride(m, o.Var) != 0 && axis == nil && (n == 1 || n >= o.Size):
			return nil
		case naive.Stride(m, o.Var) != 0:
			if axis == nil {
				axis = o.Var
			}
			inside = append(inside, o)
		case axis != nil && n < o.Size && naive.Footprint(m, inside, c.Main.Nest.Reduce) <= float64(t.Second):
			return nil
		}
	}
	return axis
}

// along are the axes of the sum in the subscripts of m that the axis a is in.
func (c *Contraction) along(m *ir.Mem, a *ir.Var) []ir.Axis {
	var out []ir.Axis
	for _, s := range m.Subs {
		for _, r := range c.Main.Nest.Reduce {
			if s.Coef(a) != 0 && s.Coef(r.Var) != 0 {
				out = append(out, r)
			}
		}
	}
	return out
}
