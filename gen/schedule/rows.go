package schedule

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// rowsPlan is the plan with the lanes along the given outer axis, or, where it
// is nil, along whatever inner axis suits each pass.
func rowsPlan(g *group, t Target, vec *ir.Axis) *plan {
	p := &plan{tile: map[*ir.Var]int{}}
	for _, a := range g.outer {
		if vec == nil || a.Var != vec.Var {
			p.order = append(p.order, a)
		}
	}
	lanes := 1.0
	if vec != nil {
		p.vec = vec.Var
		p.order = append(p.order, *vec)
		lanes = float64(vec.Size) / float64(naive.CeilDiv(vec.Size, t.Lanes))
	}
	rows := rowsWork{points: naive.Volume(g.outer), reuse: 1}
	for _, ps := range g.passes {
		w, loads := ps.weigh()
		pp, perVec := rowsPass(ps, w, t), lanes
		if vec == nil {
			pp.vec, perVec = innerVec(ps, t)
			p.cycles += rows.points * 8
		} else {
			rows.reuse = max(rows.reuse, pointsAtOnce(ps, w, t))
		}
		p.cycles += rows.points * naive.Volume(ps.inner) * math.Max(w/2, float64(loads)/t.Loads) / perVec
		rows.weight += w * naive.Volume(ps.inner)
		if len(ps.inner) > 0 {
			rows.steps += naive.Volume(ps.inner)
		}
		p.passes = append(p.passes, pp)
	}
	if vec == nil {
		p.pairRows(g, t)
	} else {
		p.hold = vec.Var
		p.alongRows(g, t, *vec, rows)
		p.cycles = math.Max(p.cycles+rows.points/lanes*2, rows.latency(p.tile[vec.Var], *vec, t))
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
func (r rowsWork) latency(tile int, vec ir.Axis, t Target) float64 {
	rounds := r.points / float64(vec.Size) * float64(naive.CeilDiv(naive.CeilDiv(vec.Size, t.Lanes), tile))
	return rounds * r.steps * t.Latency
}

// weigh is the weight of a point of the pass, and the number of its loads.
func (ps *pass) weigh() (w float64, loads int) {
	for _, s := range ps.stages {
		w += naive.Weight(s.nest.Value) + 1
		loads += len(s.nest.Value.Loads())
	}
	return w, loads
}

// rowsPass unrolls a pass of which a point weighs w.
func rowsPass(ps *pass, w float64, t Target) passPlan {
	pp := passPlan{unroll: unrollFor(ps, w, t)}
	pp.split = pp.unroll
	for _, s := range ps.stages {
		if s.nest.Op == ir.ReduceArgMax {
			pp.split = 1 // positions of partial results are not comparable
		}
	}
	return pp
}

// pointsAtOnce is how many vectors of points a pass computes side by side, so that light
// ones share the loop and long chains do not wait for themselves.
func pointsAtOnce(ps *pass, w float64, t Target) int {
	n := 1
	if len(ps.inner) > 0 || w < 30 {
		n = max(n, min(4, int(math.Ceil(32/w))))
	}
	if len(ps.inner) == 0 && w >= longChain && w < mostWork {
		n = max(n, t.chains())
	}
	return n
}

// alongRows chooses how many vectors of a row a tile has, and how its sums are split.
func (p *plan) alongRows(g *group, t Target, vec ir.Axis, rows rowsWork) {
	vectors := naive.CeilDiv(vec.Size, t.Lanes)
	tile := min(rows.reuse, vectors)
	if g.spreads() != nil {
		tile = vectors
	} else if t.Lanes > 1 && g.streamed() {
		tile = 1 // each load goes on line by line
	} else if n := g.farSums(t); n > 0 {
		tile = max(tile, min(vectors, t.Registers*5/4/n)) // whole rows come as they lie
	} else if rows.weight*float64(vectors) <= 64 {
		tile = vectors // a short row needs no loop
	}
	p.tile[vec.Var] = tile
	for i := range p.passes {
		pp := &p.passes[i]
		split := min(pp.split, sumsInTurn/tile)
		pp.unroll = max(1, pp.unroll/tile)
		if pp.split = 1; t.Lanes > 1 && split > 1 && naive.Volume(g.passes[i].inner) >= 2*sumsInTurn {
			pp.split, pp.unroll = split, max(pp.unroll, split)
		}
	}
}

// sumsInTurn is how many sums a plan of rows has at least, so that each has time to
// end before the next term of it comes; few terms are soon added up.
const sumsInTurn = 4

// endsRow reports whether n makes a row of single numbers that the group has from rows as
// short: the registers hold what both read.
func (g *group) endsRow(n *ir.Nest, t Target) bool {
	return t.Lanes > 1 && len(g.outer) == 0 && g.reduces() && len(n.Reduce) == 0 && !n.Accumulate && len(n.Gathers) == 0 && t.holdsRow(int(naive.Volume(n.Axes)))
}
