package schedule

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
)

// planned chooses a plan for each group. A contraction with an operand that
// the second cache does not hold, and that is needed again and again, is cut
// along one of its outer axes where the slices together are faster.
func planned(groups []*group, t Target) []*group {
	var out []*group
	for _, g := range groups {
		g.collapse(t)
		g.plan = choose(g, t)
		best := g.sliced(t)
		if g.contraction {
			if copying, rest := g.blocked(t); rest != nil {
				copying.plan, rest.plan = choose(copying, t), choose(rest, t)
				if parts := append([]*group{copying}, rest.sliced(t)...); cycles(parts) < cycles(best) {
					best = parts
				}
			}
		}
		out = append(out, best...)
	}
	return out
}

// cycles is the predicted time of planned groups.
func cycles(groups []*group) float64 {
	sum := 0.0
	for _, g := range groups {
		sum += g.plan.cycles
	}
	return sum
}

// sliced is the group, or what it is cut into.
func (g *group) sliced(t Target) []*group {
	best := []*group{g}
	if !g.contraction || t.Lanes == 1 {
		return best
	}
	c := newContraction(g)
	for _, m := range c.loads {
		f := m.Flat()
		size := footprint(f, g.outer, c.main.nest.Reduce)
		if size <= float64(t.Second) {
			continue
		}
		for _, a := range g.outer {
			n := int(size*1.25/float64(t.Second)) + 1
			if f.Coef(a.Var) == 0 || n > 8 || a.Size < 4*n {
				continue
			}
			parts := g.cut(a, n)
			for _, part := range parts {
				part.plan = choose(part, t)
			}
			if cycles(parts) < cycles(best) {
				best = parts
			}
		}
	}
	if parts := g.sumInParts(c, t); parts != nil && cycles(parts) < cycles(best) {
		best = parts
	}
	return best
}

// termBytes is what a tile takes of its operands for one term of the sum, at
// most: a long sum is cut so that all of it stays in the first cache.
const termBytes = 96

// sumInParts cuts the sum itself, so that the rows of an operand that a tile
// takes stay in the first cache; each part but the first adds to the target.
func (g *group) sumInParts(c *contraction, t Target) []*group {
	if len(c.main.nest.Reduce) != 1 || len(c.main.nest.Gathers) > 0 {
		return nil
	}
	r := c.main.nest.Reduce[0]
	n := ceilDiv(r.Size, t.First/termBytes)
	if n < 2 || n > 16 {
		return nil
	}
	var out []*group
	start := 0
	for _, b := range blocks(r.Size, ceilDiv(r.Size, n)) {
		for i := 0; i < b.count; i++ {
			last := start+b.size == r.Size
			part := g.partOfSum(c, r.Var, start, b.size, last)
			part.plan = choose(part, t)
			if part.partial {
				target := traffic{near: footprint(c.main.nest.Store.Flat(), g.outer) / fromSecond}
				if c.main.nest.Store.Buf.Size()*4 > t.Second {
					target.far = 2 * target.near * fromSecond / fromThird
				}
				part.plan.cycles += target.exposed()
			}
			out = append(out, part)
			start += b.size
		}
	}
	return out
}

// partOfSum is the group for some terms of its sum; what follows the sum comes
// with the last part.
func (g *group) partOfSum(c *contraction, v *ir.Var, start, size int, last bool) *group {
	at := ir.VarSub(v).Add(ir.Sub{Const: 1}, start)
	out := &group{outer: g.outer, contraction: true, partial: start > 0}
	target := g.partTarget(c)
	for _, s := range g.stages {
		n := *s.nest
		n.Value = reloaded(n.Value, &c.main.nest.Store, target)
		if s == c.main {
			n.Store = target
			n.Reduce = []ir.Axis{{Var: v, Size: size}}
			n.Value = substituted(n.Value, v, at)
			n.Within = substitutedRanges(n.Within, v, at)
			n.Accumulate = start > 0
			out.stages = append(out.stages, &stage{nest: &n, store: s.store || !last})
		} else if last {
			out.stages = append(out.stages, &stage{nest: &n, store: s.store})
		}
	}
	out.formPasses()
	return out
}

// partTarget is where the parts of the sum are added up: the result that the
// last part makes of the sum, where that is an array of the same shape, so that
// no other memory is needed.
func (g *group) partTarget(c *contraction) ir.Mem {
	sum := c.main.nest.Store
	if c.main.store {
		return sum
	}
	for _, s := range g.stages {
		m := s.nest.Store
		if s == c.main || !s.store || m.Buf.Elem != ir.F32 || fmt.Sprint(m.Buf.Shape) != fmt.Sprint(sum.Buf.Shape) || g.reads(m.Buf) {
			continue
		}
		if sameMem(&ir.Mem{Buf: sum.Buf, Subs: m.Subs}, &sum) {
			return m
		}
	}
	return sum
}

// reads reports whether a stage loads from b.
func (g *group) reads(b *ir.Buffer) bool {
	for _, s := range g.stages {
		for _, m := range s.nest.Value.Loads() {
			if m.Buf == b {
				return true
			}
		}
	}
	return false
}

// cut divides the group into n along an outer axis.
func (g *group) cut(a ir.Axis, n int) []*group {
	var out []*group
	start := 0
	for _, r := range blocks(a.Size, ceilDiv(a.Size, n)) {
		for i := 0; i < r.count; i++ {
			out = append(out, g.part(a.Var, start, r.size))
			start += r.size
		}
	}
	return out
}

// part is the group for size values of an outer axis from start on.
func (g *group) part(v *ir.Var, start, size int) *group {
	resized := func(axes []ir.Axis) []ir.Axis {
		out := append([]ir.Axis(nil), axes...)
		for i := range out {
			if out[i].Var == v {
				out[i].Size = size
			}
		}
		return out
	}
	at := ir.VarSub(v).Add(ir.Sub{Const: 1}, start)
	out := &group{outer: resized(g.outer), contraction: g.contraction}
	for _, s := range g.stages {
		n := *s.nest
		n.Axes = resized(n.Axes)
		n.Store = substitutedMem(n.Store, v, at)
		n.Value = substituted(n.Value, v, at)
		n.Within = substitutedRanges(n.Within, v, at)
		n.Gathers = nil
		for _, gt := range s.nest.Gathers {
			n.Gathers = append(n.Gathers, &ir.LoadIndex{Dst: gt.Dst, Mem: substitutedMem(gt.Mem, v, at)})
		}
		out.stages = append(out.stages, &stage{nest: &n, store: s.store})
	}
	out.formPasses()
	return out
}
