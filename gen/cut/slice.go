package cut

import (
	"cmp"
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// sliced is the group, or what it is cut into.
func sliced(g *plan.Group, t machine.Target) []*plan.Group {
	best := []*plan.Group{g}
	if g.Plan.Work == 0 || t.Lanes == 1 {
		return best
	}
	consider := func(parts []*plan.Group) {
		if parts != nil && withCode(parts) < withCode(best) {
			best = parts
		}
	}
	c := plan.NewContraction(g)
	for _, m := range c.Loads {
		f := m.Flat()
		size := naive.Footprint(m, g.Outer, g.Abreast, c.Main.Nest.Reduce)
		if size <= float64(t.Second) || c.Operand(t, m).Once {
			continue
		}
		for _, a := range g.Outer {
			n := int(size*1.25/float64(t.Second)) + 1
			if f.Coef(a.Var) == 0 || a.Size < 4*n || a.Var == g.Spreads() {
				continue
			}
			consider(withPlans(cutOuter(g, a, naive.CeilDiv(a.Size, n)), t))
		}
	}
	for _, r := range c.Main.Nest.Reduce {
		terms := int(c.Terms) / r.Size
		for _, most := range []int{t.First / termBytes / 2, t.First / termBytes, 4 * t.First / termBytes} {
			if n := naive.CeilDiv(r.Size*terms, most); n > 1 && most > terms {
				consider(sumInParts(g, c, r, partSize(r.Size, n), t))
			}
		}
		if n := c.KnownRows(r.Var, t); n < r.Size {
			consider(sumInParts(g, c, r, n, t))
		}
	}
	if len(best) == 1 && len(g.Plan.Order) == 1 && g.IsLong(t) {
		if parts := inCalls(g, c, t); parts != nil {
			return parts
		}
	}
	return best
}

// inCalls cuts a sum that alone takes too long for a call along its longest axis; nil where it
// cannot be cut.
func inCalls(g *plan.Group, c *plan.Contraction, t machine.Target) []*plan.Group {
	r := slices.MaxFunc(c.Main.Nest.Reduce, func(a, b ir.Axis) int { return cmp.Compare(a.Size, b.Size) })
	n := min(r.Size, int(math.Ceil(g.Iteration(t)/t.CallCycles)))
	return sumInParts(g, c, r, partSize(r.Size, n), t)
}

// partSize is how many of the given terms each of about n parts of a sum has: as many
// as there are in whole cache lines, or else in whole rounds of an unrolled loop, if
// that makes parts of about the same size.
func partSize(terms, n int) int {
	even := naive.CeilDiv(terms, n)
	for _, unit := range []int{machine.LineFloats, 4} {
		if down := even / unit * unit; down*4 >= even*3 && terms%down == 0 {
			return down
		}
		if up := naive.CeilDiv(even, unit) * unit; up*4 <= even*5 {
			return up
		}
	}
	return even
}

// What a part must save, as a share of the whole, to be worth its code: more
// where ranges make tiles of many kinds.
const (
	partCost  = 0.005
	rangeCost = 0.03
)

// withCode is the predicted time of parts of a group, and the price of their
// code.
func withCode(parts []*plan.Group) float64 {
	price := 1.0
	for _, g := range parts {
		price += partCost
		for _, s := range g.Stages {
			if n := len(s.Nest.Within); n > 0 {
				price += rangeCost * float64(n+1)
			}
		}
	}
	return cycles(parts) * price
}

// withPlans chooses plans for the groups.
func withPlans(groups []*plan.Group, t machine.Target) []*plan.Group {
	for _, g := range groups {
		g.Plan = plan.Choose(g, t)
	}
	return groups
}

// termBytes is what a tile takes of its operands for one term of the sum, at
// most: a long sum is cut so that all of it stays in the first cache.
const termBytes = 96

// sumInParts cuts the sum along one of its axes, so that the rows of an operand
// that a tile takes stay in a cache; each part but the first adds to the target.
func sumInParts(g *plan.Group, c *plan.Contraction, r ir.Axis, size int, t machine.Target) []*plan.Group {
	if len(c.Main.Nest.Gathers) > 0 || g.Partial || c.Main.Nest.Op != ir.ReduceSum { // parts are added
		return nil
	}
	var out []*plan.Group
	for _, part := range chunks(g, r, size, true) {
		p := sumOver(g, c, r.Var, part)
		p.Plan = plan.Choose(p, t)
		if p.Partial {
			target := plan.Traffic{Near: naive.Footprint(&c.Main.Nest.Store, g.Outer, g.Abreast) / machine.FromSecond}
			if c.Main.Nest.Store.Buf.Size()*4 > t.Second {
				target.Far = 2 * target.Near * machine.FromSecond / machine.FromThird
			}
			trips := 1.0
			if part.loop != nil {
				trips = float64(part.loop.Size)
			}
			p.Plan.Cycles += trips * target.Exposed()
		}
		out = append(out, p)
	}
	return out
}
