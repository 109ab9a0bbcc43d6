package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
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
		r := naive.Contiguous(m)
		if naive.Stride(m, g.plan.vec) != 0 || r == nil || naive.Restricts(c.main.nest.Within, r) || naive.SizeOf(g.outer, r)%lineFloats != 0 || !naive.Has(g.outer, r) {
			continue
		}
		if c.operand(t, m).first == float64(t.First) || !allBare(m) || len(c.main.nest.Gathers) > 0 {
			continue
		}
		return g.inBlocks(m, r, newBlocks(m, r, lineFloats))
	}
	return nil, nil
}

// allBare reports whether every subscript is an axis or a constant.
func allBare(m *ir.Mem) bool {
	for _, s := range m.Subs {
		if len(s.Terms) > 0 && naive.Bare(s) == nil {
			return false
		}
	}
	return true
}

// newBlocks is the array for m in blocks of the given width along the axis r: its
// first index is the block, its last one the place in the block.
func newBlocks(m *ir.Mem, r *ir.Var, width int) *ir.Buffer {
	at := dimension(m, r)
	buf := &ir.Buffer{Name: m.Buf.Name + "Blocks", Elem: m.Buf.Elem, Place: ir.Frame, Shape: []int{m.Buf.Shape[at] / width}}
	for d, s := range m.Subs {
		if v := naive.Bare(s); v != nil && v != r {
			buf.Shape = append(buf.Shape, m.Buf.Shape[d])
		}
	}
	buf.Shape = append(buf.Shape, width)
	return buf
}

// dimension is the one in which v stands bare, -1 where there is none.
func dimension(m *ir.Mem, v *ir.Var) int {
	return slices.IndexFunc(m.Subs, func(s ir.Sub) bool { return naive.Bare(s) == v })
}

// inBlocks copies m into the given blocks along the outer axis r, and splits r
// likewise.
func (g *group) inBlocks(m *ir.Mem, r *ir.Var, buf *ir.Buffer) (copying, rest *group) {
	size, width := naive.SizeOf(g.outer, r), buf.Shape[len(buf.Shape)-1]
	high, low := ir.Axis{Var: &ir.Var{Name: r.Name + "b"}, Size: size / width}, ir.Axis{Var: &ir.Var{Name: r.Name}, Size: width}
	whole := ir.Sub{}.Add(ir.VarSub(high.Var), width).Add(ir.VarSub(low.Var), 1)
	axes, subs := []ir.Axis{high}, []ir.Sub{ir.VarSub(high.Var)}
	for d, s := range m.Subs {
		if v := naive.Bare(s); v != nil && v != r {
			axes = append(axes, ir.Axis{Var: v, Size: m.Buf.Shape[d]})
			subs = append(subs, s)
		}
	}
	axes, subs = append(axes, low), append(subs, ir.VarSub(low.Var))
	blocks := ir.Mem{Buf: buf, Subs: subs}
	from := m.Replace(r, whole)
	nest := &ir.Nest{Axes: axes, Store: blocks, Value: ir.LoadExpr(from), Text: g.stages[0].nest.Text}
	copying = newCopy(nest)
	rest = &group{abreast: g.abreast, contraction: g.contraction}
	divided := func(axes []ir.Axis) []ir.Axis {
		i := slices.IndexFunc(axes, func(a ir.Axis) bool { return a.Var == r })
		return naive.Join(axes[:i], []ir.Axis{high, low}, axes[i+1:])
	}
	rest.outer = divided(g.outer)
	for _, s := range g.stages {
		n := *s.nest
		n.Axes = divided(n.Axes)
		n.Value = reloaded(n.Value, m, blocks)
		n.Only = slices.DeleteFunc(slices.Clone(n.Only), func(o ir.Range) bool { return o.Sub.Coef(r) != 0 })
		rest.stages = append(rest.stages, &stage{nest: naive.SubstitutedNest(&n, r, whole), store: s.store})
	}
	rest.formPasses()
	return copying, rest
}

// newCopy is the group of a nest that copies an operand.
func newCopy(n *ir.Nest) *group {
	g := newGroup(n)
	g.stages[0].store = true
	g.formPasses()
	return g
}

// planCopy plans such a group; nothing hides the time that its copy takes.
func (g *group) planCopy(t Target) {
	g.plan = choose(g, t)
	g.plan.cycles += copyWait(g.stages[0].nest.Store.Buf, t)
}

// reloaded is e with the reads of m replaced by reads of another element.
func reloaded(e *ir.Expr, m *ir.Mem, by ir.Mem) *ir.Expr {
	return naive.ReplacedLoads(e, func(e *ir.Expr) *ir.Expr {
		if naive.SameMem(e.Load, m) {
			return ir.LoadExpr(by)
		}
		return e
	})
}
