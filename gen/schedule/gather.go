package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// gatherAhead takes functions away from ids that differ from lane to lane, which no vector
// unit follows: what is scattered is computed before, and what is gathered for a function
// is copied before, element by element, so that functions find it side by side.
func gatherAhead(l *ir.Loops, t machine.Target) *ir.Loops {
	if t.Lanes == 1 {
		return l
	}
	out := *l
	out.Nests = nil
	for _, n := range l.Nests {
		out.Nests = append(out.Nests, computedBefore(n, t)...)
	}
	return &out
}

// mostAhead bounds the elements of what is computed or copied before, longFunction is the
// weight of a value from which on that pays.
const (
	mostAhead    = 1 << 16
	longFunction = 20
)

// computedBefore is a nest that needs it as several.
func computedBefore(n *ir.Nest, t machine.Target) []*ir.Nest {
	if len(n.Reduce) > 0 {
		return gatheredBefore(n)
	}
	if len(n.Gathers) == 0 || len(n.Within) > 0 || naive.Volume(n.Axes) > mostAhead || naive.Weight(n.Value) < longFunction {
		return []*ir.Nest{n}
	}
	if fillsVectors(n, t) {
		return []*ir.Nest{n}
	}
	var before []*ir.Nest
	m := *n
	if naive.LooksUp(n, n.Store.Flat()) { // scattered
		var value *ir.Nest
		value, m.Value = tabled(n, n.Value, n.Store.Buf.Name+"Terms")
		before = computedBefore(value, t)
		if len(before) == 1 {
			return []*ir.Nest{n} // it is no better alone
		}
		m.Gathers = idsOf(n, &n.Store)
		return append(before, &m)
	}
	before = copyGathered(&m)
	if !fillsVectors(&m, t) {
		return []*ir.Nest{n}
	}
	return append(before, &m)
}

// gatheredBefore is a sum whose terms ids choose, with these copied before where each is used
// for several results: it is a plain sum of products then.
func gatheredBefore(n *ir.Nest) []*ir.Nest {
	if len(n.Gathers) == 0 || len(n.Within)+len(n.Only) > 0 || n.Op != ir.ReduceSum || n.Accumulate || naive.LooksUp(n, n.Store.Flat()) {
		return []*ir.Nest{n}
	}
	m := *n
	before := copyGathered(&m)
	for _, c := range before {
		if most := naive.Volume(naive.Join(n.Axes, n.Reduce)); plan.FewestUses*naive.Volume(c.Axes) > most || naive.Volume(c.Axes) > mostAhead {
			return []*ir.Nest{n}
		}
	}
	return append(before, &m)
}

// copyGathered gives n copies of the elements that ids choose, and returns the nests that
// make them.
func copyGathered(n *ir.Nest) (before []*ir.Nest) {
	copies := map[string]*ir.Expr{}
	value := naive.ReplacedLoads(n.Value, func(e *ir.Expr) *ir.Expr {
		if !naive.LooksUp(n, e.Load.Flat()) {
			return e
		}
		key := e.Load.String()
		if copies[key] == nil {
			var c *ir.Nest
			c, copies[key] = tabled(n, e, e.Load.Buf.Name+"At")
			before = append(before, c)
		}
		return copies[key]
	})
	n.Value, n.Gathers = value, nil
	return before
}

// tabled is a nest that computes e, a part of n, for all values of the axes on which it
// depends, and what stands for e then.
func tabled(n *ir.Nest, e *ir.Expr, name string) (*ir.Nest, *ir.Expr) {
	ids := idsOf(n, e.Loads()...)
	buf := &ir.Buffer{Name: name, Place: ir.Frame}
	if e.Kind == ir.Word {
		buf.Elem = ir.I32
	}
	to := map[*ir.Var]*ir.Var{}
	out := &ir.Nest{Store: ir.Mem{Buf: buf}, Value: e, Gathers: ids, Text: n.Text, Steps: n.Steps}
	for _, a := range naive.Join(n.Axes, n.Reduce) {
		if naive.DependsOn(e, a.Var) || slices.ContainsFunc(ids, func(g *ir.LoadIndex) bool { return g.Mem.Step(a.Var) != 0 }) {
			out.Axes = append(out.Axes, a)
			buf.Shape = append(buf.Shape, a.Size)
			out.Store.Subs = append(out.Store.Subs, ir.VarSub(a.Var))
			to[a.Var] = &ir.Var{Name: a.Var.Name}
		}
	}
	instead := ir.LoadExpr(out.Store)
	for _, g := range ids {
		to[g.Dst] = &ir.Var{Name: g.Dst.Name}
	}
	return naive.Renamed(out, to), instead
}

// idsOf are the ids of n that places take, in their order, with those that these take.
func idsOf(n *ir.Nest, places ...*ir.Mem) []*ir.LoadIndex {
	var out []*ir.LoadIndex
	for _, g := range slices.Backward(n.Gathers) {
		takes := func(m *ir.Mem) bool { return m.Step(g.Dst) != 0 }
		if slices.ContainsFunc(places, takes) || slices.ContainsFunc(out, func(later *ir.LoadIndex) bool { return takes(&later.Mem) }) {
			out = append([]*ir.LoadIndex{g}, out...)
		}
	}
	return out
}
