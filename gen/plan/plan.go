// Package plan decides how a group of loops is computed: which index is the vector, how registers
// are tiled, in which order loops run, and what is copied into panels.
//
// What comes in: a group that is fused, or a part of one, and a target. What goes out: its plan,
// with the time that it takes. What is promised: computed as its plan says, the group computes
// what its loops do; what a plan costs is counted from loops, strides and the target's numbers.
package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Plan says how a group runs.
type Plan struct {
	// Order lists the outer axes, outermost first.
	Order []ir.Axis
	// Vec is the outer axis whose values fill the lanes, or nil.
	Vec *ir.Var
	// Tile is how many blocks of an outer axis a tile holds: vectors for Vec,
	// single values for others; 1 where it is not mentioned.
	Tile map[*ir.Var]int
	// Hold is the tile axis that is innermost in the unrolled code: what
	// depends on it alone stays in registers.
	Hold *ir.Var
	// Panels are the operands that are copied.
	Panels []*Panel
	// Turn says that the group turns an array, in squares; nil where it does not.
	Turn *naive.Turn
	// Passes has a plan for each pass of the group.
	Passes []PassPlan
	// Cycles is the predicted time of the group; Work is what of it a
	// contraction computes.
	Cycles, Work float64
}

// PassPlan says how the inner loops of a pass run.
type PassPlan struct {
	// Vec is the inner axis whose values fill the lanes, or nil.
	Vec *ir.Var
	// Lanes is, for a reduction along vec, the outer axis whose tile becomes
	// the lanes of the result, or nil where the result is one number.
	Lanes *ir.Var
	// Unroll is the number of steps (vectors, for vec) of the innermost loop
	// that are spelled out.
	Unroll int
	// Split is the number of partial results of each accumulator.
	Split int
}

// TileOf is the tile of an outer axis.
func (p *Plan) TileOf(v *ir.Var) int {
	if n := p.Tile[v]; n > 0 {
		return n
	}
	return 1
}

// TileSize is the number of blocks in a tile.
func (p *Plan) TileSize() int {
	size := 1
	for _, n := range p.Tile {
		size *= n
	}
	return size
}

// String says in a line what was decided.
func (p *Plan) String() string {
	var parts []string
	for _, a := range p.Order {
		s := a.Var.Name
		if n := p.TileOf(a.Var); a.Var == p.Vec {
			s += fmt.Sprintf(" by %d vectors", n)
		} else if n > 1 {
			s += fmt.Sprintf(" by %d", n)
		}
		parts = append(parts, s)
	}
	text := "loops " + strings.Join(parts, ", ")
	for _, pp := range p.Passes {
		if pp.Vec != nil {
			text += "; vectors along " + pp.Vec.Name
		}
	}
	for _, pn := range p.Panels {
		text += "; panel of " + pn.Mem.Buf.Name
		if pn.Transposed() {
			text += ", transposed"
		}
	}
	if p.Turn != nil {
		text += "; transposed"
	}
	return text
}

// Choose finds the cheapest plan by counting.
func Choose(g *Group, t machine.Target) *Plan {
	rows := chooseRows(g, t)
	if len(g.Abreast) > 0 {
		rows.Cycles = math.Inf(1) // what stands abreast is a tile's
	}
	if g.HasOneSum() {
		if p := ChooseTile(g, t); p != nil && (g.Contraction || g.Spreads() != nil || p.Work < rows.Cycles || NewContraction(g).inOneGo(t, p)) {
			return p
		}
	}
	return rows
}

// HasOneSum reports whether the group is one sum of products and what is done
// with its result.
func (g *Group) HasOneSum() bool {
	sums := 0
	for _, s := range g.Stages {
		if len(s.Axes()) > 0 {
			if !naive.IsTiled(s.Nest) && !(g.Partial && naive.SumsProducts(s.Nest)) || g.Feeds(s.Nest) {
				return false
			}
			sums++
		}
	}
	return sums == 1 || sums > 0 && g.Contraction
}

// chooseRows plans a group without register reuse: vectors along an outer axis
// for all passes, or along an inner axis for each.
func chooseRows(g *Group, t machine.Target) *Plan {
	if i := slices.IndexFunc(g.Outer, func(a ir.Axis) bool { return a.Var == g.Spreads() }); i >= 0 {
		return rowsPlan(g, t, &g.Outer[i])
	}
	best := rowsPlan(g, t, nil)
	if p := turnPlan(g, t); p != nil && p.Cycles < best.Cycles {
		return p
	}
	for i := len(g.Outer) - 1; i >= len(g.Serial); i-- { // the last one is mostly the one along memory
		a := g.Outer[i]
		if !fuse.LanesFit(g.Stages, a.Var, t) || t.Lanes == 1 && !g.storesAlong(a.Var) {
			continue
		}
		if p := rowsPlan(g, t, &a); p.Cycles < best.Cycles {
			best = p
		}
	}
	return best
}

