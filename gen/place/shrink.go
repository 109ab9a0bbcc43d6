package place

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// Shrink makes temporaries that only one group uses as small as what a tile of
// it uses at a time, so that they stay in the first cache: a dimension that its outer
// loops walk has as many places as a tile, or none.
func Shrink(groups []*plan.Group) {
	for _, b := range fuse.Temporaries(plan.Fused(groups)) {
		k, mems := fuse.OnlyUser(plan.Fused(groups), b)
		if k < 0 {
			continue
		}
		user := groups[k]
		shape := append([]int(nil), b.Shape...)
		walked := map[*ir.Var]bool{}
		for d := range b.Shape {
			v := commonVar(mems, d)
			if v == nil || !naive.Has(user.Outer, v) || user.Plan.FillsLanes(v) {
				continue
			}
			walked[v] = true
			shape[d] = min(b.Shape[d], user.Plan.TileOf(v))
			if shape[d] > 1 {
				inTile(user, b, d, v)
				continue
			}
			for _, m := range mems {
				m.Subs[d] = ir.Sub{}
			}
		}
		b.Shape = shape
		if len(walked) > 0 {
			user.Shrunk = append(user.Shrunk, b)
		}
		if !slices.ContainsFunc(user.Outer, func(a ir.Axis) bool { return !walked[a.Var] }) {
			user.Brief = append(user.Brief, b)
		}
	}
}

// inTile notes that dimension d of b counts the places of a tile along v.
func inTile(g *plan.Group, b *ir.Buffer, d int, v *ir.Var) {
	if g.Local == nil {
		g.Local = map[*ir.Buffer][]*ir.Var{}
	}
	if g.Local[b] == nil {
		g.Local[b] = make([]*ir.Var, len(b.Shape))
	}
	g.Local[b][d] = v
}

// commonVar is the variable that dimension d of all accesses consists of.
func commonVar(mems []*ir.Mem, d int) *ir.Var {
	var v *ir.Var
	for _, m := range mems {
		w := naive.Bare(m.Subs[d])
		if w == nil || v != nil && v != w {
			return nil
		}
		v = w
	}
	return v
}
