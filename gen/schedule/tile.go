package schedule

import (
	"math"
	"math/bits"

	"github.com/dlgen/dlgen/gen/ir"
)

// chooseTile plans a contraction: which index is the vector, which outer index
// shares the registers with it, and how large the tile is. It returns nil where
// no index can be the vector.
func chooseTile(g *group, t Target) *plan {
	c := newContraction(g)
	var best *plan
	consider := func(p *plan) {
		k := p.cycles
		if g.contraction {
			k += hidden * p.work
		}
		if k < c.best {
			best, c.best = p, k*0.9999
		}
	}
	free := g.outer[len(g.serial):]
	for _, v := range free {
		if !c.fits(v.Var, t) {
			continue
		}
		for _, r := range append([]ir.Axis{{}}, free...) {
			if r.Var != v.Var {
				c.directPlans(t, v, r, consider)
			}
		}
	}
	if t.Lanes > 1 {
		for _, v := range c.main.nest.Reduce {
			if !c.fits(v.Var, t) {
				continue
			}
			for _, a := range append([]ir.Axis{{}}, free...) {
				for _, r := range append([]ir.Axis{{}}, free...) {
					if r.Var == nil || r.Var != a.Var {
						c.dotPlans(t, v, a, r, consider)
					}
				}
			}
		}
	}
	return best
}

// hidden is the price of a contraction's work for which the core has time while
// data arrive.
const hidden = 0.01

// fits reports whether v can be the vector: the operands of the sum are
// contiguous or constant along it, or can be transposed; the rest must fit.
func (c *contraction) fits(v *ir.Var, t Target) bool {
	sum := *c.main
	for _, m := range c.loads {
		if t.Lanes > 1 && stride(m, v) != 0 && contiguous(m) == nil {
			return false
		}
	}
	nest := *sum.nest
	nest.Value = ir.RealExpr(0)
	sum.nest = &nest
	if has(c.main.nest.Reduce, v) {
		return lanesFit([]*stage{&sum}, v, t)
	}
	return lanesFit(append(c.tails(), &sum), v, t)
}

// contraction is a group seen as its main sum of products.
type contraction struct {
	g     *group
	main  *stage
	loads []*ir.Mem
	// products is the number of multiplications for one term of the sum.
	products float64
	// steps is the number of terms, rounds how often the innermost loop over
	// them is entered.
	steps, rounds float64
	// best is the cost of the best plan so far.
	best float64
	// permuted are the orders of a few loops.
	permuted [][]ir.Axis
	// held remembers the capacities of operands.
	held map[*ir.Mem]capacity
}

func newContraction(g *group) *contraction {
	c := &contraction{g: g, best: math.Inf(1), held: map[*ir.Mem]capacity{}}
	for _, s := range g.stages {
		if !isDot(s.nest) && !(g.partial && sumsProducts(s.nest)) {
			continue
		}
		if c.main == nil || volume(s.nest.Reduce) > volume(c.main.nest.Reduce) {
			c.main = s
		}
	}
	c.loads = distinct(c.main.nest.Value.Loads())
	c.main.nest.Value.Walk(func(e *ir.Expr) {
		if e.Load == nil && e.Op == ir.Mul {
			c.products++
		}
	})
	c.products = math.Max(c.products, 1)
	c.steps = volume(c.main.nest.Reduce)
	c.rounds = c.steps / float64(c.main.nest.Reduce[len(c.main.nest.Reduce)-1].Size)
	return c
}

func distinct(ms []*ir.Mem) []*ir.Mem {
	var out []*ir.Mem
	for _, m := range ms {
		dup := false
		for _, o := range out {
			dup = dup || sameMem(o, m)
		}
		if !dup {
			out = append(out, m)
		}
	}
	return out
}

// shape is a register tile: a blocks of axis A by b of axis B.
type shape struct {
	a, b, split int
}

// stepLoads is how many operands one step of a tile loads: all, those that depend on the
// axis A at all, on A alone, and on B alone.
type stepLoads struct{ all, alongA, onA, onB float64 }

// loadsPerStep counts the loads of one step of a tile.
func (c *contraction) loadsPerStep(t Target, s shape, a, b *ir.Var) (l stepLoads) {
	slides := c.windows(t, s, a, b)
	for _, m := range c.loads {
		n := c.places(m)
		if a != nil && spaced(m, a) {
			n *= spacedLoads
		}
		da := a != nil && stride(m, a) != 0
		db := b != nil && stride(m, b) != 0
		if da {
			n *= float64(s.a)
		}
		if db && slides {
			n *= c.slidLoads(m, s, b)
		} else if db {
			n *= float64(s.b)
		}
		l.all += n
		if da {
			l.alongA += n
		}
		if da && !db {
			l.onA += n
		}
		if db && !da {
			l.onB += n
		}
	}
	return l
}

