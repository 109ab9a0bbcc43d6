package reform

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/spec/layer"
)

// stepsAhead gives serial loops that go along the rows of arrays, such as running sums of
// many signals, arrays in which the step comes first: what one step computes for all rows
// then lies side by side. Arrays are turned before the loop, and what it makes after it.
func stepsAhead(l *ir.Loops, t Vectors) {
	for start := 0; start < len(l.Nests); {
		end := start + 1
		for end < len(l.Nests) && l.Nests[end].Steps == l.Nests[start].Steps {
			end++
		}
		if l.Nests[start].Steps != nil {
			var before, after []*ir.Nest
			for _, b := range alongRowsOf(l, start, end, t) {
				from, to := ahead(l.Nests, start, end, b)
				before, after = append(before, from...), append(after, to...)
			}
			l.Nests = slices.Concat(l.Nests[:start], before, l.Nests[start:end], after, l.Nests[end:])
			end += len(before) + len(after)
		}
		start = end
	}
}

// alongRowsOf are the arrays whose rows the steps go along where nothing that they compute
// lies side by side.
func alongRowsOf(l *ir.Loops, start, end int, t Vectors) []*ir.Buffer {
	var out []*ir.Buffer
	for _, n := range l.Nests[start:end] {
		if 2*int(naive.Volume(n.Axes)) < t.Lanes || !stepsLast(n, &n.Store) && slices.ContainsFunc(naive.Touches(n), func(m *ir.Mem) bool { return liesAlong(m, n.Axes, t) }) {
			continue
		}
		for _, m := range naive.Touches(n) {
			if stepsLast(n, m) && !slices.Contains(out, m.Buf) && turnsAhead(l, start, end, m.Buf) {
				out = append(out, m.Buf)
			}
		}
	}
	return out
}

// stepsLast reports whether a step of the loop around n takes one element of each row of
// an array, and some of these elements.
func stepsLast(n *ir.Nest, m *ir.Mem) bool {
	d := len(m.Subs) - 1
	return d > 0 && m.Subs[d].Coef(n.Steps.Var) != 0 && !naive.TouchesAny(m.Subs[d], n.Axes) && naive.TouchesAny(m.Flat(), n.Axes)
}

// liesAlong reports whether the elements lie side by side along an axis of about as many
// as a vector has lanes.
func liesAlong(m *ir.Mem, axes []ir.Axis, t Vectors) bool {
	v := naive.Contiguous(m)
	return v != nil && 2*naive.SizeOf(axes, v) >= t.Lanes
}

// turnsAhead reports whether the nests of a serial loop may use b with its last dimension
// in front: none of them goes along its rows otherwise, and all of it is new.
func turnsAhead(l *ir.Loops, start, end int, b *ir.Buffer) bool {
	if b.Size() > mostCopied || b.Of != nil || b.Tensor != nil && b.Tensor.Role == layer.State {
		return false
	}
	for k, n := range l.Nests {
		inside := start <= k && k < end
		for _, m := range naive.Touches(n) {
			if m.Buf != b && m.Buf.Root() == b || m.Buf == b && inside && naive.TouchesAny(m.Subs[len(m.Subs)-1], n.Axes) {
				return false
			}
		}
		if n.Store.Buf == b && (n.Accumulate || k >= end && stores(l.Nests[start:end], b)) {
			return false
		}
	}
	return true
}

// stores reports whether one of the nests writes b.
func stores(nests []*ir.Nest, b *ir.Buffer) bool {
	return slices.ContainsFunc(nests, func(n *ir.Nest) bool { return n.Store.Buf == b })
}

// reads reports whether n has an element of b in its value or as an id.
func reads(n *ir.Nest, b *ir.Buffer) bool {
	return slices.ContainsFunc(naive.Touches(n), func(m *ir.Mem) bool { return m.Buf == b && m != &n.Store })
}

// ahead gives the nests of a serial loop, and those before it that b is made by, another
// array with the last dimension of b in front, and returns the copies before and after.
func ahead(nests []*ir.Nest, start, end int, b *ir.Buffer) (before, after []*ir.Nest) {
	d := len(b.Shape) - 1
	other := &ir.Buffer{Name: b.Name + "Ahead", Elem: b.Elem, Place: ir.Frame, Shape: append([]int{b.Shape[d]}, b.Shape[:d]...)}
	turned := func(subs []ir.Sub) ir.Mem {
		return ir.Mem{Buf: other, Subs: append([]ir.Sub{subs[d]}, subs[:d]...)}
	}
	all := ir.Mem{Buf: b}
	var axes []ir.Axis
	for k, size := range b.Shape {
		sub := ir.Sub{}
		if size > 1 {
			v := &ir.Var{Name: fmt.Sprintf("d%d", k)}
			axes, sub = append(axes, ir.Axis{Var: v, Size: size}), ir.VarSub(v)
		}
		all.Subs = append(all.Subs, sub)
	}
	text := nests[start].Text
	if stores(nests[start:end], b) {
		if b.Place != ir.Frame || slices.ContainsFunc(nests[end:], func(n *ir.Nest) bool { return reads(n, b) }) {
			after = []*ir.Nest{{Axes: axes, Store: all, Value: ir.LoadExpr(turned(all.Subs)), Text: text}}
		}
		start = 0
	} else {
		before = []*ir.Nest{{Axes: axes, Store: turned(all.Subs), Value: ir.LoadExpr(all), Text: text}}
	}
	for _, n := range nests[start:end] {
		for _, m := range naive.Touches(n) {
			if m.Buf == b {
				*m = turned(m.Subs)
			}
		}
	}
	return before, after
}
