package cut

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// padded is the group with an operand copied beforehand into rows that are a line
// longer, and the group that copies; nil where no operand needs it. It is for the operand
// of which a tile takes one element from each of several rows, when these are whole pages
// apart: all are in the same sets of the first cache then, so that a tile has but few.
func padded(g *plan.Group, t machine.Target) (copying, rest *plan.Group) {
	if g.Plan.Vec == nil || t.Lanes == 1 {
		return nil, nil
	}
	c := plan.NewContraction(g)
	for _, m := range c.Loads {
		along := naive.Contiguous(m)
		if naive.Stride(m, g.Plan.Vec) == 0 && along != nil && naive.Has(c.Main.Nest.Reduce, along) && c.Operand(t, m).Inside && pagesApart(g, m) {
			return inLongerRows(g, m)
		}
	}
	return nil, nil
}

// pagesApart reports whether the rows of m along an outer axis are whole pages apart.
func pagesApart(g *plan.Group, m *ir.Mem) bool {
	return slices.ContainsFunc(g.Outer, func(a ir.Axis) bool {
		step := naive.Stride(m, a.Var)
		return step > 0 && step%machine.PageFloats == 0
	})
}

// inLongerRows copies the array of m, as it stands, into one with rows that are a line longer.
func inLongerRows(g *plan.Group, m *ir.Mem) (copying, rest *plan.Group) {
	buf := &ir.Buffer{Name: m.Buf.Name + "Rows", Elem: m.Buf.Elem, Place: ir.Frame, Shape: slices.Clone(m.Buf.Shape)}
	buf.Shape[len(buf.Shape)-1] += machine.LineFloats
	nest := &ir.Nest{Text: g.Stages[0].Nest.Text, Store: ir.Mem{Buf: buf}}
	for d, n := range m.Buf.Shape {
		s := ir.Sub{}
		if n > 1 {
			v := &ir.Var{Name: fmt.Sprintf("d%d", d)}
			nest.Axes, s = append(nest.Axes, ir.Axis{Var: v, Size: n}), ir.VarSub(v)
		}
		nest.Store.Subs = append(nest.Store.Subs, s)
	}
	nest.Value = ir.LoadExpr(ir.Mem{Buf: m.Buf, Subs: nest.Store.Subs})
	copying = newCopy(nest)
	rest = &plan.Group{Group: fuse.Group{Outer: g.Outer, Abreast: g.Abreast, Contraction: g.Contraction}}
	for _, s := range g.Stages {
		n := *s.Nest
		n.Value = reloaded(n.Value, m, ir.Mem{Buf: buf, Subs: m.Subs})
		rest.Stages = append(rest.Stages, &fuse.Stage{Nest: &n, Store: s.Store})
	}
	rest.FormPasses()
	return copying, rest
}

// fewSumsCost is how much longer than predicted tiles take, at most, that add up in at
// most half as many registers as others: for each of their sums more is loaded.
const fewSumsCost = 1.03

// leaveEmpty reports whether the tiles of a division leave so many registers empty beside
// those of another one.
func leaveEmpty(parts, others []*plan.Group) bool { return 2*longestTile(parts) <= longestTile(others) }

// longestTile is the number of blocks in a tile of the group in which most of the time goes.
func longestTile(parts []*plan.Group) int {
	return slices.MaxFunc(parts, func(a, b *plan.Group) int { return cmp.Compare(a.Plan.Cycles, b.Plan.Cycles) }).Plan.TileSize()
}