// narrowLoads is how many single elements a core loads in a cycle, for all lanes of a
// vector each; crowded is what of the time that vectors would take it still does,
// where it loads fewer of those.
const (
	narrowLoads = 2.0
	crowded     = 0.2
)

// places is the number of places along the axes abreast that an operand has.
func (c *contraction) places(m *ir.Mem) float64 {
	n := 1.0
	for _, a := range c.g.abreast {
		if stride(m, a.Var) != 0 {
			n *= float64(a.Size)
		}
	}
	return n
}

// cost is the time of one tile with the given number of steps, or infinity
// where it does not fit the registers. The sum's lanes are combined at the end
// where dot is set. What a core does at a time: two multiplications and
// some loads, one exchange of lanes, between four and five instructions of any kind.
func (c *contraction) cost(t Target, s shape, a, b *ir.Var, steps float64, dot bool) (cycles float64, holdA bool) {
	width := float64(c.g.width())
	acc := float64(s.a*s.b) * width
	l := c.loadsPerStep(t, s, a, b)
	holdA = l.onA <= l.onB
	live := math.Min(l.onA, l.onB) + 1
	if c.products > 1 {
		live += c.products
	}
	over := math.Max(0, acc*float64(s.split)+live-float64(t.Registers))
	if over > 0 && !c.inMemory(t, s) {
		return math.Inf(1), holdA
	}
	fma := acc * c.products
	extra, swaps := acc*float64(s.split-1)+acc*0.5, 0.0
	instr := acc * (1.5 + float64(s.split))
	if dot {
		s.b *= c.g.width()
		pieces := float64(bits.OnesCount(uint(s.a))) // stores of 4, 2 and 1 lanes
		swaps = float64(s.b) * (2*float64(s.a) + pieces)
		extra += float64(s.b * s.a)
		instr += 1.5*swaps + float64(s.b)*pieces
	}
	cycles = (steps*fma + extra) / 2
	wide := l.alongA // the lanes of a tile with dot are along the sum, those of another along A
	if dot {
		wide = l.all
	}
	narrow := l.all - wide
	cycles = math.Max(cycles, steps*((wide+c.crossings(t, s, a, b, dot))/t.Loads+narrow/narrowLoads))
	cycles += crowded * steps * narrow * (1/t.Loads - 1/narrowLoads)
	cycles += 0.75 * steps * over // a load and a store
	cycles = math.Max(cycles, (steps*(fma+l.all+0.7)+instr+6)/4.5)
	cycles = math.Max(cycles, swaps)
	// Not all of what a tile ends with overlaps the next one, nor does what a
	// loop around the innermost one takes.
	vectors := acc
	if dot {
		vectors = float64(s.b)
	}
	if c.g.partial {
		cycles += partialWait * vectors
	}
	// A wait for the sums before is shorter than the loads on some machines only.
	chain := steps * 4 / float64(s.split)
	if !c.g.contraction && t.Loads < narrowLoads {
		cycles += 0.05 * math.Max(0, chain-cycles/2)
	}
	cycles = math.Max(cycles, inTime(t, steps, steps*fma/2, chain))
	return cycles + 4 + 0.15*(swaps+instr) + 1.5*(c.rounds-1) + c.g.tailWork()/2*vectors/width, holdA
}

// inMemory reports whether some of a tile's sums may stay in memory: those of one row
// of a matrix that is used once, for which the second cache takes longer.
func (c *contraction) inMemory(t Target, s shape) bool {
	return t.Lanes > 1 && !c.g.contraction && s.b == 1 && s.split == 1 && s.a <= t.mostSums() && c.g.width() == 1
}

// partialWait is the cycles for each vector of a tile that is added to what parts of
// the sum before it left in memory: the tile ends with a wait for it.
const partialWait = 3

// total sums a cost over the blocks of the two tile axes.
func total(sizeA, sizeB, tileA, tileB int, cost func(a, b int) float64) float64 {
	sum := 0.0
	for _, x := range blocks(sizeA, tileA) {
		for _, y := range blocks(sizeB, tileB) {
			sum += float64(x.count*y.count) * cost(x.size, y.size)
		}
	}
	return sum
}

// run is a number of blocks of one size.
type run struct{ start, count, size int }

