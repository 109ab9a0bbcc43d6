package schedule

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
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
	best := math.Inf(1)
	for _, order := range c.orders(t, p, a, b) {
		work, wait := tiles, traffic{}
		touched, sets := c.workingSets(t, p, order)
		var panels []*panel
		for i, m := range c.loads {
			plain := c.fetch(t, p, order, touched[i], sets, m)
			pn := c.newPanel(t, p, order, sets, m)
			if pn != nil && pn.cycles+pn.wait.exposed() < plain.exposed() {
				panels = append(panels, pn)
				work += pn.cycles
				plain = pn.wait
			}
			wait = wait.plus(plain)
		}
		late := wait.exposed()
		if c.g.contraction {
			late += wait.pressing(t, work)
		}
		cycles := math.Max(math.Max(work+late, wait.all()), c.storing(t, p))
		if cycles < best {
			best, p.order, p.panels = cycles, order, panels
		}
	}
	if p.order != nil {
		p.loopFirst(t, len(c.g.serial))
	}
	return best
}

// loopFirst moves the first loop of more than one turn before those of one, after
// the serial ones, so that a call may be a part of it; no panel may be copied between
// them.
func (p *plan) loopFirst(t Target, serial int) {
	at := slices.IndexFunc(p.order[serial:], func(a ir.Axis) bool { return a.Size > p.width(t, a.Var) })
	if at <= 0 || slices.ContainsFunc(p.panels, func(pn *panel) bool { return pn.depth <= serial+at }) {
		return
	}
	at += serial
	p.order = naive.Join(p.order[:serial], p.order[at:at+1], p.order[serial:at], p.order[at+1:])
}

// orders lists the loop orders to consider: all of up to three loops, else those
// of the tile's axes with the others before, between or after them. An axis that is
// one turn for the plan stands outside, where it costs nothing.
func (c *contraction) orders(t Target, p *plan, a, b ir.Axis) [][]ir.Axis {
	n := len(c.g.serial)
	first, free := c.g.outer[:n], c.g.outer[n:]
	if len(free) <= 3 {
		if c.permuted == nil {
			for _, p := range permutations(free) {
				c.permuted = append(c.permuted, naive.Join(first, p))
			}
		}
		return c.permuted
	}
	var tile, others []ir.Axis
	for _, o := range free {
		switch {
		case o.Size <= p.width(t, o.Var):
			first = naive.Join(first, []ir.Axis{o})
		case o.Var != a.Var && o.Var != b.Var:
			others = append(others, o)
		default:
			tile = append(tile, o)
		}
	}
	around := [][]ir.Axis{others}
	if len(others) <= 3 {
		around = permutations(others)
	}
	var out [][]ir.Axis
	for _, p := range permutations(tile) {
		for _, others := range around {
			for at := 0; at <= len(p); at++ {
				out = append(out, naive.Join(first, p[:at], others, p[at:]))
			}
		}
	}
	return out
}

// permutations lists the orders of a few axes, the given one first.
func permutations(axes []ir.Axis) [][]ir.Axis {
	if len(axes) == 0 {
		return [][]ir.Axis{nil}
	}
	var out [][]ir.Axis
	for i, first := range axes {
		rest := append(append([]ir.Axis(nil), axes[:i]...), axes[i+1:]...)
		for _, p := range permutations(rest) {
			out = append(out, append([]ir.Axis{first}, p...))
		}
	}
	return out
}

// traffic is the time that data take to arrive from the second cache (near),
// and from beyond it (far), in cycles, and the number of pages whose addresses
// have to be looked up again.
type traffic struct{ near, far, pages float64 }

func (w traffic) plus(v traffic) traffic {
	return traffic{w.near + v.near, w.far + v.far, w.pages + v.pages}
}

// exposed is what of it computation does not hide.
func (w traffic) exposed() float64 { return 0.17*w.near + 0.5*w.far + 2*w.pages }

// pressing is what more of it shows where vectors are whole lines, and the second
// cache has little time to spare beside the work.
func (w traffic) pressing(t Target, work float64) float64 {
	if t.Lanes < lineFloats {
		return 0
	}
	return 0.5 * math.Max(0, w.near-work/2)
}

// all is the least time in which everything can arrive.
func (w traffic) all() float64 { return w.near + w.far + 2*w.pages }

// The bytes a cycle that arrive from beyond the first and the second cache.
const (
	fromSecond = 40.0
	fromThird  = 12.0
)

// inOrder is the bytes a cycle that arrive from beyond the first cache where one comes
// after the other: more by whole lines.
func (t Target) inOrder() float64 {
	if t.Lanes < lineFloats {
		return fromSecond
	}
	return 1.3 * fromSecond
}

