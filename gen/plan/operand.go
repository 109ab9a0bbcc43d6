package plan

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Operand is what a contraction knows of an operand, whatever the tile.
type Operand struct {
	capacity
	// slides, Once and Inside are what slides, onceOnly and inside say.
	slides, Once, Inside bool
}

// Operand finds out about an operand, the first time.
func (c *Contraction) Operand(t machine.Target, m *ir.Mem) Operand {
	o, ok := c.known[m]
	if !ok {
		o = Operand{c.capacities(t, m), c.slides(m), c.onceOnly(m), Inside(m, c.g.Outer, c.g.Abreast, c.Main.Nest.Reduce)}
		c.known[m] = o
	}
	return o
}

// capacity is the bytes of an operand that the first and the second cache hold, and
// apart those that the second one holds if each page is anywhere in memory; pages is
// how many addresses of pages are looked up for each line, where a tile goes through
// more of them than the machine remembers.
type capacity struct{ First, second, apart, pages float64 }

// mostLines bounds how many addresses are looked at.
const mostLines = 1 << 13

// capacities are the bytes of an operand that the caches hold: less than their
// size where the lines of one tile compete for a few sets.
func (c *Contraction) capacities(t machine.Target, m *ir.Mem) capacity {
	lines := c.linesOf(m)
	var first [machine.FirstSets]bool
	var second [machine.SecondSets]bool
	inFirst, inSecond, pages := 0, 0, 0
	for k, line := range lines {
		if k == 0 || line*machine.LineFloats/machine.PageFloats != lines[k-1]*machine.LineFloats/machine.PageFloats {
			pages++
		}
		if s := line & (machine.FirstSets - 1); !first[s] {
			first[s] = true
			inFirst++
		}
		if s := line & (machine.SecondSets - 1); !second[s] {
			second[s] = true
			inSecond++
		}
	}
	out := capacity{First: float64(t.First), second: float64(t.Second), apart: float64(inFirst * machine.SecondSets / machine.FirstSets * machine.SecondWays * 64)}
	if pages > machine.KnownPages {
		out.pages = float64(pages) / float64(len(lines))
	}
	// Where all lines are in sets of their own, none competes.
	if inFirst < machine.FirstSets && inFirst < len(lines) {
		out.First = math.Min(out.First, float64(inFirst*machine.FirstWays*64))
	}
	if inSecond < machine.SecondSets && inSecond < len(lines) {
		out.second = math.Min(out.second, float64(inSecond*machine.SecondWays*64))
	}
	return out
}

// linesOf lists the lines of an operand that one point of the outer loops takes, in
// the order of their addresses: those of its first elements, where there are many.
func (c *Contraction) linesOf(m *ir.Mem) []int {
	seen := 0
	var lines []int
	f := m.Flat()
	var visit func(axes []ir.Axis, at int)
	visit = func(axes []ir.Axis, at int) {
		if len(axes) == 0 {
			seen++
			if line := at / machine.LineFloats; len(lines) == 0 || lines[len(lines)-1] != line {
				lines = append(lines, line)
			}
			return
		}
		step := f.Coef(axes[0].Var)
		for k := 0; k < axes[0].Size && seen < mostLines && (k == 0 || step != 0); k++ {
			visit(axes[1:], at+k*step)
		}
	}
	visit(naive.Join(c.Main.Nest.Reduce, c.g.Abreast), 0)
	slices.Sort(lines)
	return slices.Compact(lines)
}

// Inside reports whether an operand's subscripts stay in its shape for all
// values of the axes, those that ranges exclude as well.
func Inside(m *ir.Mem, lists ...[]ir.Axis) bool {
	for d, s := range m.Subs {
		if lo, hi := naive.Extent(s, lists...); lo < 0 || hi >= m.Buf.Shape[d] {
			return false
		}
	}
	return true
}

// fewestTerms is the number of terms along an axis that a part of a sum has at least.
const fewestTerms = 8

// KnownRows is the number of terms along an axis of the sum that operands have in
// so few pages that the machine remembers them while tiles go through all of a
// page's lines; half of those that it knows, since rows begin anywhere in a page.
// There is no limit where the whole sum is in as few.
func (c *Contraction) KnownRows(r *ir.Var, t machine.Target) int {
	most := math.MaxInt
	for _, m := range c.Loads {
		if step := naive.Stride(m, r); step > 0 && c.Operand(t, m).pages > 0 {
			most = min(most, max(fewestTerms, machine.KnownPages/2*machine.PageFloats/min(step, machine.PageFloats)))
		}
	}
	return most
}