// blocks divides n into ceil(n/most) blocks whose sizes differ by at most one,
// the larger ones first.
func blocks(n, most int) []run {
	k := ceilDiv(n, most)
	q, r := n/k, n%k
	var out []run
	if r > 0 {
		out = append(out, run{0, r, q + 1})
	}
	if q > 0 && k > r {
		out = append(out, run{r * (q + 1), k - r, q})
	}
	return out
}

// directPlans proposes tiles with the lanes along the outer axis v.
func (c *contraction) directPlans(t Target, v, r ir.Axis, consider func(*plan)) {
	vectors := ceilDiv(v.Size, t.Lanes)
	rows := max(r.Size, 1)
	others := volume(c.g.outer) / float64(v.Size) / float64(rows)
	fewest := 1
	if c.g.spreads() == v.Var {
		fewest = vectors
	}
	for a := fewest; a <= min(vectors, max(t.side(), t.mostSums())); a++ {
		if a > t.side() && a < vectors {
			continue // more sums than that are a whole row's
		}
		for b := 1; b <= min(rows, t.side()); b++ {
			share := c.clippedShare(t, v, r, a, b) * c.summedShare(t, r, b)
			for split := 1; split <= 8 && (a*b*split*c.g.width() <= t.Registers-2 || c.inMemory(t, shape{a, b, split})) && float64(split) <= c.steps; split *= 2 {
				cycles := total(vectors, rows, a, b, func(x, y int) float64 {
					k, _ := c.cost(t, shape{x, y, split}, v.Var, r.Var, c.steps, false)
					return k
				}) * share
				if !(cycles*others < c.best) {
					continue
				}
				_, holdA := c.cost(t, shape{a, b, split}, v.Var, r.Var, c.steps, false)
				p := newTilePlan(v, r, a, b, holdA)
				p.vec = v.Var
				p.passes = c.passPlans(nil, nil, a*b*c.g.width(), split)
				if b == 1 {
					c.foresee(t, p)
				}
				p.work = cycles * others
				p.cycles = c.arrange(t, p, v, r, p.work)
				consider(p)
			}
		}
	}
}

// dotPlans proposes tiles with the lanes along the reduction axis v; the tile
// axis a, contiguous in the store, becomes the lanes of the result.
func (c *contraction) dotPlans(t Target, v, a, r ir.Axis, consider func(*plan)) {
	rowsA, rowsB := max(a.Size, 1), max(r.Size, 1)
	if a.Var != nil {
		for _, s := range c.g.stages {
			if s.store && stride(&s.nest.Store, a.Var) != 1 {
				return
			}
		}
		if !lanesFit(c.tails(), a.Var, t) {
			return
		}
	}
	others := volume(c.g.outer) / float64(rowsA) / float64(rowsB)
	steps := c.steps / float64(v.Size) * float64(ceilDiv(v.Size, t.Lanes))
	for x := 1; x <= min(rowsA, t.Lanes); x++ {
		for y := 1; y <= min(rowsB, t.Lanes); y++ {
			for split := 1; split <= 8 && x*y*split*c.g.width() <= t.Registers-2 && float64(split) <= steps; split *= 2 {
				cycles := total(rowsA, rowsB, x, y, func(i, j int) float64 {
					k, _ := c.cost(t, shape{i, j, split}, a.Var, r.Var, steps, true)
					return k
				})
				if !(cycles*others < c.best) {
					continue
				}
				_, holdA := c.cost(t, shape{x, y, split}, a.Var, r.Var, steps, true)
				p := newTilePlan(a, r, x, y, holdA)
				p.passes = c.passPlans(v.Var, a.Var, x*y*c.g.width(), split)
				p.work = cycles * others
				p.cycles = c.arrange(t, p, a, r, p.work)
				consider(p)
			}
		}
	}
}

// tails are the stages without inner loops: what follows the sum.
func (c *contraction) tails() []*stage {
	var out []*stage
	for _, s := range c.g.stages {
		if len(s.nest.Reduce) == 0 {
			out = append(out, s)
		}
	}
	return out
}

// passPlans plans the inner loops of all passes: the sums unrolled by a few
// steps, whatever else is in the group along its own loops.
func (c *contraction) passPlans(vec, lanes *ir.Var, tile, split int) []passPlan {
	var out []passPlan
	for _, ps := range c.g.passes {
		pp := passPlan{unroll: 1, split: 1}
		if len(ps.inner) > 0 {
			pp.split = split
			pp.vec, pp.lanes = vec, lanes
			pp.unroll = 4
			if tile <= 4 {
				pp.unroll = 8
			}
		}
		out = append(out, pp)
	}
	return out
}
