package plan

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// newTilePlan is a plan with a tile of a by b, its loops not yet in order.
func newTilePlan(a, b ir.Axis, tileA, tileB int, holdA bool) *Plan {
	p := &Plan{Tile: map[*ir.Var]int{}, Hold: b.Var}
	if a.Var != nil {
		p.Tile[a.Var] = tileA
		if holdA {
			p.Hold = a.Var
		}
	}
	if b.Var != nil {
		p.Tile[b.Var] = tileB
	}
	return p
}

// arrange orders the loops around the tile and decides which operands are
// copied into panels. It returns the cycles in all, given those of the tiles:
// most of what is fetched arrives while the tiles are computed.
func (c *Contraction) arrange(t machine.Target, p *Plan, a, b ir.Axis, tiles float64) float64 {
	best := math.Inf(1)
	waits := 0.0 // part of the tiles, but arriving data do not hide it
	if c.g.Partial {
		waits = partialWait * naive.Volume(c.g.Outer) * float64(c.g.Results()) / float64(t.Lanes)
	}
	for _, order := range c.orders(t, p, a, b) {
		work, wait := tiles, Traffic{}
		touched, sets := c.workingSets(t, p, order)
		var panels []*Panel
		for i, m := range c.Loads {
			plain := c.fetch(t, p, order, touched[i], sets, m)
			pn := c.newPanel(t, p, order, sets, m)
			if pn != nil && pn.Cycles+pn.wait.Exposed() < plain.Exposed() {
				panels = append(panels, pn)
				work += pn.Cycles
				plain = pn.wait
			}
			wait = wait.plus(plain)
		}
		late := wait.Exposed()
		if c.g.Contraction {
			late += wait.pressing(t, work)
		}
		cycles := math.Max(math.Max(work+late, wait.all()+waits), c.storing(t, p))
		if cycles < best {
			best, p.Order, p.Panels = cycles, order, panels
		}
	}
	if p.Order != nil {
		p.loopFirst(t, len(c.g.Serial))
	}
	return best
}

// loopFirst moves the first loop of more than one turn before those of one, after
// the serial ones, so that a call may be a part of it; no panel may be copied between
// them.
func (p *Plan) loopFirst(t machine.Target, serial int) {
	at := slices.IndexFunc(p.Order[serial:], func(a ir.Axis) bool { return a.Size > p.Width(t, a.Var) })
	if at <= 0 || slices.ContainsFunc(p.Panels, func(pn *Panel) bool { return pn.Depth <= serial+at }) {
		return
	}
	at += serial
	p.Order = naive.Join(p.Order[:serial], p.Order[at:at+1], p.Order[serial:at], p.Order[at+1:])
}