// storesAlong reports whether all results lie side by side along v.
func (g *Group) storesAlong(v *ir.Var) bool {
	for _, s := range g.Stages {
		if s.Store && naive.Stride(&s.Nest.Store, v) != 1 {
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
func (g *Group) shortest(t machine.Target) float64 {
	for _, s := range g.Stages {
		if s.Store && len(s.Inner) > 0 && 4*s.Nest.Store.Buf.Size() > t.First {
			return shortestRow / 2
		}
	}
	return shortestRow
}

// pairRows takes two or four rows at a time where they are short and one waits again and
// again, for sums that follow one another or a division: the others have something to
// do meanwhile.
func (p *Plan) pairRows(g *Group, t machine.Target) {
	waits, steps := 0, 0.0
	for i, ps := range g.Passes {
		if slices.ContainsFunc(ps.Stages, (*fuse.Stage).Reduces) || len(ps.Inner) == 0 && slices.ContainsFunc(ps.Stages, (*fuse.Stage).IsSlow) {
			waits++
		}
		if len(ps.Inner) > 0 && p.Passes[i].Vec == nil {
			return
		}
		steps = max(steps, naive.Volume(ps.Inner)/float64(t.Lanes))
	}
	if t.Lanes == 1 || waits == 0 || len(p.Order) == 0 {
		return
	}
	last := p.Order[len(p.Order)-1]
	if slices.Contains(g.Serial, last.Var) || last.Size < 2 {
		return
	}
	piece := func(pass int) (*ir.Var, int) {
		v := p.Passes[pass].Vec
		if v == nil || len(g.Passes[pass].Inner) < 2 {
			return nil, 0
		}
		return v, naive.SizeOf(g.Passes[pass].Inner, v)
	}
	if rows := g.sideBySide(last, piece, t); rows > 1 {
		p.takeRows(last.Var, rows)
		return
	}
	if steps > shortRow {
		return
	}
	rows := t.RowsHeld(steps)
	if g.Accumulates() || waits < 2 {
		rows = g.rowsFitting(last.Var, steps, t)
	}
	if waits < 2 && !g.Accumulates() && (rows < 4 || steps > g.shortest(t)) {
		return // the sum of lanes of two rows takes as long as those of each
	}
	rows = min(rows, last.Size)
	if rows = rows / 2 * 2; rows == 0 {
		return
	}
	p.takeRows(last.Var, rows)
}

// takeRows takes several rows at a time.
func (p *Plan) takeRows(row *ir.Var, rows int) {
	p.Tile[row], p.Hold = rows, row
	for i := range p.Passes {
		p.Passes[i].Unroll = max(1, p.Passes[i].Unroll/rows)
		p.Passes[i].Split = min(p.Passes[i].Split, p.Passes[i].Unroll)
	}
}

// rowsFitting is how many rows at a time the registers hold of those that the group adds to sums,
// which stay where they are, and of very short ones: what several passes read of a row is needed until its end. Where
// vectors are shorter than a line, it is their loads and stores that take long in a row that
// the registers do not hold.
func (g *Group) rowsFitting(row *ir.Var, steps float64, t machine.Target) int {
	readers, sums := map[*ir.Buffer]int{}, 0
	for _, ps := range g.Passes {
		seen := map[*ir.Buffer]bool{}
		for _, s := range ps.Stages {
			if s.Nest.Accumulate {
				sums++
			}
			for _, m := range s.Nest.Value.Loads() {
				if m.Step(row) != 0 && naive.TouchesAny(m.Flat(), ps.Inner) && !seen[m.Buf] {
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
	held := float64(t.HeldRow())
	fit := func(rows int) bool { return steps*float64(rows*operands+sums) <= held }
	switch {
	case fit(4):
		return 4
	case fit(2), sums > 0 && steps*float64(operands) > held && t.Lanes < machine.LineFloats:
		return 2
	}
	return 1
}

// innerVec picks the inner axis that fills the lanes best.
func innerVec(ps *fuse.Pass, t machine.Target) (*ir.Var, float64) {
	var best *ir.Var
	lanes := 1.0
	if t.Lanes == 1 {
		return nil, 1
	}
	for _, a := range ps.Inner {
		if !fuse.LanesFit(ps.Stages, a.Var, t) {
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
func unrollFor(ps *fuse.Pass, w float64, t machine.Target) int {
	if len(ps.Inner) == 0 {
		return 1
	}
	if t.Lanes > 1 && w >= LongChain && w < mostWork {
		return t.Chains()
	}
	return max(1, min(int(24/w), 8))
}

// FillsLanes reports whether the lanes are along an axis.
func (p *Plan) FillsLanes(v *ir.Var) bool {
	return v == p.Vec || slices.ContainsFunc(p.Passes, func(pp PassPlan) bool { return v == pp.Vec || v == pp.Lanes })
}
