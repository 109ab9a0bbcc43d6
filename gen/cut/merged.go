package cut

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// merge makes one axis of two that lie one inside the other in the result of a group, the
// inner one of which fills vectors badly: the outputs of the groups of a convolution, or of
// small matrices side by side. Its lanes are those of several groups.
type merge struct {
	g *plan.Group
	// high and low are the two axes; groups is how many values of high share vectors.
	high, low ir.Axis
	groups    int
	// block counts what these make, lane is the place in it.
	block, lane ir.Axis
	// copies has, for an operand that lies otherwise, where it is copied to.
	copies []*mergedCopy
	// views are arrays as one row.
	views map[*ir.Buffer]*ir.Buffer
}

// mergedGain is the share of the predicted time of others that merged lanes may take at most:
// a core has fewer places for shuffles than is counted.
const mergedGain = 0.85

// mergedCopy is an operand as it is read along merged lanes.
type mergedCopy struct {
	of   ir.Mem
	buf  *ir.Buffer
	axes []ir.Axis
}

// mergedLanes is the groups that copy operands, and the group with merged axes; nil where there
// are none.
func mergedLanes(g *plan.Group, t machine.Target) []*plan.Group {
	if !g.Contraction || t.Lanes == 1 || len(g.Abreast) > 0 || len(g.Serial) > 0 {
		return nil
	}
	for _, low := range g.Outer {
		for _, high := range g.Outer {
			if m := newMerge(g, high, low, t); m != nil {
				if parts := m.groupsWith(t); parts != nil {
					return parts
				}
			}
		}
	}
	return nil
}

// newMerge is that of two axes of a group, nil where they do not lie so in its sum or do
// not fill vectors.
func newMerge(g *plan.Group, high, low ir.Axis, t machine.Target) *merge {
	f := plan.NewContraction(g).Main.Nest.Store.Flat()
	if f.Coef(low.Var) != 1 || f.Coef(high.Var) != low.Size {
		return nil
	}
	groups := groupsSharing(high.Size, low.Size, t)
	if groups == 1 {
		return nil
	}
	name := high.Var.Name + low.Var.Name
	return &merge{
		g: g, high: high, low: low, groups: groups,
		block: ir.Axis{Var: &ir.Var{Name: high.Var.Name}, Size: high.Size / groups},
		lane:  ir.Axis{Var: &ir.Var{Name: name}, Size: groups * low.Size},
		views: map[*ir.Buffer]*ir.Buffer{},
	}
}

// mostShared is the number of vectors that several groups share at most, each of which must
// fill fullerBy times as well as fewer would; maskedPart is how much longer one takes of
// which loads and stores have a mask.
const (
	mostShared = 3
	fullerBy   = 1.3
	maskedPart = 0.25
)

// groupsSharing is how many of the given number of groups of some outputs share vectors: as many
// as fill them best, 1 where they had better have their own.
func groupsSharing(groups, outputs int, t machine.Target) int {
	filled := func(n int) float64 {
		vectors := float64(naive.CeilDiv(n*outputs, t.Lanes))
		if rest := uint(n * outputs % t.Lanes); t.Lanes == machine.LineFloats && rest&(rest-1) != 0 {
			vectors += maskedPart
		}
		return float64(n*outputs) / vectors
	}
	best := 1
	for n := 2; n <= groups && n*outputs <= mostShared*t.Lanes; n++ {
		better := 1.01
		if naive.CeilDiv(n*outputs, t.Lanes) > naive.CeilDiv(best*outputs, t.Lanes) {
			better = fullerBy
		}
		if groups%n == 0 && filled(n) > filled(best)*better {
			best = n
		}
	}
	return best
}

