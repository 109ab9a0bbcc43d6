package plan

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// ChooseTile plans a contraction: which index is the vector, which outer index
// shares the registers with it, and how large the tile is. It returns nil where
// no index can be the vector. What a tile takes to compute bounds its cost from below,
// so that those beyond the best cost so far need no loops around them.
func ChooseTile(g *Group, t machine.Target) *Plan {
	c := NewContraction(g)
	tiles := c.tiles(t)
	order := make([]int, len(tiles))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(tiles[i].work, tiles[j].work), i-j) })
	share := 1.0
	if g.Contraction {
		share += hidden
	}
	var best *Plan
	least := math.Inf(1)
	for _, i := range order {
		x := tiles[i]
		if x.work*share >= least {
			break
		}
		p := c.around(t, x)
		if k := p.Cycles + (share-1)*p.Work; k < least {
			best, least = p, k*0.9999
		}
	}
	return best
}

// hidden is the price of a contraction's work for which the core has time while
// data arrive.
const hidden = 0.01

// around is the plan with the best loops around a tile.
func (c *Contraction) around(t machine.Target, x tile) *Plan {
	steps := c.Terms
	if x.sum != nil {
		steps = c.stepsAlong(x.sum, t)
	}
	_, holdA := c.cost(t, x.shape, x.onA.Var, x.onB.Var, steps, x.sum != nil)
	p := newTilePlan(x.onA, x.onB, x.a, x.b, holdA)
	sums := x.a * x.b * c.g.Results()
	if x.sum != nil {
		p.Passes = c.passPlans(x.sum, x.onA.Var, sums, x.split)
	} else {
		p.Vec = x.onA.Var
		p.Passes = c.passPlans(nil, nil, sums, x.split)
		if x.b == 1 {
			c.foresee(t, p)
		}
	}
	p.Work = x.work
	p.Cycles = c.arrange(t, p, x.onA, x.onB, p.Work)
	return p
}

// Contraction is a group seen as its main sum of products.
type Contraction struct {
	g     *Group
	Main  *fuse.Stage
	Loads []*ir.Mem
	// spread are those whose elements are spread over lanes.
	spread map[*ir.Mem]bool
	// products is the number of multiplications for one term of the sum.
	products float64
	// Terms is the number of terms, rounds how often the innermost loop over
	// them is entered.
	Terms, rounds float64
	// permuted are the orders of a few loops.
	permuted [][]ir.Axis
	// known is what has been found out of operands.
	known map[*ir.Mem]Operand
}

// NewContraction finds the main sum of a group that has one.
func NewContraction(g *Group) *Contraction {
	c := &Contraction{g: g, known: map[*ir.Mem]Operand{}, spread: map[*ir.Mem]bool{}}
	for _, s := range g.Stages {
		if !g.IsMain(s) {
			continue
		}
		if c.Main == nil || naive.Volume(s.Nest.Reduce) > naive.Volume(c.Main.Nest.Reduce) {
			c.Main = s
		}
	}
	c.Loads = distinct(c.Main.Nest.Value.Loads())
	c.Main.Nest.Value.Walk(func(e *ir.Expr) {
		if e.Load == nil && e.Op == ir.Mul {
			c.products++
		}
		if e.Load == nil && e.Op == ir.Spread {
			i := slices.IndexFunc(c.Loads, func(m *ir.Mem) bool { return naive.SameMem(m, e.Args[0].Load) })
			c.spread[c.Loads[i]] = true
		}
	})
	c.products = math.Max(c.products, 1)
	c.Terms = naive.Volume(c.Main.Nest.Reduce)
	c.rounds = c.Terms / float64(c.Main.Nest.Reduce[len(c.Main.Nest.Reduce)-1].Size)
	return c
}

// IsMain reports whether a stage may be the sum that a tile of the group is planned for.
func (g *Group) IsMain(s *fuse.Stage) bool {
	return naive.IsTiled(s.Nest) || g.Partial && naive.SumsProducts(s.Nest)
}

