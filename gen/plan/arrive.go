package plan

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// fromThird is the bytes a cycle that arrive from beyond the second cache: few
// where the rows are short and far apart, which the machine does not foresee.
func (pn *Panel) fromThird() float64 {
	step, reach := math.MaxInt, 0
	rows, run := pn.memoryRows()
	for _, r := range rows {
		if c := naive.Stride(pn.Mem, r.Var); c > 0 {
			step = min(step, c)
			reach += c * (r.Size - 1)
		}
	}
	if step < 16*machine.LineFloats || run >= 4 {
		return machine.FromThird
	}
	rate := machine.FromThird * float64(max(run, 1)) / 4
	if reach > machine.ForeseenPages*machine.PageFloats {
		rate /= 2
	}
	return rate
}

// memoryRows are the axes along which the panel's operand goes on from one row in
// memory to the next, and the number of whole cache lines in a row.
func (pn *Panel) memoryRows() (rows []ir.Axis, lines int) {
	if !pn.Transposed() {
		return pn.Rows, pn.Cols / machine.LineFloats
	}
	for _, r := range pn.Rows {
		if r.Var == pn.Along {
			lines = r.Size / machine.LineFloats
		} else {
			rows = append(rows, r)
		}
	}
	return append(rows, ir.Axis{Var: pn.Vec, Size: pn.Cols}), lines
}

// Foreseen reports whether the machine fetches the panel's rows ahead of time by
// itself.
func (pn *Panel) Foreseen() bool { return !pn.Transposed() && pn.fromThird() == machine.FromThird }

// arriving is the bytes of a panel that arrive in a cycle from beyond the second cache.
// What is asked for long before its time drives itself out of that cache where rows are
// far apart.
func (c *Contraction) arriving(t machine.Target, pn *Panel) float64 {
	lines, hold := naive.Volume(pn.Rows)*machine.LineFloats*4, c.Operand(t, pn.Mem).capacity
	switch rate := pn.fromThird(); {
	case pn.Ahead > 0:
		return rate
	case rate == machine.FromThird && lines > hold.second:
		return rate / 2
	case lines > 2*hold.apart:
		return rate * 2 / 3
	default:
		return rate
	}
}

// fewestAhead is how many times the rows that are asked for ahead a panel has at least: the
// first ones are not.
const fewestAhead = 16

// rowsAhead is how many rows ahead a tile asks for those that it copies, so that they
// are there in time: 0 where it takes more than arrives meanwhile, or parts of lines, or
// where the next rows in memory are not those of the panel.
func (c *Contraction) rowsAhead(p *Plan, pn *Panel) int {
	if pn.Transposed() || pn.Foreseen() || len(c.g.Abreast) > 0 || pn.Cols%machine.LineFloats != 0 {
		return 0
	}
	sums := float64(c.g.Results() * p.TileSize())
	step := sums * c.products / 2
	rows := int(math.Ceil(machine.AheadCycles / step))
	for k, r := range pn.Rows {
		if k > 0 && naive.Stride(pn.Mem, pn.Rows[k-1].Var) != r.Size*naive.Stride(pn.Mem, r.Var) {
			return 0
		}
	}
	if float64(4*pn.Cols) > machine.FromThird*step || naive.Volume(pn.Rows) < float64(fewestAhead*rows) {
		return 0
	}
	return rows
}
