package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// part is n with so many values of axis k of its reduction from start on, for each value of the
// axes before that, or, where count is above 1, those of each of so many blocks of them.
func part(n *ir.Nest, k, start, count, size int) *ir.Nest {
	row, at := n.Reduce[k], ir.Sub{Const: start}
	free := *n
	free.Only = nil // they need not be heeded
	free.Axes, free.Reduce = slices.Clone(n.Reduce[:k]), nil
	if count > 1 {
		block := ir.Axis{Var: &ir.Var{Name: row.Var.Name + "b"}, Size: count}
		free.Axes = append(free.Axes, block)
		at = at.Add(ir.VarSub(block.Var), size)
	}
	if size > 1 {
		in := ir.Axis{Var: &ir.Var{Name: row.Var.Name}, Size: size}
		free.Reduce = append(free.Reduce, in)
		at = at.Add(ir.VarSub(in.Var), 1)
	}
	free.Axes, free.Reduce = append(free.Axes, n.Axes...), append(free.Reduce, n.Reduce[k+1:]...)
	return naive.SubstitutedNest(&free, row.Var, at)
}

// inRows is n as a sequence of additions of so many values of axis k of the sum each to a result
// that starts from zero.
func inRows(n *ir.Nest, k, rows int) []*ir.Nest {
	out := []*ir.Nest{{Axes: n.Axes, Store: n.Store, Value: ir.RealExpr(0), Text: n.Text}}
	add := func(start, count, size int) {
		p := part(n, k, start, count, size)
		p.Accumulate = true
		out = append(out, p)
	}
	all := n.Reduce[k].Size
	if all >= rows {
		add(0, all/rows, rows)
	}
	if all%rows > 0 {
		add(all-all%rows, 1, all%rows)
	}
	return out
}

// inChunks is n as reductions over chunks of its only axis, or for each value of
// the first of several, and the reduction of these; sums are more exact, too.
func inChunks(n *ir.Nest, t machine.Target) []*ir.Nest {
	chunk := chunkSize(n, t)
	count, rest := n.Reduce[0].Size/chunk, n.Reduce[0].Size%chunk
	if count < 2 {
		return []*ir.Nest{n}
	}
	parts := &ir.Buffer{Name: n.Store.Buf.Name + "Parts", Shape: []int{count + min(rest, 1)}, Place: ir.Frame}
	at := func(k ir.Sub) ir.Mem {
		m := ir.Mem{Buf: parts, Subs: []ir.Sub{k}}
		for _, a := range n.Axes {
			m.Subs = append(m.Subs, ir.VarSub(a.Var))
		}
		return m
	}
	for _, a := range n.Axes {
		parts.Shape = append(parts.Shape, a.Size)
	}
	first := part(n, 0, 0, count, chunk)
	first.Store = at(ir.VarSub(first.Axes[0].Var))
	out := []*ir.Nest{first}
	if rest > 0 {
		last := part(n, 0, count*chunk, 1, rest)
		last.Store = at(ir.Sub{Const: count})
		out = append(out, last)
	}
	k := ir.Axis{Var: &ir.Var{Name: n.Reduce[0].Var.Name}, Size: parts.Shape[0]}
	return append(out, &ir.Nest{
		Axes: n.Axes, Reduce: []ir.Axis{k}, Op: n.Op, Store: n.Store, Text: n.Text, Value: ir.LoadExpr(at(ir.VarSub(k.Var))),
	})
}

// chunkSize is how many values of its first axis a reduction in chunks takes at once.
func chunkSize(n *ir.Nest, t machine.Target) int {
	switch {
	case len(n.Axes) > 0:
		return callRows(n, 0, t)
	case len(n.Reduce) == 1:
		return min(t.First/4, max(1, int(callCycles(t)/naive.Weight(n.Value))))
	}
	return 1
}

// canPart reports whether n is a reduction that can be taken in parts.
func canPart(n *ir.Nest) bool {
	return len(n.Reduce) > 0 && len(n.Within) == 0 && n.Op != ir.ReduceArgMax && !n.Accumulate
}

// callCycles is how long a reduction goes on before a part of it ends: not longer than a call may
// take, and, where calls may take any time, than the terms of a sum are many for its rounding.
func callCycles(t machine.Target) float64 {
	const exact = 240e3
	return min(t.CallCycles, exact)
}

// isLong reports whether n is one number from so many terms that a single call
// would take long.
func isLong(n *ir.Nest, t machine.Target) bool {
	return canPart(n) && len(n.Axes) == 0 && naive.Volume(n.Reduce)*naive.Weight(n.Value) > callCycles(t)
}

// isTall reports whether n reduces so many rows to one that a single call would take long for a
// few vectors of it. What is not a sum has memory for the parts.
func isTall(n *ir.Nest, t machine.Target) bool {
	if !canPart(n) || len(n.Axes) == 0 || naive.IsTiled(n) || naive.IsContraction(n) || !naive.OneRow(n.Store.Flat(), n.Axes) || len(n.Reduce) == 1 && along(n) > 0 {
		return false
	}
	if n.Op == ir.ReduceSum {
		k := callAxis(n, t)
		return k > 0 || callRows(n, k, t) < n.Reduce[k].Size
	}
	rows := callRows(n, 0, t)
	parts := float64(naive.CeilDiv(n.Reduce[0].Size, rows)) * naive.Volume(n.Axes)
	return rows < n.Reduce[0].Size && 4*parts <= float64(t.FrameBytes)/partsShare
}

// along is how many elements lie side by side along one of the axes that a reduction goes over,
// so that vectors do; 0 where they go along others.
func along(n *ir.Nest) int {
	for _, m := range n.Value.Loads() {
		if v := naive.Contiguous(m); naive.Has(n.Reduce, v) {
			return naive.SizeOf(n.Reduce, v)
		}
	}
	return 0
}

// partsShare is how many such parts the frame of a function has room for.
const partsShare = 2

// callAxis is the first axis of a reduction of which a call takes one value or several.
func callAxis(n *ir.Nest, t machine.Target) int {
	k := 0
	for k < len(n.Reduce)-1 && mostRows(n, k, t) < 1 {
		k++
	}
	return k
}

// callRows is how many values of axis k a reduction takes in one call, with others that
// go over the same rows: it is the same for them.
func callRows(n *ir.Nest, k int, t machine.Target) int {
	return naive.CeilDiv(n.Reduce[k].Size, naive.CeilDiv(n.Reduce[k].Size, max(1, int(mostRows(n, k, t)))))
}

func mostRows(n *ir.Nest, k int, t machine.Target) float64 {
	vectors := float64(min(wideRow, naive.CeilDiv(int(naive.Volume(n.Axes)), t.Lanes)))
	if piece := along(n); piece > 0 {
		rows := 1.0
		if piece <= machine.LineFloats { // several are taken together
			rows = min(naive.Volume(n.Axes), float64(t.Registers)/2)
		}
		vectors = rows / float64(min(piece, t.Lanes))
	}
	return callCycles(t) / vectorCycles / (naive.Volume(n.Reduce[k+1:]) * vectors)
}

// vectorCycles is what a vector of a row takes at most.
const vectorCycles = 4
