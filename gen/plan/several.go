package plan

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// sideBySide is how many rows are taken at a time that consist of short pieces which lie side by
// side, row by row, as groups of channels do: the lines that they share are then read once.
// piece gives the axis that goes along the pieces in each pass, and its size.
func (g *Group) sideBySide(row ir.Axis, piece func(pass int) (*ir.Var, int), t machine.Target) int {
	sums, shared := 1, false
	for i, ps := range g.Passes {
		v, size := piece(i)
		n := 0
		for _, s := range ps.Stages {
			if s.Reduces() {
				n++
			}
			for _, m := range s.Nest.Value.Loads() {
				if v != nil && naive.Contiguous(m) == v && size <= machine.LineFloats && m.Step(row.Var) == size && len(s.Nest.Reduce) > 0 {
					shared = true
				}
			}
		}
		sums = max(sums, n)
	}
	if !shared {
		return 1
	}
	rows := 1
	for 2*rows <= row.Size && 2*rows*sums <= t.Registers*5/8 {
		rows *= 2
	}
	return rows
}

// severalRows takes several rows of sums at a time whose pieces lie side by side.
func (p *Plan) severalRows(g *Group, t machine.Target, vec ir.Axis) {
	if t.Lanes == 1 || g.Spreads() != nil || len(p.Order) < 2 {
		return
	}
	row := p.Order[len(p.Order)-2]
	if p.Tile[vec.Var] > 1 || slices.Contains(g.Serial, row.Var) {
		return
	}
	rows := g.sideBySide(row, func(int) (*ir.Var, int) { return vec.Var, vec.Size }, t)
	if rows == 1 {
		return
	}
	p.Tile[row.Var] = rows
	for i := range p.Passes {
		pp := &p.Passes[i]
		pp.Split, pp.Unroll = max(1, min(pp.Split, SumsInTurn/rows)), max(1, pp.Unroll/rows)
	}
}
