package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// flat is a nest over the elements of a matrix whose rows fill vectors badly, with
// the lanes through the matrix as it lies in memory: a block of rows fills whole
// vectors. What belongs to a row or to a column is spread over the lanes.
type flat struct {
	n        *ir.Nest
	row, col ir.Axis
	// rows is the number of rows in a block; lane is the index in a block, and block
	// that of blocks.
	rows        int
	lane, block ir.Axis
}

// What makes rows worth it: how much of the vectors would be empty otherwise, and
// how many rows there are at least, in blocks.
const (
	emptyLanes = 1.25
	flatBlocks = 2
)

// flattened is a sum over the rows of a matrix, or an outer product, as nests with
// the lanes through whole blocks of rows; nil where that does not suit it. A sum
// has one of its own for each row of a block, which are added up at the end.
func flattened(n *ir.Nest, l *ir.Loops, t machine.Target) []*ir.Nest {
	f := newFlat(n, t)
	if f == nil || !f.fits(l) {
		return nil
	}
	first := f.block.Size * f.rows
	rest := f.row.Size - first
	if len(n.Reduce) == 0 {
		blocks := *n
		blocks.Axes = []ir.Axis{f.block, f.lane}
		blocks.Store = f.inBlocks(n.Store)
		blocks.Value = f.spread(n.Value)
		out := []*ir.Nest{&blocks}
		if rest > 0 {
			r := ir.Axis{Var: &ir.Var{Name: f.row.Var.Name}, Size: rest}
			at := ir.VarSub(r.Var).Add(ir.Sub{Const: 1}, first)
			last := *n
			last.Axes = []ir.Axis{r, f.col}
			last.Store, last.Value = n.Store.Replace(f.row.Var, at), naive.Substituted(n.Value, f.row.Var, at)
			out = append(out, &last)
		}
		return out
	}
	sums := &ir.Buffer{Name: n.Store.Buf.Name + "Rows", Shape: []int{(f.rows + rest) * f.col.Size}, Place: ir.Frame}
	at := func(row ir.Sub) ir.Mem {
		return ir.Mem{Buf: sums, Subs: []ir.Sub{ir.VarSub(f.col.Var).Add(row, f.col.Size)}}
	}
	out := []*ir.Nest{{
		Axes: []ir.Axis{f.lane}, Reduce: []ir.Axis{f.block}, Op: n.Op, Text: n.Text,
		Store: ir.Mem{Buf: sums, Subs: []ir.Sub{ir.VarSub(f.lane.Var)}}, Value: f.spread(n.Value),
	}}
	if rest > 0 {
		r := ir.Axis{Var: &ir.Var{Name: f.row.Var.Name}, Size: rest}
		out = append(out, &ir.Nest{
			Axes: []ir.Axis{r, f.col}, Text: n.Text, Store: at(ir.VarSub(r.Var).Add(ir.Sub{Const: 1}, f.rows)),
			Value: naive.Substituted(n.Value, f.row.Var, ir.VarSub(r.Var).Add(ir.Sub{Const: 1}, first)),
		})
	}
	q := ir.Axis{Var: &ir.Var{Name: f.row.Var.Name}, Size: f.rows + rest}
	return append(out, &ir.Nest{
		Axes: n.Axes, Reduce: []ir.Axis{q}, Op: n.Op, Store: n.Store, Text: n.Text, Value: ir.LoadExpr(at(ir.VarSub(q.Var))),
	})
}

// newFlat finds the rows and the columns; nil where there are none or vectors are
// mostly full.
func newFlat(n *ir.Nest, t machine.Target) *flat {
	f := &flat{n: n}
	switch {
	case t.Lanes == 1 || len(n.Within)+len(n.Only)+len(n.Gathers) > 0 || n.Accumulate || n.Store.Buf.Elem != ir.F32:
		return nil
	case len(n.Axes) == 1 && len(n.Reduce) == 1 && n.Op == ir.ReduceSum:
		f.row, f.col = n.Reduce[0], n.Axes[0]
	case len(n.Axes) == 2 && len(n.Reduce) == 0:
		f.row, f.col = n.Axes[0], n.Axes[1]
	default:
		return nil
	}
	width := f.col.Size
	shared := naive.GCD(width, t.Lanes)
	f.rows = t.Lanes / shared
	for n := width / shared; 2*n <= plan.SumsInTurn && 2*f.rows <= t.Lanes; n *= 2 {
		f.rows *= 2 // several vectors share what they load of a row
	}
	vectors := float64(width) / float64(t.Lanes)
	moves, most := naive.CeilDiv(width, t.Lanes), t.Registers/2-2
	if len(n.Reduce) == 0 {
		moves, most = width/t.Lanes+t.Pieces(width%t.Lanes), t.Registers/2
	}
	if width < 2 || float64(moves) < emptyLanes*vectors || width*f.rows/t.Lanes > most || f.row.Size < flatBlocks*f.rows {
		return nil
	}
	name := f.row.Var.Name
	f.block = ir.Axis{Var: &ir.Var{Name: name + "b"}, Size: f.row.Size / f.rows}
	f.lane = ir.Axis{Var: &ir.Var{Name: name + f.col.Var.Name}, Size: f.rows * width}
	return f
}