// orders lists the loop orders to consider: all of up to three loops, else those
// of the tile's axes with the others before, between or after them. An axis that is
// one turn for the plan stands outside, where it costs nothing.
func (c *Contraction) orders(t machine.Target, p *Plan, a, b ir.Axis) [][]ir.Axis {
	n := len(c.g.Serial)
	first, free := c.g.Outer[:n], c.g.Outer[n:]
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
		case o.Size <= p.Width(t, o.Var):
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

// Traffic is the time that data take to arrive from the second cache (near),
// and from beyond it (far), in cycles, and the number of pages whose addresses
// have to be looked up again.
type Traffic struct{ Near, Far, pages float64 }

func (w Traffic) plus(v Traffic) Traffic {
	return Traffic{w.Near + v.Near, w.Far + v.Far, w.pages + v.pages}
}

// Exposed is what of it computation does not hide.
func (w Traffic) Exposed() float64 { return 0.17*w.Near + 0.5*w.Far + 2*w.pages }

// pressing is what more of it shows where vectors are whole lines, and the second
// cache has little time to spare beside the work.
func (w Traffic) pressing(t machine.Target, work float64) float64 {
	if t.Lanes < machine.LineFloats {
		return 0
	}
	return 0.5 * math.Max(0, w.Near-work/2)
}

// all is the least time in which everything can arrive.
func (w Traffic) all() float64 { return w.Near + w.Far + 2*w.pages }

// Width is the number of elements of an outer axis in a tile.
func (p *Plan) Width(t machine.Target, v *ir.Var) int {
	if v == p.Vec {
		return p.TileOf(v) * t.Lanes
	}
	return p.TileOf(v)
}

// fetch estimates the Traffic of an operand that the loop order fetches again
// and again; it is infinite where the operand has to be copied.
func (c *Contraction) fetch(t machine.Target, p *Plan, order []ir.Axis, touched, sets []float64, m *ir.Mem) Traffic {
	if v := p.Vec; t.Lanes > 1 {
		if v == nil {
			v = p.sumVec()
		}
		if v != nil && naive.Stride(m, v) != 0 && naive.Contiguous(m) != v && naive.Spacing(m, v) == 0 {
			return Traffic{Far: math.Inf(1)}
		}
	}
	cur := touched[len(order)]
	total := cur
	crowding := c.crowding(p, m)
	near, far := cur*crowding, cur
	facts := c.Operand(t, m)
	hold := facts.capacity
	if crowding > 1 && naive.Contiguous(m) == p.Vec {
		hold.First = 0
	}
	between := sets[len(order)] // what is touched before an element is used again
	for i := len(order) - 1; i >= 0; i-- {
		o := order[i]
		total = touched[i]
		trips := c.trips(t, p, o, m)
		again := func(fetched, capacity float64, cache int) float64 {
			if cur > capacity || between > float64(cache) {
				return fetched * trips
			}
			return fetched * total / cur
		}
		near, far = again(near, hold.First, t.First), again(far, hold.second, t.Second)
		if total > cur {
			between = sets[i]
		}
		cur = total
	}
	onePass := c.inOnePass(t, p, m)
	if 4*m.Buf.Size() <= t.Second {
		far -= total // it is there from the start
	} else if facts.slides && jumps(t, p, order, m) {
		far *= 2
	} else if c.g.Contraction && (onePass || !c.asksOnward(t, m)) {
		far *= c.inPieces(t, p, m)
	}
	if facts.Once {
		left := c.leftOut(t, p, m)
		near *= 1 + unforeseen*left
		if left == 0 {
			hold.pages = 0 // one after the other
			near *= machine.FromSecond / t.InOrder()
		}
	}
	pages := near / (4 * machine.LineFloats) * hold.pages / c.pieceLines(t, p, m)
	if onePass {
		near = math.Max(0, near-total) // it comes from beyond the second cache only
	}
	return Traffic{near / machine.FromSecond, math.Max(far, 0) / machine.FromThird, pages}
}

// trips is how often a loop goes through what a tile takes of an operand; where it is another part
// of it each time, the last one may be smaller.
func (c *Contraction) trips(t machine.Target, p *Plan, o ir.Axis, m *ir.Mem) float64 {
	width := p.Width(t, o.Var)
	if naive.Stride(m, o.Var) == 0 {
		return float64(naive.CeilDiv(o.Size, width))
	}
	return math.Max(1, float64(o.Size)/float64(width))
}

// workingSets are the bytes of each operand, and of all together, that the loops of
// an order touch from the i-th on, for each i up to that of a single tile: an
// operand is found in a cache again where everything that is touched in between
// fits beside it. Code without vectors is too slow to wait for memory.
func (c *Contraction) workingSets(t machine.Target, p *Plan, order []ir.Axis) (each [][]float64, all []float64) {
	n := len(order) + 1
	numbers := make([]float64, n*(len(c.Loads)+1))
	all, numbers = numbers[:n], numbers[n:]
	each = make([][]float64, len(c.Loads))
	for k := range each {
		each[k], numbers = numbers[:n], numbers[n:]
	}
	extents := make([]ir.Axis, 0, len(c.g.Outer)+len(c.g.Abreast)+len(c.Main.Nest.Reduce))
	for _, a := range c.g.Outer {
		extents = append(extents, ir.Axis{Var: a.Var, Size: min(a.Size, p.Width(t, a.Var))})
	}
	extents = append(append(extents, c.g.Abreast...), c.Main.Nest.Reduce...)
	for i := len(order); i >= 0; i-- {
		if i < len(order) {
			k := slices.IndexFunc(extents, func(a ir.Axis) bool { return a.Var == order[i].Var })
			extents[k].Size = order[i].Size
		}
		for k, m := range c.Loads {
			each[k][i] = lines(m, extents) * machine.LineFloats * 4
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
		k := float64(naive.Reached(s, axes))
		if d == last {
			k = math.Ceil(k / machine.LineFloats)
		}
		n *= k
	}
	return n
}
