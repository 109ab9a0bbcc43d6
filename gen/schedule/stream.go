package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// streamRows is the number of rows of a matrix that are added at a time.
const streamRows = 8

// stream rewrites sums over the rows of a matrix that the first cache does not
// hold, such as a batch of one through a dense layer. Taken column by column,
// each cache line would come from another page; a few rows at a time, added to
// the result in memory, come in the order in which they lie.
func stream(l *ir.Loops, t Target) *ir.Loops {
	out := *l
	out.Nests = nil
	for _, n := range l.Nests {
		if streams(n, t) {
			out.Nests = append(out.Nests, inRows(n)...)
		} else {
			out.Nests = append(out.Nests, n)
		}
	}
	return &out
}

// streams reports whether n is a sum of rows that takes them one by one best.
func streams(n *ir.Nest, t Target) bool {
	if !isDot(n) || isContraction(n) || len(n.Axes) != 1 || len(n.Reduce) != 1 || stride(&n.Store, n.Axes[0].Var) != 1 {
		return false
	}
	col, row := n.Axes[0], n.Reduce[0]
	for _, m := range n.Value.Loads() {
		f := m.Flat()
		if f.Coef(col.Var) == 1 && f.Coef(row.Var) >= col.Size && footprint(f, n.Axes, n.Reduce) > 3*float64(t.First) {
			return true
		}
	}
	return false
}

// inRows is n as a sequence of additions of streamRows rows to a result that
// starts from zero.
func inRows(n *ir.Nest) []*ir.Nest {
	col, row := n.Axes[0], n.Reduce[0]
	zero := &ir.Nest{Axes: n.Axes, Store: n.Store, Value: ir.RealExpr(0), Text: n.Text}
	out := []*ir.Nest{zero}
	add := func(start, count, size int) {
		if count == 0 || size == 0 {
			return
		}
		block, in := &ir.Var{Name: row.Var.Name + "b"}, &ir.Var{Name: row.Var.Name}
		at := ir.Sub{Const: start}
		part := &ir.Nest{Store: n.Store, Accumulate: true, Op: n.Op, Text: n.Text}
		if count > 1 {
			part.Axes = append(part.Axes, ir.Axis{Var: block, Size: count})
			at = at.Add(ir.VarSub(block), size)
		}
		if size > 1 {
			part.Reduce = []ir.Axis{{Var: in, Size: size}}
			at = at.Add(ir.VarSub(in), 1)
		}
		part.Axes = append(part.Axes, col)
		part.Value = substituted(n.Value, row.Var, at)
		out = append(out, part)
	}
	add(0, row.Size/streamRows, streamRows)
	add(row.Size-row.Size%streamRows, 1, row.Size%streamRows)
	return out
}
