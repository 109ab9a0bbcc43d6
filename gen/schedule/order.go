package schedule

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

// newTilePlan is a plan with a tile of a by b, its loops not yet in order.
func newTilePlan(a, b ir.Axis, tileA, tileB int, holdA bool) *plan {
	p := &plan{tile: map[*ir.Var]int{}, hold: b.Var}
	if a.Var != nil {
		p.tile[a.Var] = tileA
		if holdA {
			p.hold = a.Var
		}
	}
	if b.Var != nil {
		p.tile[b.Var] = tileB
	}
	return p
}

// arrange orders the loops around the tile and decides which operands are
// copied into panels. It returns the cycles in all, given those of the tiles:
// most of what is fetched arrives while the tiles are computed.
func (c *contraction) arrange(t Target, p *plan, a, b ir.Axis, tiles float64) float64 {
	var base []ir.Axis
	for _, o := range c.g.outer {
		if o.Var != a.Var && o.Var != b.Var {
			base = append(base, o)
		}
	}
	orders := [][]ir.Axis{{a, b}, {b, a}}
	best := math.Inf(1)
	for _, tail := range orders {
		order := append([]ir.Axis(nil), base...)
		for _, x := range tail {
			if x.Var != nil {
				order = append(order, x)
			}
		}
		work, wait := tiles, 0.0
		var panels []*panel
		for _, m := range c.loads {
			plain := c.fetch(t, p, order, m)
			pn := c.newPanel(t, p, order, m)
			if pn != nil && pn.cycles+pn.wait*exposed < plain*exposed {
				panels = append(panels, pn)
				work += pn.cycles
				plain = pn.wait
			}
			wait += plain
		}
		cycles := math.Max(work, wait) + exposed*math.Min(work, wait)
		if cycles < best {
			best, p.order, p.panels = cycles, order, panels
		}
	}
	return best
}

// exposed is the part of a fetch that computation does not hide.
const exposed = 0.15

// The caches that costs are estimated for, in bytes, and the bytes a cycle
// that arrive from beyond the first and the second.
const (
	firstCache  = 28 << 10
	secondCache = 900 << 10
	fromSecond  = 40.0
	fromThird   = 12.0
)

// footprint is the bytes of operand m that all the given axes reach.
func footprint(f ir.Sub, axes ...[]ir.Axis) float64 {
	bytes := 4.0
	for _, list := range axes {
		for _, x := range list {
			if f.Coef(x.Var) != 0 {
				bytes *= float64(x.Size)
			}
		}
	}
	return bytes
}

// width is the number of elements of an outer axis in a tile.
func (p *plan) width(t Target, v *ir.Var) int {
	if v == p.vec {
		return p.tileOf(v) * t.Lanes
	}
	return p.tileOf(v)
}

// fetch estimates the cycles lost to an operand that the loop order fetches
// again and again from beyond the first cache.
func (c *contraction) fetch(t Target, p *plan, order []ir.Axis, m *ir.Mem) float64 {
	f := m.Flat()
	if v := p.vec; t.Lanes > 1 {
		if v == nil {
			v = p.sumVec()
		}
		if v != nil && stride(m, v) != 0 && contiguous(m) != v {
			return math.Inf(1) // it has to be copied
		}
	}
	all := footprint(f, c.g.outer, c.main.nest.Reduce)
	trips, below := 1.0, all
	for _, o := range order {
		w := p.width(t, o.Var)
		if f.Coef(o.Var) != 0 {
			below *= float64(min(w, o.Size)) / float64(o.Size)
			continue
		}
		if below > firstCache || below > 1024 && c.conflicts(m, f) {
			trips *= float64(ceilDiv(o.Size, w))
		}
	}
	rate := fromSecond
	if all > secondCache {
		rate = fromThird
	}
	if c.conflicts(m, f) {
		rate /= 3
	}
	return all * trips / rate
}
