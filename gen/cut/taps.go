package cut

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// mostTaps is the size of an axis up to which a tile may have all of its values
// beside two other axes. Such a plan must promise no more than the share tapsGain
// of the time of others: the predictions know little of how its loads crowd.
const (
	mostTaps = 3
	tapsGain = 0.85
)

// allTaps are the groups, each in a list of its own, in which one of the short
// axes of a sum's results stands abreast: the gradient of a window's weights needs
// only a few results, and its operands are read once for all of them.
func allTaps(g *plan.Group, t machine.Target) [][]*plan.Group {
	if t.Lanes == 1 || g.Contraction && g.Spreads() == nil || !g.HasOneSum() || len(g.Stages) > 1 || len(g.Abreast) > 0 || g.Partial || len(g.Serial) > 0 {
		return nil
	}
	n := g.Stages[0].Nest
	if n.Accumulate || len(n.Gathers) > 0 || n.Op != ir.ReduceSum {
		return nil
	}
	var out [][]*plan.Group
	for i, a := range g.Outer {
		if a.Size < 2 || a.Size > mostTaps || naive.Stride(&n.Store, a.Var) == 1 || !taps(n, a.Var) {
			continue
		}
		s := *g.Stages[0]
		part := &plan.Group{Group: fuse.Group{Steps: g.Steps, Outer: slices.Concat(g.Outer[:i], g.Outer[i+1:]), Abreast: []ir.Axis{a}, Stages: []*fuse.Stage{&s}, Contraction: g.Contraction}}
		out = append(out, replanned(t, part))
	}
	return out
}

// taps reports whether an operand of n slides along v: it has a subscript in which
// both v and an axis of the sum stand.
func taps(n *ir.Nest, v *ir.Var) bool {
	return slices.ContainsFunc(n.Value.Loads(), func(m *ir.Mem) bool {
		return slices.ContainsFunc(m.Subs, func(s ir.Sub) bool {
			return s.Coef(v) != 0 && slices.ContainsFunc(n.Reduce, func(r ir.Axis) bool { return s.Coef(r.Var) != 0 })
		})
	})
}
