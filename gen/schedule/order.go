package schedule

import (
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
// copied into panels, and returns the cycles that memory costs then.
func (c *contraction) arrange(t Target, p *plan, a, b ir.Axis) float64 {
	var base []ir.Axis
	for _, o := range c.g.outer {
		if o.Var != a.Var && o.Var != b.Var {
			base = append(base, o)
		}
	}
	orders := [][]ir.Axis{{a, b}, {b, a}}
	best := -1.0
	for _, tail := range orders {
		order := append([]ir.Axis(nil), base...)
		for _, x := range tail {
			if x.Var != nil {
				order = append(order, x)
			}
		}
		cycles := 0.0
		var panels []*panel
		for _, m := range c.loads {
			plain := c.fetch(t, p, order, m)
			pn := c.newPanel(t, p, order, m)
			if pn != nil && pn.cycles < plain {
				plain = pn.cycles
				panels = append(panels, pn)
			}
			cycles += plain
		}
		if best < 0 || cycles < best {
			best, p.order, p.panels = cycles, order, panels
		}
	}
	return best
}

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
	all := footprint(f, c.g.outer, c.main.nest.Reduce)
	trips, below := 1.0, all
	for _, o := range order {
		w := p.width(t, o.Var)
		if f.Coef(o.Var) != 0 {
			below *= float64(min(w, o.Size)) / float64(o.Size)
			continue
		}
		if below > firstCache || below > 1024 && c.conflicts(t, p, m, f) {
			trips *= float64(ceilDiv(o.Size, w))
		}
	}
	rate := fromSecond
	if all > secondCache {
		rate = fromThird
	}
	if c.conflicts(t, p, m, f) {
		rate /= 3
	}
	return all * trips / rate
}

// conflicts reports whether the rows of an operand's tile fall on few lines of
// the first cache: they are a multiple of 1 KiB apart.
func (c *contraction) conflicts(t Target, p *plan, m *ir.Mem, f ir.Sub) bool {
	rows, step := 1, 0
	for _, x := range c.main.nest.Reduce {
		if k := f.Coef(x.Var) * 4; k != 0 && k%1024 == 0 {
			rows *= x.Size
			step = k
		}
	}
	return step != 0 && rows*1024/min(step, 4096) > 16 && rows > 16
}

// panel is a contiguous copy of the part of an operand that a tile of one
// outer loop uses, made before the loops inside it.
type panel struct {
	mem *ir.Mem
	// depth is the number of outer loops around the copy.
	depth int
	// rows are the reduction axes that the operand depends on.
	rows []ir.Axis
	// cols is the number of elements in a row.
	cols   int
	cycles float64
}

// newPanel is the copy of a vector operand that some inner loop uses again, or
// nil where there is none to make.
func (c *contraction) newPanel(t Target, p *plan, order []ir.Axis, m *ir.Mem) *panel {
	if t.Lanes == 1 || p.vec == nil || stride(m, p.vec) != 1 || len(c.main.nest.Gathers) > 0 {
		return nil
	}
	f := m.Flat()
	pn := &panel{mem: m, cols: p.width(t, p.vec)}
	copies, reuse := 1.0, 1.0
	for i, o := range order {
		n := float64(ceilDiv(o.Size, p.width(t, o.Var)))
		if f.Coef(o.Var) == 0 {
			reuse *= n
			continue
		}
		if o.Var != p.vec && p.tileOf(o.Var) > 1 {
			return nil
		}
		pn.depth = i + 1
		copies *= n * reuse
		reuse = 1
	}
	size := float64(pn.cols) * 4
	for _, x := range c.main.nest.Reduce {
		if f.Coef(x.Var) != 0 {
			pn.rows = append(pn.rows, x)
			size *= float64(x.Size)
		}
	}
	if reuse < 2 || len(pn.rows) == 0 || size > float64(t.FrameBytes)*0.7 {
		return nil
	}
	lines := size / 32
	rate := fromSecond
	if footprint(f, c.g.outer, c.main.nest.Reduce) > secondCache {
		rate = fromThird
	}
	pn.cycles = copies * (lines*2 + size/rate)
	if size > firstCache {
		pn.cycles += copies * reuse * size / fromSecond
	}
	return pn
}
