package schedule

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// plan says how a group runs.
type plan struct {
	// order lists the outer axes, outermost first.
	order []ir.Axis
	// vec is the outer axis whose values fill the lanes, or nil.
	vec *ir.Var
	// tile is how many blocks of an outer axis a tile holds: vectors for vec,
	// single values for others; 1 where it is not mentioned.
	tile map[*ir.Var]int
	// hold is the tile axis that is innermost in the unrolled code: what
	// depends on it alone stays in registers.
	hold *ir.Var
	// panels are the operands that are copied.
	panels []*panel
	// turn says that the group turns an array, in squares; nil where it does not.
	turn *turn
	// passes has a plan for each pass of the group.
	passes []passPlan
	// cycles is the predicted time of the group; work is what of it a
	// contraction computes.
	cycles, work float64
}

// passPlan says how the inner loops of a pass run.
type passPlan struct {
	// vec is the inner axis whose values fill the lanes, or nil.
	vec *ir.Var
	// lanes is, for a reduction along vec, the outer axis whose tile becomes
	// the lanes of the result, or nil where the result is one number.
	lanes *ir.Var
	// unroll is the number of steps (vectors, for vec) of the innermost loop
	// that are spelled out.
	unroll int
	// split is the number of partial results of each accumulator.
	split int
}

// tileOf is the tile of an outer axis.
func (p *plan) tileOf(v *ir.Var) int {
	if n := p.tile[v]; n > 0 {
		return n
	}
	return 1
}

// tileSize is the number of blocks in a tile.
func (p *plan) tileSize() int {
	size := 1
	for _, n := range p.tile {
		size *= n
	}
	return size
}

// String says in a line what was decided.
func (p *plan) String() string {
	var parts []string
	for _, a := range p.order {
		s := a.Var.Name
		if n := p.tileOf(a.Var); a.Var == p.vec {
			s += fmt.Sprintf(" by %d vectors", n)
		} else if n > 1 {
			s += fmt.Sprintf(" by %d", n)
		}
		parts = append(parts, s)
	}
	text := "loops " + strings.Join(parts, ", ")
	for _, pp := range p.passes {
		if pp.vec != nil {
			text += "; vectors along " + pp.vec.Name
		}
	}
	for _, pn := range p.panels {
		text += "; panel of " + pn.mem.Buf.Name
		if pn.transposed() {
			text += ", transposed"
		}
	}
	if p.turn != nil {
		text += "; transposed"
	}
	return text
}

// choose finds the cheapest plan by counting.
func choose(g *group, t Target) *plan {
	rows := chooseRows(g, t)
	if len(g.abreast) > 0 {
		rows.cycles = math.Inf(1) // what stands abreast is a tile's
	}
	if g.hasOneSum() {
		if p := chooseTile(g, t); p != nil && (g.contraction || g.spreads() != nil || p.work < rows.cycles || newContraction(g).inOneGo(t, p)) {
			return p
		}
	}
	return rows
}

// hasOneSum reports whether the group is one sum of products and what is done
// with its result.
func (g *group) hasOneSum() bool {
	sums := 0
	for _, s := range g.stages {
		if len(s.axes()) > 0 {
			if !naive.IsTiled(s.nest) && !(g.partial && naive.SumsProducts(s.nest)) || g.feeds(s.nest) {
				return false
			}
			sums++
		}
	}
	return sums == 1 || sums > 0 && g.contraction
}

// The lanes of an argmax are compared as reals at the end, which tell mostPlaces apart; with
// less than fewestPlaces that takes longer than to compare the elements one by one.
const (
	mostPlaces   = 1 << 24
	fewestPlaces = 16
)

// placesFit reports whether the lanes of an argmax can be along v: each then goes through its
// places in their order.
func placesFit(reduce []ir.Axis, v *ir.Var) bool {
	size := naive.Volume(reduce)
	return reduce[len(reduce)-1].Var == v && fewestPlaces <= size && size <= mostPlaces
}

// lanesFit reports whether all accesses of the stages can be vectors along v:
// loads contiguous, spaced or constant along it, stores contiguous, or spaced where others
// go between. With one lane only
// ids matter.
func lanesFit(stages []*stage, v *ir.Var, t Target) bool {
	for _, s := range stages {
		n := s.nest
		if !naive.Has(n.Axes, v) && !naive.Has(n.Reduce, v) {
			return false
		}
		for _, gt := range n.Gathers {
			if naive.Stride(&gt.Mem, v) != 0 {
				return false
			}
		}
		if t.Lanes == 1 {
			continue
		}
		if naive.Restricts(n.Within, v) {
			return false
		}
		if naive.Has(n.Reduce, v) && n.Op == ir.ReduceArgMax && !placesFit(n.Reduce, v) {
			return false
		}
		if naive.Has(n.Axes, v) && (s.store || n.Accumulate) && !row(&n.Store, v) && !s.storesSpaced(v) {
			return false
		}
		for _, m := range n.Value.Loads() {
			if naive.Stride(m, v) != 0 && !row(m, v) && naive.Spacing(m, v) == 0 {
				return false
			}
		}
	}
	return true
}

// chooseRows plans a group without register reuse: vectors along an outer axis
// for all passes, or along an inner axis for each.
func chooseRows(g *group, t Target) *plan {
	if i := slices.IndexFunc(g.outer, func(a ir.Axis) bool { return a.Var == g.spreads() }); i >= 0 {
		return rowsPlan(g, t, &g.outer[i])
	}
	best := rowsPlan(g, t, nil)
	if p := turnPlan(g, t); p != nil && p.cycles < best.cycles {
		return p
	}
	for i := len(g.outer) - 1; i >= len(g.serial); i-- { // the last one is mostly the one along memory
		a := g.outer[i]
		if !lanesFit(g.stages, a.Var, t) || t.Lanes == 1 && !g.storesAlong(a.Var) {
			continue
		}
		if p := rowsPlan(g, t, &a); p.cycles < best.cycles {
			best = p
		}
	}
	return best
}

