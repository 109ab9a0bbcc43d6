package plan

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// packed is a contraction in a serial loop with an operand that no step changes
// copied into blocks, once before the loop, in the order in which the tiles read
// it. There is none where there is no such operand, or it does not pay.
func (g *Group) packed(all []*Group, t machine.Target, limit float64) (best division, found bool) {
	if g.Steps == nil || !g.hasTile() || t.Lanes == 1 {
		return division{}, false
	}
	c := NewContraction(g)
	if best.cycles = limit; !g.Contraction {
		best.cycles = math.Inf(1) // the sum is as it is for the sake of the blocks
	}
	for _, m := range c.loads {
		if !naive.AllBare(m) || len(c.main.Nest.Gathers) > 0 || m.Flat().Coef(g.Steps.Var) != 0 || writtenIn(all, g.Steps, m.Buf) {
			continue
		}
		for _, r := range g.Outer {
			if naive.Stride(m, r.Var) == 0 || naive.Restricts(c.main.Nest.Within, r.Var) || !g.Contraction && (naive.Stride(m, r.Var) != 1 || !c.beyondFirst(m, t) || !PaysBlocks(m, g.Steps, t)) {
				continue
			}
			for _, width := range g.blockWidths(r.Size, t) {
				first, rest := g.inBlocks(m, r.Var, newBlocks(m, r.Var, width))
				first.Plan = choose(first, t)
				cut := rest.aroundBlocks(t)
				if cut == nil {
					continue
				}
				once := (first.Plan.Cycles + copyWait(first.Stages[0].Nest.Store.Buf, t)) / float64(g.Steps.Count)
				if total := cycles(cut) + once; total < best.cycles {
					best, found = division{[]*packing{{m, dimension(m, r.Var), first}}, cut, total}, true
				}
			}
		}
	}
	return best, found
}

// writtenBy reports whether any of the groups stores to b.
func writtenBy(groups []*Group, b *ir.Buffer) bool {
	return slices.ContainsFunc(fuse.Nests(Fused(groups)), func(n *ir.Nest) bool { return n.Store.Buf.Root() == b.Root() })
}

// writtenIn reports whether a group in the loop stores to b.
func writtenIn(all []*Group, loop *ir.Steps, b *ir.Buffer) bool {
	for _, n := range fuse.Nests(Fused(all)) {
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
	copying *Group
}

// reusing is the best of the parts of a group without steps, and of what they are
// where an operand is read from the blocks that a loop needs anyway: the first
// and the last step of a recurrence often stand outside its loop.
func (g *Group) reusing(packings []*packing, t machine.Target, limit float64) (parts []*Group, used *packing) {
	if !g.hasTile() || t.Lanes == 1 {
		return nil, nil
	}
	c := NewContraction(g)
	for _, p := range packings {
		buf := p.copying.Stages[0].Nest.Store.Buf
		for _, m := range c.loads {
			if m.Buf.Root() != p.mem.Buf.Root() || !slices.Equal(m.Buf.Shape, p.mem.Buf.Shape) || !naive.AllBare(m) || !slices.EqualFunc(m.Subs, p.mem.Subs, samePart) || len(c.main.Nest.Gathers) > 0 {
				continue
			}
			r := naive.Bare(m.Subs[p.along])
			if r == nil || !naive.Has(g.Outer, r) || naive.SizeOf(g.Outer, r) != m.Buf.Shape[p.along] || naive.Restricts(c.main.Nest.Within, r) || !slices.Equal(newBlocks(m, r, buf.Shape[len(buf.Shape)-1]).Shape, buf.Shape) {
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
func (g *Group) aroundBlocks(t machine.Target) []*Group {
	if g.Contraction {
		g.Plan = choose(g, t)
		return g.sliced(t)
	}
	if g.Plan = chooseTile(g, t); g.Plan == nil {
		return nil
	}
	return []*Group{g}
}

// hasTile reports whether the group can be a tile around a sum.
func (g *Group) hasTile() bool { return len(g.Abreast) == 0 && g.hasOneSum() || g.Contraction }

// blockWidths are the widths of blocks that divide an axis: those of tiles of up
// to four vectors or cache lines, or what suits rows that are used once.
func (g *Group) blockWidths(size int, t machine.Target) []int {
	if !g.Contraction {
		if w := RowWidth(size, t); w > 0 && !t.HoldsRow(size) {
			return []int{w}
		}
		return nil
	}
	var out []int
	for _, w := range []int{t.Lanes, machine.LineFloats, 2 * machine.LineFloats, 3 * machine.LineFloats, 4 * machine.LineFloats} {
		if size%w == 0 && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// fewSums is the number of sums side by side that hide the wait for an addition.
const fewSums = 6

// RowWidth is the width of blocks for rows that are used once: as many vectors as
// registers hold and the machine foresees; 0 where no width divides the rows.
func RowWidth(size int, t machine.Target) int {
	for n := min(t.HeldRow(), foreseenStep/4/t.Lanes); n >= fewSums; n-- {
		if size%(n*t.Lanes) == 0 {
			return n * t.Lanes
		}
	}
	return 0
}
