package plan

import (
	"math"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// rowsPlan is the plan with the lanes along the given outer axis, or, where it
// is nil, along whatever inner axis suits each pass.
func rowsPlan(g *Group, t machine.Target, vec *ir.Axis) *Plan {
	p := &Plan{Tile: map[*ir.Var]int{}}
	for _, a := range g.Outer {
		if vec == nil || a.Var != vec.Var {
			p.Order = append(p.Order, a)
		}
	}
	lanes := 1.0
	if vec != nil {
		p.Vec = vec.Var
		p.Order = append(p.Order, *vec)
		lanes = float64(vec.Size) / float64(naive.CeilDiv(vec.Size, t.Lanes))
	}
	rows := rowsWork{points: naive.Volume(g.Outer), reuse: 1}
	for _, ps := range g.Passes {
		w, loads := weigh(ps)
		pp, perVec := rowsPass(ps, w, t), lanes
		if vec == nil {
			pp.Vec, perVec = innerVec(ps, t)
			p.Cycles += rows.points * 8
		} else {
			rows.reuse = max(rows.reuse, pointsAtOnce(ps, w, t))
		}
		p.Cycles += rows.points * naive.Volume(ps.Inner) * math.Max(w/2, float64(loads)/t.Loads) / perVec
		rows.weight += w * naive.Volume(ps.Inner)
		if len(ps.Inner) > 0 {
			rows.steps += naive.Volume(ps.Inner)
		}
		p.Passes = append(p.Passes, pp)
	}
	if vec == nil {
		p.pairRows(g, t)
	} else {
		p.Hold = vec.Var
		p.alongRows(g, t, *vec, rows)
		p.severalRows(g, t, *vec)
		p.Cycles = math.Max(p.Cycles+rows.points/lanes*2, rows.latency(p.Tile[vec.Var], *vec, t))
	}
	return p
}

// rowsWork is what the passes of a plan of rows do: the number of points, the weight of
// each and the terms of its sums, and how many vectors of points hide what they wait for.
type rowsWork struct {
	points, weight, steps float64
	reuse                 int
}

// latency is the least time in cycles: a sum in one register takes the latency of an
// addition for each term.
func (r rowsWork) latency(tile int, vec ir.Axis, t machine.Target) float64 {
	rounds := r.points / float64(vec.Size) * float64(naive.CeilDiv(naive.CeilDiv(vec.Size, t.Lanes), tile))
	return rounds * r.steps * t.Latency
}

// weigh is the weight of a point of the pass, and the number of its loads.
func weigh(ps *fuse.Pass) (w float64, loads int) {
	for _, s := range ps.Stages {
		w += naive.Weight(s.Nest.Value) + 1
		loads += len(s.Nest.Value.Loads())
	}
	return w, loads
}

// rowsPass unrolls a pass of which a point weighs w.
func rowsPass(ps *fuse.Pass, w float64, t machine.Target) PassPlan {
	pp := PassPlan{Unroll: unrollFor(ps, w, t)}
	pp.Split = pp.Unroll
	for _, s := range ps.Stages {
		if s.Nest.Op == ir.ReduceArgMax {
			pp.Split = 1 // positions of partial results are not comparable
		}
	}
	return pp
}

// pointsAtOnce is how many vectors of points a pass computes side by side, so that light
// ones share the loop and long chains do not wait for themselves.
func pointsAtOnce(ps *fuse.Pass, w float64, t machine.Target) int {
	n := 1
	if len(ps.Inner) > 0 || w < 30 {
		n = max(n, min(4, int(math.Ceil(32/w))))
	}
	if len(ps.Inner) == 0 && w >= LongChain && w < mostWork {
		n = max(n, t.Chains())
	}
	return n
}

// alongRows chooses how many vectors of a row a tile has, and how its sums are split.
func (p *Plan) alongRows(g *Group, t machine.Target, vec ir.Axis, rows rowsWork) {
	vectors := naive.CeilDiv(vec.Size, t.Lanes)
	tile := min(rows.reuse, vectors)
	if g.Spreads() != nil {
		tile = vectors
	} else if t.Lanes > 1 && g.streamed(t) {
		tile = 1 // each load goes on line by line
	} else if n := g.farSums(t); n > 0 {
		tile = max(tile, min(vectors, t.Registers*5/4/n)) // whole rows come as they lie
	} else if rows.weight*float64(vectors) <= 64 {
		tile = vectors // a short row needs no loop
	}
	p.Tile[vec.Var] = tile
	for i := range p.Passes {
		pp := &p.Passes[i]
		split := min(pp.Split, SumsInTurn/tile)
		pp.Unroll = max(1, pp.Unroll/tile)
		if pp.Split = 1; t.Lanes > 1 && split > 1 && naive.Volume(g.Passes[i].Inner) >= 2*SumsInTurn {
			pp.Split, pp.Unroll = split, max(pp.Unroll, split)
		}
	}
}

// SumsInTurn is how many sums a plan of rows has at least, so that each has time to
// end before the next term of it comes; few terms are soon added up.
const SumsInTurn = 4

// LongChain is the number of statements of a point from which on the core does
// not see enough of the next points.
const LongChain = 12

// mostWork is the number of operations of a point up to which several are spelled
// out for that.
const mostWork = 150