// storesAlong reports whether all results lie side by side along v.
func (g *group) storesAlong(v *ir.Var) bool {
	for _, s := range g.stages {
		if s.store && naive.Stride(&s.nest.Store, v) != 1 {
			return false
		}
	}
	return true
}

// shortRow is the number of steps of a row up to which what ends it, such as the
// sum of lanes and a division, takes long beside it.
const shortRow = 64

// shortestRow is the number of steps of a row up to which the sum of lanes at its end takes
// as long as they do.
const shortestRow = 4

// shortest is the same for the rows of a group, half as much where it stores rows that the
// first cache does not hold: their lines had better come in their order.
func (g *group) shortest(t Target) float64 {
	for _, s := range g.stages {
		if s.store && len(s.inner) > 0 && 4*s.nest.Store.Buf.Size() > t.First {
			return shortestRow / 2
		}
	}
	return shortestRow
}

// longRowSteps is the number of steps from which on it is better to hold one row in
// registers than to go through two of them side by side.
const longRowSteps = 16

// pairRows takes two or four rows at a time where they are short and one waits again and
// again, for sums that follow one another or a division: the others have something to
// do meanwhile.
func (p *plan) pairRows(g *group, t Target) {
	waits, steps := 0, 0.0
	for i, ps := range g.passes {
		if slices.ContainsFunc(ps.stages, reduces) || len(ps.inner) == 0 && slices.ContainsFunc(ps.stages, isSlow) {
			waits++
		}
		if len(ps.inner) > 0 && p.passes[i].vec == nil {
			return
		}
		steps = max(steps, naive.Volume(ps.inner)/float64(t.Lanes))
	}
	if t.Lanes == 1 || waits == 0 || steps > shortRow || len(p.order) == 0 {
		return
	}
	last := p.order[len(p.order)-1]
	if slices.Contains(g.serial, last.Var) || last.Size < 2 {
		return
	}
	rows := t.rowsHeld(steps)
	if g.accumulates() || waits < 2 {
		rows = g.rowsFitting(last.Var, steps, t)
	}
	if waits < 2 && !g.accumulates() && (rows < 4 || steps > g.shortest(t)) {
		return // the sum of lanes of two rows takes as long as those of each
	}
	rows = min(rows, last.Size)
	if rows = rows / 2 * 2; rows == 0 {
		return
	}
	p.tile[last.Var], p.hold = rows, last.Var
	for i := range p.passes {
		p.passes[i].unroll = max(1, p.passes[i].unroll/rows)
		p.passes[i].split = min(p.passes[i].split, p.passes[i].unroll)
	}
}

// rowsHeld is how many rows of that many vectors are taken at a time: four where the
// registers hold them, else two, of which the registers hold both or none.
func (t Target) rowsHeld(steps float64) int {
	held := float64(t.heldRow())
	switch {
	case 4*steps <= held:
		return 4
	case steps >= longRowSteps && steps <= held && 2*steps > held:
		return 1
	}
	return 2
}

// rowsFitting is the same for rows that the group adds to sums, which stay where they are,
// and for very short ones: what several passes read of a row is needed until its end. Where
// vectors are shorter than a line, it is their loads and stores that take long in a row that
// the registers do not hold.
func (g *group) rowsFitting(row *ir.Var, steps float64, t Target) int {
	readers, sums := map[*ir.Buffer]int{}, 0
	for _, ps := range g.passes {
		seen := map[*ir.Buffer]bool{}
		for _, s := range ps.stages {
			if s.nest.Accumulate {
				sums++
			}
			for _, m := range s.nest.Value.Loads() {
				if m.Step(row) != 0 && naive.TouchesAny(m.Flat(), ps.inner) && !seen[m.Buf] {
					readers[m.Buf], seen[m.Buf] = readers[m.Buf]+1, true
				}
			}
		}
	}
	operands := 0
	for _, n := range readers {
		if n > 1 {
			operands++
		}
	}
	held := float64(t.heldRow())
	fit := func(rows int) bool { return steps*float64(rows*operands+sums) <= held }
	switch {
	case fit(4):
		return 4
	case fit(2), sums > 0 && steps*float64(operands) > held && t.Lanes < lineFloats:
		return 2
	}
	return 1
}

func reduces(s *stage) bool { return len(s.nest.Reduce) > 0 }

// isSlow reports whether a stage divides or the like.
func isSlow(s *stage) bool {
	slow := false
	s.nest.Value.Walk(func(e *ir.Expr) {
		slow = slow || e.Load == nil && (e.Op == ir.Div || e.Op == ir.Sqrt || e.Op == ir.Apply)
	})
	return slow
}

// innerVec picks the inner axis that fills the lanes best.
func innerVec(ps *pass, t Target) (*ir.Var, float64) {
	var best *ir.Var
	lanes := 1.0
	if t.Lanes == 1 {
		return nil, 1
	}
	for _, a := range ps.inner {
		if !lanesFit(ps.stages, a.Var, t) {
			continue
		}
		if l := float64(a.Size) / float64(naive.CeilDiv(a.Size, t.Lanes)); l > lanes {
			best, lanes = a.Var, l
		}
	}
	return best, lanes
}

// unrollFor is how many steps of the innermost loop to spell out: enough
// independent chains for a short body, one for a long one.
func unrollFor(ps *pass, w float64, t Target) int {
	if len(ps.inner) == 0 {
		return 1
	}
	if t.Lanes > 1 && w >= longChain && w < mostWork {
		return t.chains()
	}
	return max(1, min(int(24/w), 8))
}