// groupsWith is the group with merged axes behind those that copy operands for it, planned;
// nil where an access or a condition does not let it, nothing is spread over lanes, or nothing
// is used again.
func (m *merge) groupsWith(t machine.Target) []*plan.Group {
	rest := &plan.Group{Group: fuse.Group{Outer: m.axes(m.g.Outer), Contraction: true}}
	for _, s := range m.g.Stages {
		n := *s.Nest
		if !naive.Has(n.Axes, m.high.Var) || !naive.Has(n.Axes, m.low.Var) || len(n.Gathers) > 0 || m.restricts(&n) || n.Accumulate {
			return nil
		}
		store, ok := m.along(&n.Store)
		if !ok {
			return nil
		}
		value, ok := m.expr(n.Value, naive.Join(n.Axes, n.Reduce), t)
		if !ok {
			return nil
		}
		n.Axes, n.Store, n.Value, n.Only, n.Reduce = m.axes(n.Axes), store, value, nil, windowLast(&n)
		rest.Stages = append(rest.Stages, &fuse.Stage{Nest: &n, Store: s.Store})
	}
	if rest.Spreads() == nil || !slices.ContainsFunc(rest.Stages, rest.IsMain) {
		return nil
	}
	rest.FormPasses()
	var out []*plan.Group
	for _, c := range m.copies {
		copying := newCopy(m.copying(c))
		planCopy(copying, t)
		out = append(out, copying)
	}
	rest.Plan = plan.Choose(rest, t)
	best := []*plan.Group{rest}
	for _, taps := range allTaps(rest, t) {
		if cycles(taps) < tapsGain*cycles(best) {
			best = taps
		}
	}
	return append(out, best...)
}

// windowLast is the reduction of a sum with the axis of a window last that slides with one
// of the nest's: what is spread over lanes for one of its terms serves them all.
func windowLast(n *ir.Nest) []ir.Axis {
	last := -1
	for i, a := range n.Reduce {
		slides := slices.ContainsFunc(n.Value.Loads(), func(m *ir.Mem) bool {
			return slices.ContainsFunc(m.Subs, func(s ir.Sub) bool {
				c := a.Size * max(s.Coef(a.Var), -s.Coef(a.Var))
				return slices.ContainsFunc(n.Axes, func(o ir.Axis) bool { return s.Coef(o.Var) > 0 && s.Coef(o.Var) < c })
			})
		})
		if slides && a.Size <= plan.MostSlid {
			last = i
		}
	}
	if n.Op != ir.ReduceSum || last < 0 {
		return n.Reduce
	}
	return naive.Join(n.Reduce[:last], n.Reduce[last+1:], n.Reduce[last:last+1])
}

// axes are the given ones with the lane in the place of low, and the block in that of high.
func (m *merge) axes(in []ir.Axis) []ir.Axis {
	var out []ir.Axis
	for _, a := range in {
		switch a.Var {
		case m.high.Var:
			if m.block.Size > 1 {
				out = append(out, m.block)
			}
		case m.low.Var:
			out = append(out, m.lane)
		default:
			out = append(out, a)
		}
	}
	return out
}

// restricts reports whether terms count for some values of the axes only.
func (m *merge) restricts(n *ir.Nest) bool {
	return naive.Restricts(n.Within, m.high.Var) || naive.Restricts(n.Within, m.low.Var)
}

// first is the value of high in the first lane of a vector.
func (m *merge) first() ir.Sub {
	if m.block.Size == 1 {
		return ir.Sub{}
	}
	return ir.Sub{}.Add(ir.VarSub(m.block.Var), m.groups)
}

// along is an access that goes along memory with the merged axes; ok is false for others
// that depend on them.
func (m *merge) along(x *ir.Mem) (ir.Mem, bool) {
	f := x.Flat()
	high, low := f.Coef(m.high.Var), f.Coef(m.low.Var)
	switch {
	case high == 0 && low == 0:
		return *x, true
	case high != m.low.Size || low != 1:
		return ir.Mem{}, false
	}
	d := slices.IndexFunc(x.Subs, func(s ir.Sub) bool { return s.Coef(m.low.Var) != 0 })
	if x.Subs[d].Coef(m.high.Var) == 0 {
		flat := naive.InOneRow(x.Buf, f.Replace(m.high.Var, m.first()).Replace(m.low.Var, ir.VarSub(m.lane.Var)))
		if m.views[x.Buf] == nil {
			m.views[x.Buf] = flat.Buf
		}
		flat.Buf = m.views[x.Buf]
		return flat, true
	}
	return x.Replace(m.high.Var, m.first()).Replace(m.low.Var, ir.VarSub(m.lane.Var)), true
}

