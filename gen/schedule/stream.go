package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// stream rewrites sums over the rows of a matrix that the first cache does not
// hold, such as a batch of one through a dense layer. Taken column by column,
// each cache line would come from another page; a few rows at a time, added to
// the result in memory, come in the order in which they lie.
func stream(l *ir.Loops, t machine.Target) *ir.Loops {
	out := *l
	out.Nests = nil
	for _, n := range l.Nests {
		parts := []*ir.Nest{n}
		switch rows := flattened(n, l, t); {
		case rows != nil:
			parts = rows
		case follows(n, out.Nests, l.Nests, t):
			parts = inRows(n, 0, 1)
		case streams(n, t) && !packs(n, l, t):
			parts = inRows(n, 0, t.StreamRows())
		case isTall(n, t) && n.Op == ir.ReduceSum:
			k := callAxis(n, t)
			parts = inRows(n, k, callRows(n, k, t))
		case isLong(n, t) || isTall(n, t):
			parts = inChunks(n, t)
		}
		for _, m := range parts {
			m.Steps = n.Steps
		}
		if len(parts) > 1 && parts[0].Steps == nil && parts[1].Accumulate {
			out.Nests = early(out.Nests, parts[0])
			parts = parts[1:]
		}
		out.Nests = append(out.Nests, parts...)
	}
	return &out
}

// sumsRows reports whether n is a sum of rows that can be taken one by one.
func sumsRows(n *ir.Nest) bool {
	return len(n.Within) == 0 && n.Op == ir.ReduceSum && !n.Accumulate && len(n.Gathers) == 0 && !naive.IsContraction(n) &&
		len(n.Axes) > 0 && len(n.Reduce) == 1 && naive.OneRow(n.Store.Flat(), n.Axes)
}

// A row of wideRow elements is worth to be gone through once; with one of wideRow vectors,
// a sum of rows may as well be in memory while other work goes over the same rows.
const wideRow = 8

// follows reports whether n is a sum of rows over which one of the nests goes, too, so that
// both take them one by one: long ones, or those that a third nest takes one by one.
func follows(n *ir.Nest, before, all []*ir.Nest, t machine.Target) bool {
	if !sumsRows(n) || naive.Volume(n.Axes) < wideRow {
		return false
	}
	one := inRows(n, 0, 1)[1]
	return slices.ContainsFunc(before, func(p *ir.Nest) bool {
		return p.Steps == n.Steps && fuse.ReadsRows(p, one) &&
			(naive.Volume(n.Axes) >= float64(wideRow*t.Lanes) || slices.ContainsFunc(all, func(q *ir.Nest) bool { return endsRows(q, p, all) }))
	})
}

// endsRows reports whether q computes all of a row from the row and from what comes of its
// reduction by p.
func endsRows(q, p *ir.Nest, all []*ir.Nest) bool {
	if len(q.Reduce) > 0 || q.Accumulate || len(q.Gathers) > 0 || !naive.SameSizes(q.Axes, naive.Join(p.Axes, p.Reduce)) {
		return false
	}
	row := func(m *ir.Mem) bool {
		return naive.Spans(m.Flat(), p.Reduce) && naive.Spans(m.Flat(), p.Axes) && naive.Loads(q, m.Buf)
	}
	ends := func(m *ir.Mem) bool { return leads(all, p.Store.Buf, m.Buf) }
	return slices.ContainsFunc(p.Value.Loads(), row) && slices.ContainsFunc(q.Value.Loads(), ends)
}

// streams reports whether n is a sum of rows that takes them one by one best.
// One in which nothing is used again can as well have its result in registers
// where rows are short, and any where the registers hold a whole row: the rows
// come one after the other then, too.
func streams(n *ir.Nest, t machine.Target) bool {
	if !sumsRows(n) {
		return false
	}
	row := n.Reduce[0]
	for _, m := range n.Value.Loads() {
		f := m.Flat()
		if t.Lanes > 1 && naive.OneRow(f, n.Axes) && naive.CeilDiv(int(naive.Volume(n.Axes)), t.Lanes) <= t.MostSums() {
			return false
		}
		if naive.OneRow(f, n.Axes) && float64(f.Coef(row.Var)) >= naive.Volume(n.Axes) && naive.Footprint(m, n.Axes, n.Reduce) > plan.FarRows*float64(t.First) {
			return naive.IsDot(n) || 4*f.Coef(row.Var) >= plan.LongRow
		}
	}
	return false
}

// packs reports whether a sum over the rows of a matrix that all steps of a serial
// loop read has its own way to take them in order: from blocks as wide as the
// registers hold, made once.
func packs(n *ir.Nest, l *ir.Loops, t machine.Target) bool {
	if n.Steps == nil || t.Lanes == 1 || !naive.IsDot(n) || plan.RowWidth(int(naive.Volume(n.Axes)), t) == 0 {
		return false
	}
	return slices.ContainsFunc(n.Value.Loads(), func(m *ir.Mem) bool {
		return naive.OneRow(m.Flat(), n.Axes) && naive.AllBare(m) && plan.PaysBlocks(m, n.Steps, t) && m.Flat().Coef(n.Steps.Var) == 0 &&
			!slices.ContainsFunc(l.Nests, func(p *ir.Nest) bool { return p.Steps == n.Steps && p.Store.Buf.Root() == m.Buf.Root() })
	})
}

// early puts n, which sets an array to zero, in front of the nests, so that sums
// that are added up side by side stand side by side, unless they use the array.
func early(nests []*ir.Nest, n *ir.Nest) []*ir.Nest {
	for _, p := range nests {
		if len(naive.SharedPairs(p, n)) > 0 {
			return append(nests, n)
		}
	}
	return append([]*ir.Nest{n}, nests...)
}
