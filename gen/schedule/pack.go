package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// packed is a contraction in a serial loop with an operand that no step changes
// copied into blocks, once before the loop, in the order in which the tiles read
// it. It is nil where there is no such operand, or it does not pay.
func (g *group) packed(all []*group, t Target, limit float64) (copying *group, parts []*group) {
	if g.steps == nil || !g.contraction || t.Lanes == 1 {
		return nil, nil
	}
	c := newContraction(g)
	for _, m := range c.loads {
		if !allBare(m) || len(c.main.nest.Gathers) > 0 || m.Flat().Coef(g.steps.Var) != 0 || writtenIn(all, g.steps, m.Buf) {
			continue
		}
		for _, r := range g.outer {
			if stride(m, r.Var) == 0 || restricts(c.main.nest.Within, r.Var) {
				continue
			}
			for _, width := range blockWidths(r.Size, t) {
				first, rest := g.inBlocks(m, r.Var, width)
				first.plan, rest.plan = choose(first, t), choose(rest, t)
				cut := rest.sliced(t)
				once := (first.plan.cycles + copyWait(first.stages[0].nest.Store.Buf, t)) / float64(g.steps.Count)
				if total := cycles(cut) + once; total < limit {
					copying, parts, limit = first, cut, total
				}
			}
		}
	}
	return copying, parts
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

// beforeLoop puts a group before those of the given loop.
func beforeLoop(groups []*group, loop *ir.Steps, g *group) []*group {
	at := slices.IndexFunc(groups, func(x *group) bool { return x.steps == loop })
	if at < 0 {
		at = len(groups)
	}
	return slices.Insert(groups, at, g)
}

// blockWidths are the widths of blocks that divide an axis: those of tiles of up
// to four vectors or cache lines.
func blockWidths(size int, t Target) []int {
	var out []int
	for _, w := range []int{lineFloats, 2 * lineFloats, 3 * lineFloats, 4 * lineFloats} {
		if size%w == 0 {
			out = append(out, w)
		}
	}
	return out
}
