// Package cut decides what groups of loops are computed as: wholly, or in parts, one after the
// other, of which some copy operands for others.
//
// What comes in: groups that are fused, and a target. What goes out: these groups, or their parts
// and the copies that they read, in order, each with its plan and its panels. What is promised:
// computed in that order, as their plans say, they compute what the groups do; of the divisions
// that it knows, it takes the one for whose parts package plan predicts the least time.
package cut

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/parallel"
	"github.com/dlgen/dlgen/gen/plan"
)

// Groups plans what has been fused, wholly or in parts.
func Groups(groups []*fuse.Group, t machine.Target) []*plan.Group {
	var whole []*plan.Group
	for _, g := range groups {
		whole = append(whole, &plan.Group{Group: *g})
	}
	out := planned(whole, t)
	plan.NamePanels(out, t)
	verify(out)
	return out
}

// verify panics where a stage has a range that nothing follows: ranges are of sums.
func verify(groups []*plan.Group) {
	for _, g := range groups {
		for _, s := range g.Stages {
			if len(s.Nest.Within) > 0 && len(s.Nest.Reduce) == 0 {
				panic("cut: a map leaves terms out: " + s.Nest.Text)
			}
		}
	}
}

// planned chooses a plan for each group. A contraction is cut along its sum or
// along one of its outer axes where the parts together are faster, and where a
// call would take too long; what follows it goes apart where that is faster.
func planned(groups []*plan.Group, t machine.Target) []*plan.Group {
	best := make([]division, len(groups))
	each(groups, func(k int) {
		groups[k].Plan = plan.Choose(groups[k], t)
		best[k] = bestDivision(groups[k], groups, t)
	})
	var packings []*packing
	for _, d := range best {
		for _, p := range d.before {
			if !fuse.WrittenBy(plan.Fused(groups), p.mem.Buf) {
				packings = append(packings, p)
			}
		}
	}
	each(groups, func(k int) {
		if groups[k].Steps == nil && len(packings) > 0 {
			best[k] = bestWith(groups[k], packings, best[k], t)
		}
	})
	var out []*plan.Group
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
func each(groups []*plan.Group, f func(k int)) {
	_ = parallel.Each(len(groups), func(k int) error { f(k); return nil })
}

// beforeLoop puts a group before those of the given loop, or last.
func beforeLoop(groups []*plan.Group, loop *ir.Steps, g *plan.Group) []*plan.Group {
	at := slices.IndexFunc(groups, func(x *plan.Group) bool { return loop != nil && x.Steps == loop })
	if at < 0 {
		at = len(groups)
	}
	return slices.Insert(groups, at, g)
}

// division is the parts of a group, the copies that are made once before the
// serial loop around them, and the predicted time of an iteration of it.
type division struct {
	before []*packing
	parts  []*plan.Group
	cycles float64
}

// ways are the lists of groups as which a planned group may run.
func ways(g *plan.Group, t machine.Target) [][]*plan.Group {
	out := [][]*plan.Group{{g}}
	if parts := apartFromTail(g, t); len(parts) > 1 {
		out = append(out, parts)
	}
	for _, parts := range [][]*plan.Group{splits(g, t), turned(g, t)} {
		if parts != nil {
			out = append(out, parts)
		}
	}
	return out
}

// bestDivision is the best division of a planned group.
func bestDivision(g *plan.Group, all []*plan.Group, t machine.Target) division {
	divide := func(part *plan.Group) division { return divided(part, all, t) }
	best := least(ways(g, t), divide)
	if d := least(allTaps(g, t), divide); d.cycles < tapsGain*best.cycles {
		return d
	}
	if parts := mergedLanes(g, t); parts != nil {
		if d := least([][]*plan.Group{parts}, divide); d.cycles < mergedGain*best.cycles {
			return d
		}
	}
	return best
}

// bestWith is the given division, or a better one that reads packed operands.
func bestWith(g *plan.Group, packings []*packing, d division, t machine.Target) division {
	other := least(ways(g, t), func(part *plan.Group) division {
		d := divided(part, nil, t)
		if parts, used := reusing(part, packings, t, d.cycles); used != nil {
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
func least(lists [][]*plan.Group, divide func(*plan.Group) division) division {
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
func divided(g *plan.Group, all []*plan.Group, t machine.Target) division {
	best := sliced(g, t)
	if g.Contraction {
		best = copied(g, best, t)
	}
	if d, ok := packed(g, all, t, cycles(best)); ok {
		return d
	}
	return division{parts: best, cycles: cycles(best)}
}

// copied is the given division, or a better one that reads a copy of an operand.
func copied(g *plan.Group, best []*plan.Group, t machine.Target) []*plan.Group {
	for _, copy := range []func(*plan.Group, machine.Target) (copying, rest *plan.Group){blocked, padded} {
		copying, rest := copy(g, t)
		if rest == nil {
			continue
		}
		planCopy(copying, t)
		rest.Plan = plan.Choose(rest, t)
		parts, limit := append([]*plan.Group{copying}, sliced(rest, t)...), cycles(best)
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
func cycles(groups []*plan.Group) float64 {
	sum := 0.0
	for _, g := range groups {
		sum += g.Plan.Cycles
	}
	return sum
}