// expr is an expression of the given axes over merged lanes; ok is false where there is none.
func (m *merge) expr(e *ir.Expr, axes []ir.Axis, t machine.Target) (x *ir.Expr, ok bool) {
	if e.Load == nil {
		if e.Sub.Coef(m.high.Var) != 0 || e.Sub.Coef(m.low.Var) != 0 || e.Op == ir.Spread {
			return nil, false
		}
		out := *e
		out.Args = make([]*ir.Expr, len(e.Args))
		for i, a := range e.Args {
			x, ok := m.expr(a, axes, t)
			if !ok {
				return nil, false
			}
			out.Args[i] = x
		}
		return &out, true
	}
	if x, ok := m.along(e.Load); ok {
		return ir.LoadExpr(x), true
	}
	step := e.Load.Step(m.high.Var)
	switch {
	case e.Load.Buf.Elem != ir.F32 || m.g.Makes(e.Load.Buf):
		return nil, false
	case e.Load.Step(m.low.Var) == 0 && step > 0 && m.reaches(t)*step < t.Lanes:
		base := e.Load.Replace(m.high.Var, m.first())
		if d := naive.FirstDim(e.Load, []ir.Axis{m.high}); d < naive.Innermost(e.Load) {
			base = naive.FromDim(base, d)
		}
		return &ir.Expr{Op: ir.Spread, Args: []*ir.Expr{ir.LoadExpr(base)}, Sub: ir.VarSub(m.lane.Var), Every: m.low.Size, Within: m.groups, Step: step}, true
	case step == 0 && naive.AlongRow(e.Load, m.low.Var) && m.low.Size <= t.Lanes:
		base := ir.LoadExpr(e.Load.Replace(m.low.Var, ir.Sub{}))
		return &ir.Expr{Op: ir.Spread, Args: []*ir.Expr{base}, Sub: ir.VarSub(m.lane.Var), Every: 1, Within: m.low.Size, Step: 1}, true
	case !plan.Inside(e.Load, axes):
		return nil, false
	}
	return ir.LoadExpr(m.copied(e.Load, axes)), true
}

// reaches is how many groups on the last one is that shares a vector with a first one.
func (m *merge) reaches(t machine.Target) int {
	most := 0
	for at := 0; at < m.lane.Size; at += t.Lanes {
		most = max(most, (min(at+t.Lanes, m.lane.Size)-1)/m.low.Size-at/m.low.Size)
	}
	return most
}

// copied is an element of the copy of an operand in which the merged lanes lie side by side.
func (m *merge) copied(x *ir.Mem, axes []ir.Axis) ir.Mem {
	i := slices.IndexFunc(m.copies, func(c *mergedCopy) bool { return naive.SameMem(&c.of, x) })
	if i < 0 {
		c := &mergedCopy{of: *x, buf: &ir.Buffer{Name: x.Buf.Name + "Lanes", Place: ir.Frame}}
		f := x.Flat()
		for _, a := range axes {
			if f.Coef(a.Var) != 0 && a.Var != m.high.Var && a.Var != m.low.Var {
				c.axes, c.buf.Shape = append(c.axes, a), append(c.buf.Shape, a.Size)
			}
		}
		c.buf.Shape = append(c.buf.Shape, m.high.Size*m.low.Size)
		i, m.copies = len(m.copies), append(m.copies, c)
	}
	return m.copies[i].at(m.first(), ir.VarSub(m.lane.Var), m.low.Size)
}

// at is the element of the copy that is low elements after those of a value of high, which
// take width each.
func (c *mergedCopy) at(high, low ir.Sub, width int) ir.Mem {
	out := ir.Mem{Buf: c.buf}
	for _, a := range c.axes {
		out.Subs = append(out.Subs, ir.VarSub(a.Var))
	}
	out.Subs = append(out.Subs, low.Add(high, width))
	return out
}

// copying is the nest that copies an operand.
func (m *merge) copying(c *mergedCopy) *ir.Nest {
	n := &ir.Nest{Text: m.g.Stages[0].Nest.Text, Axes: naive.Join(c.axes, []ir.Axis{m.high, m.low})}
	n.Store, n.Value = c.at(ir.VarSub(m.high.Var), ir.VarSub(m.low.Var), m.low.Size), ir.LoadExpr(c.of)
	own := map[*ir.Var]*ir.Var{}
	for _, a := range n.Axes {
		own[a.Var] = &ir.Var{Name: a.Var.Name}
	}
	return naive.Renamed(n, own)
}