func distinct(ms []*ir.Mem) []*ir.Mem {
	var out []*ir.Mem
	for _, m := range ms {
		dup := false
		for _, o := range out {
			dup = dup || naive.SameMem(o, m)
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
// axis A at all, on A alone, and on B alone; and those that it spreads over lanes.
type stepLoads struct{ all, alongA, onA, onB, spread float64 }

// loadsPerStep counts the loads of one step of a tile.
func (c *Contraction) loadsPerStep(t machine.Target, s shape, a, b *ir.Var) (l stepLoads) {
	slides := c.windows(t, s, a, b)
	for _, m := range c.Loads {
		n := c.places(m)
		if a != nil && naive.Spacing(m, a) > 0 {
			n *= spacedLoads(naive.Spacing(m, a))
		}
		da := a != nil && naive.Stride(m, a) != 0
		db := b != nil && naive.Stride(m, b) != 0
		if da {
			n *= float64(s.a)
		}
		if db && slides {
			n *= c.slidLoads(m, s, b)
		} else if db {
			n *= float64(s.b)
		}
		l.all += n
		if c.spread[m] {
			l.all, l.spread = l.all+n*float64(s.a-1), l.spread+n*float64(s.a) // each vector has its own
		}
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
func (c *Contraction) places(m *ir.Mem) float64 {
	n := 1.0
	for _, a := range c.g.Abreast {
		if naive.Stride(m, a.Var) != 0 {
			n *= float64(a.Size)
		}
	}
	return n
}

// cost is the time of one tile with the given number of steps, or infinity
// where it does not fit the registers. The sum's lanes are combined at the end
// where dot is set. What a core does at a time: two multiplications and
// some loads, one exchange of lanes, between four and five instructions of any kind.
func (c *Contraction) cost(t machine.Target, s shape, a, b *ir.Var, steps float64, dot bool) (cycles float64, holdA bool) {
	width := float64(c.g.Results())
	acc := float64(s.a*s.b) * width
	l := c.loadsPerStep(t, s, a, b)
	holdA = l.onA <= l.onB
	live := math.Min(l.onA, l.onB) + 1 + float64(len(c.spread))
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
		s.b *= c.g.Results()
		pieces := float64(bits.OnesCount(uint(s.a))) // stores of 4, 2 and 1 lanes
		swaps = float64(s.b) * (2*float64(s.a) + pieces)
		extra += float64(s.b * s.a)
		instr += 1.5*swaps + float64(s.b)*pieces
	}
	cycles = (steps*(fma+l.spread) + extra) / 2
	cycles = math.Max(cycles, steps*l.spread)
	wide := l.alongA // the lanes of a tile with dot are along the sum, those of another along A
	if dot {
		wide = l.all
	}
	narrow := l.all - wide
	cycles = math.Max(cycles, steps*((wide+c.crossings(t, s, a, b, dot))/t.Loads+narrow/narrowLoads))
	cycles += crowded * steps * narrow * (1/t.Loads - 1/narrowLoads)
	cycles += 0.75 * steps * over // a load and a store
	cycles = math.Max(cycles, (steps*(fma+l.all+l.spread+0.7)+instr+6)/4.5)
	cycles = math.Max(cycles, swaps)
	// Not all of what a tile ends with overlaps the next one, nor does what a
	// loop around the innermost one takes.
	vectors := acc
	if dot {
		vectors = float64(s.b)
	}
	if c.g.Partial {
		cycles += partialWait * vectors
	}
	// A wait for the sums before is shorter than the loads on some machines only.
	chain := steps * 4 / float64(s.split)
	if !c.g.Contraction && t.Loads < narrowLoads {
		cycles += 0.05 * math.Max(0, chain-cycles/2)
	}
	cycles = math.Max(cycles, inTime(t, steps, steps*fma/2, chain))
	return cycles + 4 + 0.15*(swaps+instr) + 1.5*(c.rounds-1) + c.g.TailWork()/2*vectors/width, holdA
}

// inMemory reports whether some of a tile's sums may stay in memory: those of one row
// of a matrix that is used once, for which the second cache takes longer.
func (c *Contraction) inMemory(t machine.Target, s shape) bool {
	return t.Lanes > 1 && !c.g.Contraction && s.b == 1 && s.split == 1 && s.a <= t.MostSums() && c.g.Results() == 1
}

// partialWait is the cycles for each vector of a tile that is added to what parts of
// the sum before it left in memory: the tile ends with a wait for it.
const partialWait = 3

// total sums a cost over the blocks of the two tile axes.
func total(sizeA, sizeB, tileA, tileB int, cost func(a, b int) float64) float64 {
	sum := 0.0
	for _, x := range Blocks(sizeA, tileA) {
		for _, y := range Blocks(sizeB, tileB) {
			sum += float64(x.Count*y.Count) * cost(x.Size, y.Size)
		}
	}
	return sum
}

// Run is a number of blocks of one size.
type Run struct{ Start, Count, Size int }

// Blocks divides n into ceil(n/most) blocks whose sizes differ by at most one,
// the larger ones first.
func Blocks(n, most int) []Run {
	k := naive.CeilDiv(n, most)
	q, r := n/k, n%k
	var out []Run
	if r > 0 {
		out = append(out, Run{0, r, q + 1})
	}
	if q > 0 && k > r {
		out = append(out, Run{r * (q + 1), k - r, q})
	}
	return out
}

// tails are the stages without inner loops: what follows the sum.
func (c *Contraction) tails() []*fuse.Stage {
	var out []*fuse.Stage
	for _, s := range c.g.Stages {
		if len(s.Nest.Reduce) == 0 {
			out = append(out, s)
		}
	}
	return out
}

// passPlans plans the inner loops of all passes: the sums unrolled by a few
// steps, whatever else is in the group along its own loops.
func (c *Contraction) passPlans(vec, lanes *ir.Var, tile, split int) []PassPlan {
	var out []PassPlan
	for _, ps := range c.g.Passes {
		pp := PassPlan{Unroll: 1, Split: 1}
		if len(ps.Inner) > 0 {
			pp.Split = split
			pp.Vec, pp.Lanes = vec, lanes
			pp.Unroll = 4
			if tile <= 4 {
				pp.Unroll = 8
			}
		}
		out = append(out, pp)
	}
	return out
}
