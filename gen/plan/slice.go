package plan

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/parallel"
)

// planned chooses a plan for each group. A contraction is cut along its sum or
// along one of its outer axes where the parts together are faster, and where a
// call would take too long; what follows it goes apart where that is faster.
func planned(groups []*Group, t machine.Target) []*Group {
	best := make([]division, len(groups))
	each(groups, func(k int) {
		groups[k].Plan = choose(groups[k], t)
		best[k] = groups[k].best(groups, t)
	})
	var packings []*packing
	for _, d := range best {
		for _, p := range d.before {
			if !writtenBy(groups, p.mem.Buf) {
				packings = append(packings, p)
			}
		}
	}
	each(groups, func(k int) {
		if groups[k].Steps == nil && len(packings) > 0 {
			best[k] = groups[k].bestWith(packings, best[k], t)
		}
	})
	var out []*Group
	done := map[*packing]bool{}
	for k, whole := range groups {
		for _, p := range best[k].before {
			if !done[p] {
				out, done[p] = beforeLoop(out, whole.Steps, p.copying), true
			}
		}
		for _, g := range best[k].parts {
			g.Steps = whole.Steps
		}
		out = append(out, best[k].parts...)
	}
	return out
}

// each calls f with the number of each group, side by side.
func each(groups []*Group, f func(k int)) {
	_ = parallel.Each(len(groups), func(k int) error { f(k); return nil })
}

// beforeLoop puts a group before those of the given loop, or last.
func beforeLoop(groups []*Group, loop *ir.Steps, g *Group) []*Group {
	at := slices.IndexFunc(groups, func(x *Group) bool { return loop != nil && x.Steps == loop })
	if at < 0 {
		at = len(groups)
	}
	return slices.Insert(groups, at, g)
}

// division is the parts of a group, the copies that are made once before the
// serial loop around them, and the predicted time of an iteration of it.
type division struct {
	before []*packing
	parts  []*Group
	cycles float64
}

// ways are the lists of groups as which a planned group may run.
func (g *Group) ways(t machine.Target) [][]*Group {
	out := [][]*Group{{g}}
	if parts := g.apartFromTail(t); len(parts) > 1 {
		out = append(out, parts)
	}
	for _, parts := range [][]*Group{g.splits(t), g.turned(t)} {
		if parts != nil {
			out = append(out, parts)
		}
	}
	return out
}

// best is the best division of a planned group.
func (g *Group) best(all []*Group, t machine.Target) division {
	divide := func(part *Group) division { return part.divided(all, t) }
	best := least(g.ways(t), divide)
	if d := least(g.allTaps(t), divide); d.cycles < tapsGain*best.cycles {
		return d
	}
	if parts := g.mergedLanes(t); parts != nil {
		if d := least([][]*Group{parts}, divide); d.cycles < mergedGain*best.cycles {
			return d
		}
	}
	return best
}

// bestWith is the given division, or a better one that reads packed operands.
func (g *Group) bestWith(packings []*packing, d division, t machine.Target) division {
	other := least(g.ways(t), func(part *Group) division {
		d := part.divided(nil, t)
		if parts, used := part.reusing(packings, t, d.cycles); used != nil {
			return division{[]*packing{used}, parts, cycles(parts)}
		}
		return d
	})
	if other.cycles < d.cycles {
		return other
	}
	return d
}

// least is the fastest of several lists of groups, each of which is divided.
func least(lists [][]*Group, divide func(*Group) division) division {
	best := division{cycles: math.Inf(1)}
	for _, list := range lists {
		var sum division
		for _, g := range list {
			d := divide(g)
			sum.before, sum.parts = append(sum.before, d.before...), append(sum.parts, d.parts...)
			sum.cycles += d.cycles
		}
		if sum.cycles < best.cycles {
			best = sum
		}
	}
	return best
}

// divided is the best division of a planned group.
func (g *Group) divided(all []*Group, t machine.Target) division {
	best := g.sliced(t)
	if g.Contraction {
		best = g.copied(best, t)
	}
	if d, ok := g.packed(all, t, cycles(best)); ok {
		return d
	}
	return division{parts: best, cycles: cycles(best)}
}

// copied is the given division, or a better one that reads a copy of an operand.
func (g *Group) copied(best []*Group, t machine.Target) []*Group {
	for _, copy := range []func(machine.Target) (copying, rest *Group){g.blocked, g.padded} {
		copying, rest := copy(t)
		if rest == nil {
			continue
		}
		copying.planCopy(t)
		rest.Plan = choose(rest, t)
		parts, limit := append([]*Group{copying}, rest.sliced(t)...), cycles(best)
		if leaveEmpty(best, parts) {
			limit *= fewSumsCost
		}
		if cycles(parts) < limit {
			best = parts
		}
	}
	return best
}

