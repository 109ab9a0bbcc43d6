package cut

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// blocked is the group with one of its operands copied into blocks of a cache
// line's width beforehand, and the group that copies; nil where no operand
// needs it. It is for the operand of which a tile takes a few neighbours from
// each of many rows, when these rows compete for the same cache lines.
func blocked(g *plan.Group, t machine.Target) (copying, rest *plan.Group) {
	if g.Plan.Vec == nil || t.Lanes == 1 {
		return nil, nil
	}
	c := plan.NewContraction(g)
	for _, m := range c.Loads {
		r := naive.Contiguous(m)
		if naive.Stride(m, g.Plan.Vec) != 0 || r == nil || naive.Restricts(c.Main.Nest.Within, r) || naive.SizeOf(g.Outer, r)%machine.LineFloats != 0 || !naive.Has(g.Outer, r) {
			continue
		}
		if c.Operand(t, m).First == float64(t.First) || !naive.AllBare(m) || len(c.Main.Nest.Gathers) > 0 {
			continue
		}
		return inBlocks(g, m, r, newBlocks(m, r, machine.LineFloats))
	}
	return nil, nil
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
func inBlocks(g *plan.Group, m *ir.Mem, r *ir.Var, buf *ir.Buffer) (copying, rest *plan.Group) {
	size, width := naive.SizeOf(g.Outer, r), buf.Shape[len(buf.Shape)-1]
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
	nest := &ir.Nest{Axes: axes, Store: blocks, Value: ir.LoadExpr(from), Text: g.Stages[0].Nest.Text}
	copying = newCopy(nest)
	rest = &plan.Group{Group: fuse.Group{Abreast: g.Abreast, Contraction: g.Contraction}}
	divided := func(axes []ir.Axis) []ir.Axis {
		i := slices.IndexFunc(axes, func(a ir.Axis) bool { return a.Var == r })
		return naive.Join(axes[:i], []ir.Axis{high, low}, axes[i+1:])
	}
	rest.Outer = divided(g.Outer)
	for _, s := range g.Stages {
		n := *s.Nest
		n.Axes = divided(n.Axes)
		n.Value = reloaded(n.Value, m, blocks)
		n.Only = slices.DeleteFunc(slices.Clone(n.Only), func(o ir.Range) bool { return o.Sub.Coef(r) != 0 })
		rest.Stages = append(rest.Stages, &fuse.Stage{Nest: naive.SubstitutedNest(&n, r, whole), Store: s.Store})
	}
	rest.FormPasses()
	return copying, rest
}

// newGroup is the group of a single nest.
func newGroup(n *ir.Nest) *plan.Group { return &plan.Group{Group: *fuse.New(n)} }

// newCopy is the group of a nest that copies an operand.
func newCopy(n *ir.Nest) *plan.Group {
	g := newGroup(n)
	g.Stages[0].Store = true
	g.FormPasses()
	return g
}

// planCopy plans such a group; nothing hides the time that its copy takes.
func planCopy(g *plan.Group, t machine.Target) {
	g.Plan = plan.Choose(g, t)
	g.Plan.Cycles += copyWait(g.Stages[0].Nest.Store.Buf, t)
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