// fits reports whether all operands are the matrix, or of a row, a column or
// neither: a sum has the matrix, which nothing writes; a product is nothing else.
func (f *flat) fits(l *ir.Loops) bool {
	matrices, spreads := 0, 0
	for _, m := range f.n.Value.Loads() {
		switch {
		case f.whole(m):
			matrices++
			if slices.ContainsFunc(l.Nests, func(p *ir.Nest) bool { return p.Store.Buf.Root() == m.Buf.Root() }) {
				return false
			}
		case f.ofRow(m) || f.ofColumn(m):
			spreads++
		case m.Step(f.row.Var) != 0 || m.Step(f.col.Var) != 0:
			return false
		}
	}
	counted := false
	f.n.Value.Walk(func(e *ir.Expr) {
		counted = counted || e.Load == nil && len(e.Sub.Terms) > 0
	})
	if counted || spreads == 0 {
		return false
	}
	if len(f.n.Reduce) > 0 {
		return matrices > 0
	}
	own := !slices.ContainsFunc(l.Nests, func(p *ir.Nest) bool {
		return p != f.n && slices.ContainsFunc(naive.Touches(p), func(m *ir.Mem) bool { return m.Buf.Root() == f.n.Store.Buf.Root() })
	})
	return matrices == 0 && own && f.whole(&f.n.Store)
}

// whole reports whether m is an array of exactly the rows and columns.
func (f *flat) whole(m *ir.Mem) bool {
	s := m.Flat()
	return m.Buf.Elem == ir.F32 && len(s.Terms) == 2 && s.Const == 0 && s.Coef(f.row.Var) == f.col.Size && s.Coef(f.col.Var) == 1 && m.Buf.Size() == f.row.Size*f.col.Size
}

// ofRow reports whether m has an element for each row, side by side.
func (f *flat) ofRow(m *ir.Mem) bool {
	return m.Buf.Elem == ir.F32 && m.Step(f.row.Var) == 1 && m.Step(f.col.Var) == 0 && naive.LastDim(m, f.row.Var)
}

// ofColumn reports whether m has an element for each column, side by side.
func (f *flat) ofColumn(m *ir.Mem) bool {
	return m.Buf.Elem == ir.F32 && m.Step(f.col.Var) == 1 && m.Step(f.row.Var) == 0 && naive.LastDim(m, f.col.Var)
}

// inBlocks is the matrix as one row.
func (f *flat) inBlocks(m ir.Mem) ir.Mem {
	return naive.InOneRow(m.Buf, ir.VarSub(f.lane.Var).Add(ir.VarSub(f.block.Var), f.lane.Size))
}

// spread is e for the lanes of a block.
func (f *flat) spread(e *ir.Expr) *ir.Expr {
	if e.Load == nil {
		out := *e
		out.Args = make([]*ir.Expr, len(e.Args))
		for i, a := range e.Args {
			out.Args[i] = f.spread(a)
		}
		return &out
	}
	over := func(m ir.Mem, every, within int) *ir.Expr {
		return &ir.Expr{Op: ir.Spread, Args: []*ir.Expr{ir.LoadExpr(m)}, Sub: ir.VarSub(f.lane.Var), Every: every, Within: within, Step: 1}
	}
	switch m := e.Load; {
	case f.whole(m):
		return ir.LoadExpr(f.inBlocks(*m))
	case f.ofRow(m):
		return over(m.Replace(f.row.Var, ir.Sub{}.Add(ir.VarSub(f.block.Var), f.rows)), f.col.Size, f.rows)
	case f.ofColumn(m):
		return over(m.Replace(f.col.Var, ir.Sub{}), 1, f.col.Size)
	}
	return e
}