// footprint is the bytes of operand m that all the given axes reach.
func footprint(m *ir.Mem, axes ...[]ir.Axis) float64 {
	bytes := 4.0
	for _, s := range m.Subs {
		bytes *= float64(reached(s, axes...))
	}
	return bytes
}

// reached is how many values a subscript takes over the axes: those of a window
// overlap.
func reached(s ir.Sub, axes ...[]ir.Axis) int {
	span, all := 1, 1
	for _, t := range s.Terms {
		n := 1
		for _, list := range axes {
			n = max(n, naive.SizeOf(list, t.Var))
		}
		span += max(t.Coef, -t.Coef) * (n - 1)
		all *= n
	}
	return min(span, all)
}

// width is the number of elements of an outer axis in a tile.
func (p *plan) width(t Target, v *ir.Var) int {
	if v == p.vec {
		return p.tileOf(v) * t.Lanes
	}
	return p.tileOf(v)
}

// fetch estimates the traffic of an operand that the loop order fetches again
// and again; it is infinite where the operand has to be copied.
func (c *contraction) fetch(t Target, p *plan, order []ir.Axis, touched, sets []float64, m *ir.Mem) traffic {
	if v := p.vec; t.Lanes > 1 {
		if v == nil {
			v = p.sumVec()
		}
		if v != nil && naive.Stride(m, v) != 0 && naive.Contiguous(m) != v && naive.Spacing(m, v) == 0 {
			return traffic{far: math.Inf(1)}
		}
	}
	cur := touched[len(order)]
	total := cur
	crowding := c.crowding(p, m)
	near, far := cur*crowding, cur
	facts := c.operand(t, m)
	hold := facts.capacity
	if crowding > 1 && naive.Contiguous(m) == p.vec {
		hold.first = 0
	}
	between := sets[len(order)] // what is touched before an element is used again
	for i := len(order) - 1; i >= 0; i-- {
		o := order[i]
		trips := float64(naive.CeilDiv(o.Size, p.width(t, o.Var)))
		total = touched[i]
		again := func(fetched, capacity float64, cache int) float64 {
			if cur > capacity || between > float64(cache) {
				return fetched * trips
			}
			return fetched * total / cur
		}
		near, far = again(near, hold.first, t.First), again(far, hold.second, t.Second)
		if total > cur {
			between = sets[i]
		}
		cur = total
	}
	if 4*m.Buf.Size() <= t.Second {
		far -= total // it is there from the start
	} else if facts.slides && jumps(t, p, order, m) {
		far *= 2
	} else if c.g.contraction {
		far *= c.inPieces(t, p, m)
	}
	if facts.once {
		left := c.leftOut(t, p, m)
		near *= 1 + unforeseen*left
		if left == 0 {
			hold.pages = 0 // one after the other
			near *= fromSecond / t.inOrder()
		}
	}
	return traffic{near: near / fromSecond, far: math.Max(far, 0) / fromThird, pages: near / (4 * lineFloats) * hold.pages}
}

// workingSets are the bytes of each operand, and of all together, that the loops of
// an order touch from the i-th on, for each i up to that of a single tile: an
// operand is found in a cache again where everything that is touched in between
// fits beside it. Code without vectors is too slow to wait for memory.
func (c *contraction) workingSets(t Target, p *plan, order []ir.Axis) (each [][]float64, all []float64) {
	n := len(order) + 1
	numbers := make([]float64, n*(len(c.loads)+1))
	all, numbers = numbers[:n], numbers[n:]
	each = make([][]float64, len(c.loads))
	for k := range each {
		each[k], numbers = numbers[:n], numbers[n:]
	}
	extents := make([]ir.Axis, 0, len(c.g.outer)+len(c.g.abreast)+len(c.main.nest.Reduce))
	for _, a := range c.g.outer {
		extents = append(extents, ir.Axis{Var: a.Var, Size: min(a.Size, p.width(t, a.Var))})
	}
	extents = append(append(extents, c.g.abreast...), c.main.nest.Reduce...)
	for i := len(order); i >= 0; i-- {
		if i < len(order) {
			k := slices.IndexFunc(extents, func(a ir.Axis) bool { return a.Var == order[i].Var })
			extents[k].Size = order[i].Size
		}
		for k, m := range c.loads {
			each[k][i] = lines(m, extents) * lineFloats * 4
			if t.Lanes > 1 {
				all[i] += each[k][i]
			}
		}
	}
	return each, all
}

// lines counts the cache lines of an operand that the axes reach.
func lines(m *ir.Mem, axes []ir.Axis) float64 {
	n := 1.0
	last := naive.Innermost(m)
	for d, s := range m.Subs {
		k := float64(reached(s, axes))
		if d == last {
			k = math.Ceil(k / lineFloats)
		}
		n *= k
	}
	return n
}
