package plan

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// windows reports whether the terms of a tile may be ordered by what they load:
// those of the innermost axis are spelled out, and what else they need for one
// element has registers beside the sums.
func (c *Contraction) windows(t machine.Target, s shape, a, b *ir.Var) bool {
	last := c.Main.Nest.Reduce[len(c.Main.Nest.Reduce)-1]
	if t.Lanes == 1 || b == nil || last.Size > MostSlid || len(c.g.Abreast) > 0 {
		return false
	}
	others := len(c.spread) // an order of lanes each
	for _, m := range c.Loads {
		if naive.Stride(m, last.Var) != 0 && naive.Stride(m, b) == 0 {
			n := last.Size
			if a != nil && naive.Stride(m, a) != 0 {
				n *= s.a
			}
			others += n
		}
	}
	return s.a*s.b*s.split+others+1 <= t.Registers
}

// MostSlid is the size of an innermost axis up to which its terms are spelled out.
const MostSlid = 5

// slidLoads is how many elements of m along b are loaded for a term, where a window
// slides through the tile.
func (c *Contraction) slidLoads(m *ir.Mem, s shape, b *ir.Var) float64 {
	last := c.Main.Nest.Reduce[len(c.Main.Nest.Reduce)-1]
	for _, x := range m.Subs {
		if x.Coef(b) != 0 && x.Coef(last.Var) != 0 {
			return float64(naive.Reached(x, []ir.Axis{{Var: b, Size: s.b}, last})) / float64(last.Size)
		}
	}
	return float64(s.b)
}

// spacedLoads is how much longer a vector takes to load than another one whose elements are
// k apart: what is loaded for it serves its neighbours too.
func spacedLoads(k int) float64 {
	if k%2 == 1 {
		return float64(k)
	}
	return float64(2*k - 1)
}
