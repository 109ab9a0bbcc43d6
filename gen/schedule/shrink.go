package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// shrinkTemporaries makes temporaries that only one group uses as small as what a tile of
// it uses at a time, so that they stay in the first cache: a dimension that its outer
// loops walk has as many places as a tile, or none.
func shrinkTemporaries(groups []*group) {
	for _, b := range temporaries(groups) {
		user, mems := onlyUser(groups, b)
		if user == nil {
			continue
		}
		shape := append([]int(nil), b.Shape...)
		walked := map[*ir.Var]bool{}
		for d := range b.Shape {
			v := commonVar(mems, d)
			if v == nil || !naive.Has(user.outer, v) || user.plan.fillsLanes(v) {
				continue
			}
			walked[v] = true
			shape[d] = min(b.Shape[d], user.plan.tileOf(v))
			if shape[d] > 1 {
				user.inTile(b, d, v)
				continue
			}
			for _, m := range mems {
				m.Subs[d] = ir.Sub{}
			}
		}
		b.Shape = shape
		if len(walked) > 0 {
			user.shrunk = append(user.shrunk, b)
		}
		if !slices.ContainsFunc(user.outer, func(a ir.Axis) bool { return !walked[a.Var] }) {
			user.brief = append(user.brief, b)
		}
	}
}

// onlyUser is the group that alone uses b, always in its own shape, and its accesses;
// nil where there is none.
func onlyUser(groups []*group, b *ir.Buffer) (user *group, mems []*ir.Mem) {
	for _, g := range groups {
		for _, s := range g.stages {
			for _, m := range naive.Touches(s.nest) {
				if m.Buf.Root() != b {
					continue
				}
				if user != nil && user != g || m.Buf != b {
					return nil, nil
				}
				user = g
				mems = append(mems, m)
			}
		}
	}
	return user, mems
}

// inTile notes that dimension d of b counts the places of a tile along v.
func (g *group) inTile(b *ir.Buffer, d int, v *ir.Var) {
	if g.local == nil {
		g.local = map[*ir.Buffer][]*ir.Var{}
	}
	if g.local[b] == nil {
		g.local[b] = make([]*ir.Var, len(b.Shape))
	}
	g.local[b][d] = v
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
