package cut

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// chunk is a part of an axis: size values from at on; loop, where not nil, is
// the axis that at counts by.
type chunk struct {
	at          ir.Sub
	size        int
	loop        *ir.Axis
	first, last bool
}

// maxChunks bounds the parts that a group is cut into: each has code of its own.
const maxChunks = 5

// chunks divides an axis into parts of the given size. Those where all terms
// count are one part with a loop, but for the first and the last where apart is
// set. No result stands for too many parts.
func chunks(g *plan.Group, a ir.Axis, size int, apart bool) []chunk {
	n := naive.CeilDiv(a.Size, size)
	from, end := 0, a.Size/size // the chunks that a loop may have
	if apart {
		from, end = 1, min(end, n-1)
	}
	var out []chunk
	for k := 0; k < n; k++ {
		c := chunk{at: ir.Sub{Const: k * size}, size: min(size, a.Size-k*size), first: k == 0, last: k == n-1}
		to := k
		for k >= from && to+1 < end && counts(g, a, k*size, (to+2)*size) {
			to++
		}
		if to > k {
			c.loop = &ir.Axis{Var: &ir.Var{Name: a.Var.Name + "b"}, Size: to - k + 1}
			c.at = c.at.Add(ir.VarSub(c.loop.Var), size)
			k = to
		}
		c.at = c.at.Add(ir.VarSub(a.Var), 1)
		if c.size == 1 {
			c.at = c.at.Replace(a.Var, ir.Sub{})
		}
		out = append(out, c)
	}
	if len(out) > maxChunks {
		return nil
	}
	return out
}

// counts reports whether all terms count for the values from lo to hi of a,
// whatever those of the other axes.
func counts(g *plan.Group, a ir.Axis, lo, hi int) bool {
	for _, s := range g.Stages {
		for _, w := range s.Nest.Within {
			c := w.Sub.Coef(a.Var)
			if c == 0 {
				continue
			}
			least, most := naive.Extent(w.Sub.Replace(a.Var, ir.Sub{}), s.Nest.Axes, s.Nest.Reduce)
			if least+min(c*lo, c*(hi-1)) < 0 || most+max(c*lo, c*(hi-1)) >= w.Size {
				return false
			}
		}
	}
	return true
}

// open drops the ranges of a nest in which every point lies.
func open(n *ir.Nest, outer []ir.Axis) {
	var kept []ir.Range
	for _, w := range n.Within {
		if lo, hi := naive.Extent(w.Sub, outer, n.Reduce); lo < 0 || hi >= w.Size {
			kept = append(kept, w)
		}
	}
	n.Within = kept
}

// resized is the axes with a cut to the chunk, and the chunk's loop first.
func (c chunk) resized(axes []ir.Axis, a *ir.Var) []ir.Axis {
	var out []ir.Axis
	for _, x := range axes {
		if x.Var != a {
			out = append(out, x)
		} else if c.size > 1 {
			out = append(out, ir.Axis{Var: a, Size: c.size})
		}
	}
	return out
}

// looped is the axes with the chunk's loop before them.
func (c chunk) looped(axes []ir.Axis) []ir.Axis {
	if c.loop == nil {
		return axes
	}
	return append([]ir.Axis{*c.loop}, axes...)
}

// serialWith is the group's serial axes and the chunk's.
func serialWith(g *plan.Group, c chunk) []*ir.Var {
	if c.loop == nil {
		return g.Serial
	}
	return append([]*ir.Var{c.loop.Var}, g.Serial...)
}

// partOver is the group for a chunk of an outer axis.
func partOver(g *plan.Group, v *ir.Var, c chunk) *plan.Group {
	out := &plan.Group{Group: fuse.Group{Outer: c.looped(c.resized(g.Outer, v)), Abreast: g.Abreast, Contraction: g.Contraction}, Partial: g.Partial, Onward: g.Onward, Serial: serialWith(g, c)}
	for _, s := range g.Stages {
		free := *s.Nest
		free.Only = nil
		n := naive.SubstitutedNest(&free, v, c.at)
		n.Axes = c.looped(c.resized(n.Axes, v))
		open(n, naive.Join(out.Outer, out.Abreast))
		out.Stages = append(out.Stages, &fuse.Stage{Nest: n, Store: s.Store})
	}
	out.FormPasses()
	return out
}

// cutOuter divides the group along an outer axis into parts of the given size; nil
// where that makes too many parts.
func cutOuter(g *plan.Group, a ir.Axis, size int) []*plan.Group {
	var out []*plan.Group
	for _, c := range chunks(g, a, size, false) {
		out = append(out, partOver(g, a.Var, c))
	}
	return out
}

// sumOver is the group for a chunk of its sum: what comes before is in the
// target already, and what follows the sum comes with the last chunk.
func sumOver(g *plan.Group, c *plan.Contraction, v *ir.Var, part chunk) *plan.Group {
	out := &plan.Group{Group: fuse.Group{Outer: part.looped(g.Outer), Abreast: g.Abreast, Contraction: g.Contraction}, Partial: !part.first || g.Partial, Serial: serialWith(g, part)}
	if !part.last {
		out.Onward = plan.Onward{Axis: v, By: part.size}
	}
	target := partTarget(g, c)
	for _, s := range g.Stages {
		n := *s.Nest
		n.Value = reloaded(n.Value, &c.Main.Nest.Store, target)
		n.Axes = part.looped(n.Axes)
		n.Only = nil
		if s == c.Main {
			n.Store = target
			n.Reduce = part.resized(n.Reduce, v)
			n.Value = naive.Substituted(n.Value, v, part.at)
			n.Within = naive.SubstitutedRanges(n.Within, v, part.at)
			open(&n, naive.Join(out.Outer, out.Abreast))
			if len(n.Reduce) == 0 && len(n.Within) > 0 { // a single term, which does not count everywhere
				n.Reduce = []ir.Axis{{Var: &ir.Var{Name: v.Name}, Size: 1}}
			}
			n.Accumulate = out.Partial
			out.Stages = append(out.Stages, &fuse.Stage{Nest: &n, Store: s.Store || !part.last})
		} else if part.last {
			out.Stages = append(out.Stages, &fuse.Stage{Nest: &n, Store: s.Store})
		}
	}
	out.FormPasses()
	return out
}

// partTarget is where the parts of the sum are added up: the result that the
// last part makes of the sum, where that is an array of the same shape, so that
// no other memory is needed.
func partTarget(g *plan.Group, c *plan.Contraction) ir.Mem {
	sum := c.Main.Nest.Store
	if c.Main.Store {
		return sum
	}
	for k, s := range g.Stages {
		m := s.Nest.Store
		if s == c.Main || !s.Store || fuse.AnyLoads(g.Stages[k+1:], sum.Buf) || m.Buf.Elem != ir.F32 || !slices.Equal(m.Buf.Shape, sum.Buf.Shape) || g.Reads(m.Buf) {
			continue
		}
		if naive.SameMem(&ir.Mem{Buf: sum.Buf, Subs: m.Subs}, &sum) {
			return m
		}
	}
	return sum
}