// copyWait is the time that reading and writing a buffer takes, which nothing
// hides.
func copyWait(b *ir.Buffer, t machine.Target) float64 {
	bytes := float64(4 * b.Size())
	if bytes > float64(t.Second) {
		return 3 * bytes / machine.FromThird // what is written is fetched first
	}
	return 2 * bytes / machine.FromSecond
}

// cycles is the predicted time of planned groups.
func cycles(groups []*Group) float64 {
	sum := 0.0
	for _, g := range groups {
		sum += g.Plan.Cycles
	}
	return sum
}

// sliced is the group, or what it is cut into.
func (g *Group) sliced(t machine.Target) []*Group {
	best := []*Group{g}
	if g.Plan.work == 0 || t.Lanes == 1 {
		return best
	}
	consider := func(parts []*Group) {
		if parts != nil && withCode(parts) < withCode(best) {
			best = parts
		}
	}
	c := NewContraction(g)
	for _, m := range c.loads {
		f := m.Flat()
		size := naive.Footprint(m, g.Outer, g.Abreast, c.main.Nest.Reduce)
		if size <= float64(t.Second) || c.operand(t, m).once {
			continue
		}
		for _, a := range g.Outer {
			n := int(size*1.25/float64(t.Second)) + 1
			if f.Coef(a.Var) == 0 || a.Size < 4*n || a.Var == g.Spreads() {
				continue
			}
			consider(withPlans(g.cut(a, naive.CeilDiv(a.Size, n)), t))
		}
	}
	for _, r := range c.main.Nest.Reduce {
		terms := int(c.steps) / r.Size
		for _, most := range []int{t.First / termBytes / 2, t.First / termBytes, 4 * t.First / termBytes} {
			if n := naive.CeilDiv(r.Size*terms, most); n > 1 && most > terms {
				consider(g.sumInParts(c, r, partSize(r.Size, n), t))
			}
		}
		if n := c.knownRows(r.Var, t); n < r.Size {
			consider(g.sumInParts(c, r, n, t))
		}
	}
	return best
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

// fewestTerms is the number of terms along an axis that a part of a sum has at least.
const fewestTerms = 8

// knownRows is the number of terms along an axis of the sum that operands have in
// so few pages that the machine remembers them while tiles go through all of a
// page's lines; half of those that it knows, since rows begin anywhere in a page.
// There is no limit where the whole sum is in as few.
func (c *contraction) knownRows(r *ir.Var, t machine.Target) int {
	most := math.MaxInt
	for _, m := range c.loads {
		if step := naive.Stride(m, r); step > 0 && c.operand(t, m).pages > 0 {
			most = min(most, max(fewestTerms, knownPages/2*pageFloats/min(step, pageFloats)))
		}
	}
	return most
}

// What a part must save, as a share of the whole, to be worth its code: more
// where ranges make tiles of many kinds.
const (
	partCost  = 0.005
	rangeCost = 0.03
)

// withCode is the predicted time of parts of a group, and the price of their
// code.
func withCode(parts []*Group) float64 {
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
func withPlans(groups []*Group, t machine.Target) []*Group {
	for _, g := range groups {
		g.Plan = choose(g, t)
	}
	return groups
}

// termBytes is what a tile takes of its operands for one term of the sum, at
// most: a long sum is cut so that all of it stays in the first cache.
const termBytes = 96

// sumInParts cuts the sum along one of its axes, so that the rows of an operand
// that a tile takes stay in a cache; each part but the first adds to the target.
func (g *Group) sumInParts(c *contraction, r ir.Axis, size int, t machine.Target) []*Group {
	if len(c.main.Nest.Gathers) > 0 || g.partial || c.main.Nest.Op != ir.ReduceSum { // parts are added
		return nil
	}
	var out []*Group
	for _, part := range g.chunks(r, size, true) {
		p := g.sumOver(c, r.Var, part)
		p.Plan = choose(p, t)
		if p.partial {
			target := traffic{near: naive.Footprint(&c.main.Nest.Store, g.Outer, g.Abreast) / machine.FromSecond}
			if c.main.Nest.Store.Buf.Size()*4 > t.Second {
				target.far = 2 * target.near * machine.FromSecond / machine.FromThird
			}
			trips := 1.0
			if part.loop != nil {
				trips = float64(part.loop.Size)
			}
			p.Plan.Cycles += trips * target.exposed()
		}
		out = append(out, p)
	}
	return out
}

// Iteration is the predicted time of one iteration of the outermost loop.
func (g *Group) Iteration(t machine.Target) float64 {
	a := g.Plan.Order[0]
	return g.Plan.Cycles / float64(naive.CeilDiv(a.Size, g.Plan.Width(t, a.Var)))
}
