package lower

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// Views leaves out nests that copy an array into one of another shape, element
// by element in the order of memory, where both can be the same memory: one of
// them has its elements from the other alone, and keeps them. It works on all
// passes of a layer at once, which share the workspace.
func Views(passes []*ir.Loops) {
	for _, l := range passes {
		for k := 0; k < len(l.Nests); k++ {
			if v := newView(passes, l, k); v != nil {
				l.Nests = slices.Delete(l.Nests, k, k+1)
				for _, p := range passes {
					v.show(p)
				}
				k--
			}
		}
	}
}

// view is an array that two buffers become.
type view struct {
	kept, gone *ir.Buffer
	shape      []int
}

// newView is what the array that nest k copies and the copy become, nil where
// they must stay two.
func newView(passes []*ir.Loops, l *ir.Loops, k int) *view {
	n := l.Nests[k]
	if !inMemoryOrder(n) {
		return nil
	}
	to, from := n.Store.Buf, n.Value.Load.Buf
	for at, other := range l.Nests {
		if at != k && (other.Store.Buf == to || other.Store.Buf == from && at > k) {
			return nil // its elements change, or are not these alone
		}
	}
	v := &view{kept: from, gone: to, shape: commonShape(to.Shape, from.Shape)}
	switch {
	case isState(to) || isState(from):
		return nil
	case to.Place == ir.Frame:
	case from.Place == ir.Frame:
		v.kept, v.gone = to, from
	case to.Place == ir.Workspace && from.Place == ir.Workspace && !writtenElsewhere(passes, l, to, from):
	default:
		return nil
	}
	if v.hidesIDs(passes) {
		return nil
	}
	return v
}

// hidesIDs reports whether an id that is a subscript of one of the two would be part of a
// sum, where its range can no longer be seen.
func (v *view) hidesIDs(passes []*ir.Loops) bool {
	for _, p := range passes {
		for _, n := range p.Nests {
			elements := append(n.Value.Loads(), &n.Store)
			for _, g := range n.Gathers {
				elements = append(elements, &g.Mem)
			}
			for _, g := range n.Gathers {
				for _, m := range elements {
					if (same(m.Buf, v.kept) || same(m.Buf, v.gone)) && v.joins(*m, g.Dst) {
						return true
					}
				}
			}
		}
	}
	return false
}

// joins reports whether the subscript of m that is id becomes part of a sum other than as
// the first of the extents that are joined there.
func (v *view) joins(m ir.Mem, id *ir.Var) bool {
	for d, s := range m.Subs {
		if s.Coef(id) == 0 {
			continue
		}
		alone := len(s.Terms) == 1 && s.Coef(id) == 1 && s.Const == 0
		subs := joined(m, v.shape)
		k := slices.IndexFunc(subs, func(s ir.Sub) bool { return s.Coef(id) != 0 })
		if !alone || k < 0 || v.shape[k] != subs[k].Coef(id)*m.Buf.Shape[d] {
			return true
		}
	}
	return false
}

// inMemoryOrder reports whether n copies an array as it lies in memory.
func inMemoryOrder(n *ir.Nest) bool {
	from := n.Value.Load
	if from == nil || len(n.Reduce)+len(n.Gathers) > 0 || n.Accumulate || n.Steps != nil {
		return false
	}
	to := n.Store.Buf
	if to == from.Buf || to.Elem != from.Buf.Elem || to.Size() != from.Buf.Size() {
		return false
	}
	points := 1
	for _, a := range n.Axes {
		points *= a.Size
	}
	at := n.Store.Flat().Add(from.Flat(), -1)
	return points == to.Size() && at.Const == 0 && !slices.ContainsFunc(at.Terms, func(t ir.SubTerm) bool { return t.Coef != 0 })
}

func isState(b *ir.Buffer) bool { return b.Tensor != nil && b.Tensor.Role == layer.State }

// writtenElsewhere reports whether a pass other than l writes one of the two.
func writtenElsewhere(passes []*ir.Loops, l *ir.Loops, a, b *ir.Buffer) bool {
	for _, p := range passes {
		if p != l && slices.ContainsFunc(p.Nests, func(n *ir.Nest) bool { return same(n.Store.Buf, a) || same(n.Store.Buf, b) }) {
			return true
		}
	}
	return false
}

// same reports whether two passes' buffers are one array.
func same(a, b *ir.Buffer) bool {
	return a == b || a.Place == ir.Workspace && b.Place == ir.Workspace && a.Name == b.Name
}

// commonShape has the extents into which those of both shapes can be joined.
func commonShape(a, b []int) []int {
	var out []int
	in, last := suffixes(b), 1
	for _, size := range suffixes(a) {
		if size > last && slices.Contains(in, size) {
			out = append(out, size/last)
			last = size
		}
	}
	slices.Reverse(out)
	return out
}

// suffixes are the sizes of the arrays of the last one, two and so on extents.
func suffixes(shape []int) []int {
	size := 1
	var out []int
	for _, n := range slices.Backward(shape) {
		size *= n
		out = append(out, size)
	}
	return out
}

// show makes a pass use the one array for both buffers.
func (v *view) show(l *ir.Loops) {
	var one *ir.Buffer
	is := func(b *ir.Buffer) bool { return same(b, v.kept) || same(b, v.gone) }
	var buffers []*ir.Buffer
	for _, b := range l.Buffers {
		if !is(b) {
			buffers = append(buffers, b)
		} else if one == nil {
			c := *v.kept
			c.Shape = v.shape
			one = &c
			buffers = append(buffers, one)
		}
	}
	if one == nil {
		return
	}
	l.Buffers = buffers
	at := func(m ir.Mem) ir.Mem {
		if !is(m.Buf) {
			return m
		}
		return ir.Mem{Buf: one, Subs: joined(m, v.shape)}
	}
	for k, n := range l.Nests {
		c := *n
		c.Store, c.Value, c.Gathers = at(n.Store), moved(n.Value, at, map[*ir.Expr]*ir.Expr{}), nil
		for _, g := range n.Gathers {
			c.Gathers = append(c.Gathers, &ir.LoadIndex{Dst: g.Dst, Mem: at(g.Mem)})
		}
		l.Nests[k] = &c
	}
}

// joined has a subscript for each extent of a shape into which those of m's
// buffer can be joined.
func joined(m ir.Mem, shape []int) []ir.Sub {
	out := make([]ir.Sub, len(shape))
	d := len(m.Subs) - 1
	for k, size := range slices.Backward(shape) {
		for stride := 1; d >= 0 && (stride < size || k == 0); d-- {
			out[k] = out[k].Add(m.Subs[d], stride)
			stride *= m.Buf.Shape[d]
		}
	}
	return out
}

// moved is e with its elements where they are then; nodes that were shared are
// so again.
func moved(e *ir.Expr, at func(ir.Mem) ir.Mem, done map[*ir.Expr]*ir.Expr) *ir.Expr {
	if out := done[e]; out != nil {
		return out
	}
	out := *e
	if e.Load != nil {
		m := at(*e.Load)
		out.Load = &m
	}
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = moved(a, at, done)
	}
	done[e] = &out
	return &out
}
