package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// lineFloats is the number of floats in a cache line.
const lineFloats = 16

// blocked is the group with one of its operands copied into blocks of a cache
// line's width beforehand, and the group that copies; nil where no operand
// needs it. It is for the operand of which a tile takes a few neighbours from
// each of many rows, when these rows compete for the same cache lines.
func (g *group) blocked(t Target) (copying, rest *group) {
	if g.plan.vec == nil || t.Lanes == 1 {
		return nil, nil
	}
	c := newContraction(g)
	for _, m := range c.loads {
		r := contiguous(m)
		if stride(m, g.plan.vec) != 0 || r == nil || restricts(c.main.nest.Within, r) || sizeOf(g.outer, r)%lineFloats != 0 || !has(g.outer, r) {
			continue
		}
		if c.capacities(t, m).first == float64(t.First) || !allBare(m) || len(c.main.nest.Gathers) > 0 {
			continue
		}
		return g.inBlocks(m, r, lineFloats)
	}
	return nil, nil
}

// allBare reports whether every subscript is an axis or a constant.
func allBare(m *ir.Mem) bool {
	for _, s := range m.Subs {
		if len(s.Terms) > 0 && bare(s) == nil {
			return false
		}
	}
	return true
}

// inBlocks copies m into an array whose first index is a block of the outer axis
// r and whose last one is the place in the block, and splits r likewise.
func (g *group) inBlocks(m *ir.Mem, r *ir.Var, width int) (copying, rest *group) {
	size := sizeOf(g.outer, r)
	high, low := ir.Axis{Var: &ir.Var{Name: r.Name + "b"}, Size: size / width}, ir.Axis{Var: &ir.Var{Name: r.Name}, Size: width}
	whole := ir.Sub{}.Add(ir.VarSub(high.Var), width).Add(ir.VarSub(low.Var), 1)
	buf := &ir.Buffer{Name: m.Buf.Name + "Blocks", Place: ir.Frame, Shape: []int{high.Size}}
	axes, subs := []ir.Axis{high}, []ir.Sub{ir.VarSub(high.Var)}
	for d, s := range m.Subs {
		if v := bare(s); v != nil && v != r {
			axes = append(axes, ir.Axis{Var: v, Size: m.Buf.Shape[d]})
			subs, buf.Shape = append(subs, s), append(buf.Shape, m.Buf.Shape[d])
		}
	}
	axes, subs, buf.Shape = append(axes, low), append(subs, ir.VarSub(low.Var)), append(buf.Shape, width)
	blocks := ir.Mem{Buf: buf, Subs: subs}
	from := substitutedMem(*m, r, whole)
	nest := &ir.Nest{Axes: axes, Store: blocks, Value: ir.LoadExpr(from), Text: g.stages[0].nest.Text}
	copying = newGroup(nest)
	copying.stages[0].store = true
	copying.formPasses()
	rest = &group{contraction: g.contraction}
	for _, o := range g.outer {
		if o.Var == r {
			rest.outer = append(rest.outer, high, low)
		} else {
			rest.outer = append(rest.outer, o)
		}
	}
	for _, s := range g.stages {
		n := *s.nest
		n.Axes = rest.outer
		n.Store = substitutedMem(n.Store, r, whole)
		n.Value = substituted(reloaded(n.Value, m, blocks), r, whole)
		rest.stages = append(rest.stages, &stage{nest: &n, store: s.store})
	}
	rest.formPasses()
	return copying, rest
}

// reloaded is e with the reads of m replaced by reads of another element.
func reloaded(e *ir.Expr, m *ir.Mem, by ir.Mem) *ir.Expr {
	if e.Load != nil {
		if sameMem(e.Load, m) {
			return ir.LoadExpr(by)
		}
		return e
	}
	out := *e
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = reloaded(a, m, by)
	}
	return &out
}
