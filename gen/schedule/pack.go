package schedule

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// packed is a contraction in a serial loop with an operand that no step changes
// copied into blocks, once before the loop, in the order in which the tiles read
// it. There is none where there is no such operand, or it does not pay.
func (g *group) packed(all []*group, t Target, limit float64) (best division, found bool) {
	if g.steps == nil || !g.hasTile() || t.Lanes == 1 {
		return division{}, false
	}
	c := newContraction(g)
	if best.cycles = limit; !g.contraction {
		best.cycles = math.Inf(1) // the sum is as it is for the sake of the blocks
	}
	for _, m := range c.loads {
		if !allBare(m) || len(c.main.nest.Gathers) > 0 || m.Flat().Coef(g.steps.Var) != 0 || writtenIn(all, g.steps, m.Buf) {
			continue
		}
		for _, r := range g.outer {
			if naive.Stride(m, r.Var) == 0 || naive.Restricts(c.main.nest.Within, r.Var) || !g.contraction && (naive.Stride(m, r.Var) != 1 || !c.beyondFirst(m, t) || !paysBlocks(m, g.steps, t)) {
				continue
			}
			for _, width := range g.blockWidths(r.Size, t) {
				first, rest := g.inBlocks(m, r.Var, newBlocks(m, r.Var, width))
				first.plan = choose(first, t)
				cut := rest.aroundBlocks(t)
				if cut == nil {
					continue
				}
				once := (first.plan.cycles + copyWait(first.stages[0].nest.Store.Buf, t)) / float64(g.steps.Count)
				if total := cycles(cut) + once; total < best.cycles {
					best, found = division{[]*packing{{m, dimension(m, r.Var), first}}, cut, total}, true
				}
			}
		}
	}
	return best, found
}

// writtenBy reports whether any of the groups stores to b.
func writtenBy(groups []*group, b *ir.Buffer) bool {
	return slices.ContainsFunc(nests(groups), func(n *ir.Nest) bool { return n.Store.Buf.Root() == b.Root() })
}

// writtenIn reports whether a group in the loop stores to b.
func writtenIn(all []*group, loop *ir.Steps, b *ir.Buffer) bool {
	for _, n := range nests(all) {
		if n.Steps == loop && n.Store.Buf.Root() == b.Root() {
			return true
		}
	}
	return false
}

// packing is an operand that is copied into blocks along one of its dimensions.
type packing struct {
	mem     *ir.Mem
	along   int
	copying *group
}

// reusing is the best of the parts of a group without steps, and of what they are
// where an operand is read from the blocks that a loop needs anyway: the first
// and the last step of a recurrence often stand outside its loop.
func (g *group) reusing(packings []*packing, t Target, limit float64) (parts []*group, used *packing) {
	if !g.hasTile() || t.Lanes == 1 {
		return nil, nil
	}
	c := newContraction(g)
	for _, p := range packings {
		buf := p.copying.stages[0].nest.Store.Buf
		for _, m := range c.loads {
			if m.Buf.Root() != p.mem.Buf.Root() || !slices.Equal(m.Buf.Shape, p.mem.Buf.Shape) || !allBare(m) || !slices.EqualFunc(m.Subs, p.mem.Subs, samePart) || len(c.main.nest.Gathers) > 0 {
				continue
			}
			r := naive.Bare(m.Subs[p.along])
			if r == nil || !naive.Has(g.outer, r) || naive.SizeOf(g.outer, r) != m.Buf.Shape[p.along] || naive.Restricts(c.main.nest.Within, r) || !slices.Equal(newBlocks(m, r, buf.Shape[len(buf.Shape)-1]).Shape, buf.Shape) {
				continue
			}
			_, rest := g.inBlocks(m, r, buf)
			if cut := rest.aroundBlocks(t); cut != nil && cycles(cut) < limit {
				parts, used, limit = cut, p, cycles(cut)
			}
		}
	}
	return parts, used
}

// samePart reports whether two subscripts, each an axis or a constant, are both axes
// or the same constant: blocks hold all of an axis, but one value of a constant.
func samePart(a, b ir.Sub) bool {
	return len(a.Terms) > 0 && len(b.Terms) > 0 || len(a.Terms) == 0 && len(b.Terms) == 0 && a.Const == b.Const
}

// aroundBlocks is the group, planned as tiles that read blocks, or what it is cut
// into; nil where there is no such plan.
func (g *group) aroundBlocks(t Target) []*group {
	if g.contraction {
		g.plan = choose(g, t)
		return g.sliced(t)
	}
	if g.plan = chooseTile(g, t); g.plan == nil {
		return nil
	}
	return []*group{g}
}

// hasTile reports whether the group can be a tile around a sum.
func (g *group) hasTile() bool { return len(g.abreast) == 0 && g.hasOneSum() || g.contraction }

// blockWidths are the widths of blocks that divide an axis: those of tiles of up
// to four vectors or cache lines, or what suits rows that are used once.
func (g *group) blockWidths(size int, t Target) []int {
	if !g.contraction {
		if w := rowWidth(size, t); w > 0 && !t.holdsRow(size) {
			return []int{w}
		}
		return nil
	}
	var out []int
	for _, w := range []int{t.Lanes, lineFloats, 2 * lineFloats, 3 * lineFloats, 4 * lineFloats} {
		if size%w == 0 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// fewSums is the number of sums side by side that hide the wait for an addition.
const fewSums = 6

// rowWidth is the width of blocks for rows that are used once: as many vectors as
// registers hold and the machine foresees; 0 where no width divides the rows.
func rowWidth(size int, t Target) int {
	for n := min(t.heldRow(), foreseenStep/4/t.Lanes); n >= fewSums; n-- {
		if size%(n*t.Lanes) == 0 {
			return n * t.Lanes
		}
	}
	return 0
}
