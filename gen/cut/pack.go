package cut

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// packed is a contraction in a serial loop with an operand that no step changes
// copied into blocks, once before the loop, in the order in which the tiles read
// it. There is none where there is no such operand, or it does not pay.
func packed(g *plan.Group, all []*plan.Group, t machine.Target, limit float64) (best division, found bool) {
	if g.Steps == nil || !hasTile(g) || t.Lanes == 1 {
		return division{}, false
	}
	c := plan.NewContraction(g)
	if best.cycles = limit; !g.Contraction {
		best.cycles = math.Inf(1) // the sum is as it is for the sake of the blocks
	}
	for _, m := range c.Loads {
		if !naive.AllBare(m) || len(c.Main.Nest.Gathers) > 0 || m.Flat().Coef(g.Steps.Var) != 0 || writtenIn(all, g.Steps, m.Buf) {
			continue
		}
		for _, r := range g.Outer {
			if naive.Stride(m, r.Var) == 0 || naive.Restricts(c.Main.Nest.Within, r.Var) || !g.Contraction && (naive.Stride(m, r.Var) != 1 || !c.BeyondFirst(m, t) || !plan.PaysBlocks(m, g.Steps, t)) {
				continue
			}
			for _, width := range blockWidths(g, r.Size, t) {
				first, rest := inBlocks(g, m, r.Var, newBlocks(m, r.Var, width))
				first.Plan = plan.Choose(first, t)
				cut := aroundBlocks(rest, t)
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

// writtenIn reports whether a group in the loop stores to b.
func writtenIn(all []*plan.Group, loop *ir.Steps, b *ir.Buffer) bool {
	for _, n := range fuse.Nests(plan.Fused(all)) {
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
	copying *plan.Group
}

// reusing is the best of the parts of a group without steps, and of what they are
// where an operand is read from the blocks that a loop needs anyway: the first
// and the last step of a recurrence often stand outside its loop.
func reusing(g *plan.Group, packings []*packing, t machine.Target, limit float64) (parts []*plan.Group, used *packing) {
	if !hasTile(g) || t.Lanes == 1 {
		return nil, nil
	}
	c := plan.NewContraction(g)
	for _, p := range packings {
		buf := p.copying.Stages[0].Nest.Store.Buf
		for _, m := range c.Loads {
			if m.Buf.Root() != p.mem.Buf.Root() || !slices.Equal(m.Buf.Shape, p.mem.Buf.Shape) || !naive.AllBare(m) || !slices.EqualFunc(m.Subs, p.mem.Subs, samePart) || len(c.Main.Nest.Gathers) > 0 {
				continue
			}
			r := naive.Bare(m.Subs[p.along])
			if r == nil || !naive.Has(g.Outer, r) || naive.SizeOf(g.Outer, r) != m.Buf.Shape[p.along] || naive.Restricts(c.Main.Nest.Within, r) || !slices.Equal(newBlocks(m, r, buf.Shape[len(buf.Shape)-1]).Shape, buf.Shape) {
				continue
			}
			_, rest := inBlocks(g, m, r, buf)
			if cut := aroundBlocks(rest, t); cut != nil && cycles(cut) < limit {
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
func aroundBlocks(g *plan.Group, t machine.Target) []*plan.Group {
	if g.Contraction {
		g.Plan = plan.Choose(g, t)
		return sliced(g, t)
	}
	if g.Plan = plan.ChooseTile(g, t); g.Plan == nil {
		return nil
	}
	return []*plan.Group{g}
}

// hasTile reports whether the group can be a tile around a sum.
func hasTile(g *plan.Group) bool { return len(g.Abreast) == 0 && g.HasOneSum() || g.Contraction }

// blockWidths are the widths of blocks that divide an axis: those of tiles of up
// to four vectors or cache lines, or what suits rows that are used once.
func blockWidths(g *plan.Group, size int, t machine.Target) []int {
	if !g.Contraction {
		if w := plan.RowWidth(size, t); w > 0 && !t.HoldsRow(size) {
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
