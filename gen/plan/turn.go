package plan

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// turning is the time in which a part of a square of as many rows and columns as
// a vector has lanes is turned, where one side has no more than the given
// elements: a short side needs fewer exchanges, and has less to load or to store.
func turning(side int, t machine.Target) float64 {
	share := 1.0
	switch {
	case 4*side <= t.Lanes:
		share = 0.4
	case 2*side <= t.Lanes:
		share = 0.6
	}
	return share * 0.3125 * float64(t.Lanes*t.Lanes)
}

// turnPlan plans a group that does nothing but turn an array; nil for any other.
func turnPlan(g *Group, t machine.Target) *Plan {
	if t.Lanes == 1 || len(g.Stages) != 1 || len(g.Passes) != 1 || len(g.Passes[0].Inner) > 0 || len(g.Serial) > 0 {
		return nil
	}
	along := naive.TurnOf(g.Stages[0].Nest)
	if along == nil || !naive.Has(g.Outer, along.From) || !naive.Has(g.Outer, along.To) {
		return nil
	}
	p := &Plan{Tile: map[*ir.Var]int{along.From: t.Lanes, along.To: t.Lanes}, Turn: along}
	squares, side := 1.0, t.Lanes
	var last []ir.Axis
	for _, a := range g.Outer {
		if a.Var == along.From || a.Var == along.To {
			last = append(last, a)
			squares *= float64(naive.CeilDiv(a.Size, t.Lanes))
			side = min(side, a.Size)
			continue
		}
		p.Order = append(p.Order, a)
		squares *= float64(a.Size)
	}
	p.Order = append(p.Order, last...)
	p.Passes = []PassPlan{{Unroll: 1, Split: 1}}
	p.Cycles = squares * (turning(side, t) + 4)
	return p
}
