package schedule

import (
	"fmt"
	"slices"
	"sort"

	"github.com/dlgen/dlgen/gen/ir"
)

// collapse joins neighbouring outer axes, and neighbouring axes of a sum,
// wherever every access goes through memory without a gap: a map over rows
// becomes one over a vector, with one tail in all instead of one a row.
func (g *group) collapse(t Target) {
	if t.Lanes == 1 || !g.collapses() {
		return
	}
	for i := len(g.outer) - 1; i > 0; i-- {
		if j := joint(g, g.outer[i-1], g.outer[i]); j != nil {
			g.outer = j.axes(g.outer)
			j.apply()
		}
	}
	for _, s := range g.stages {
		for i := len(s.nest.Reduce) - 1; i > 0; i-- {
			if j := joint(g, s.nest.Reduce[i-1], s.nest.Reduce[i]); j != nil {
				j.apply()
			}
		}
	}
	g.passes = nil
	g.formPasses()
}

// sortSums orders the axes of reductions by the steps that they make through
// memory, so that the innermost loop makes the smallest. The position of a
// maximum is counted along the axes as they are.
func (g *group) sortSums() {
	sorted := false
	for _, s := range g.stages {
		if s.nest.Op == ir.ReduceArgMax || len(s.nest.Reduce) < 2 {
			continue
		}
		step := func(a ir.Axis) int {
			sum := 0
			for _, m := range s.nest.Value.Loads() {
				c := stride(m, a.Var)
				sum += max(c, -c)
			}
			return sum
		}
		n := *s.nest
		n.Reduce = append([]ir.Axis(nil), n.Reduce...)
		sort.SliceStable(n.Reduce, func(i, j int) bool { return step(n.Reduce[i]) > step(n.Reduce[j]) })
		s.nest, sorted = &n, true
	}
	if sorted {
		g.passes = nil
		g.formPasses()
	}
}

// collapses reports whether the group has neither inner loops that results of its own
// axes fill nor ids.
func (g *group) collapses() bool {
	return !slices.ContainsFunc(g.stages, func(s *stage) bool { return len(s.inner) > 0 || len(s.nest.Gathers) > 0 })
}

// joining is two axes that become one.
type joining struct {
	g        *group
	a, b     ir.Axis
	together ir.Axis
	views    map[*ir.Buffer]*ir.Buffer
}

// joint checks that a and b can be joined.
func joint(g *group, a, b ir.Axis) *joining {
	j := &joining{g: g, a: a, b: b, views: map[*ir.Buffer]*ir.Buffer{}}
	j.together = ir.Axis{Var: &ir.Var{Name: a.Var.Name + b.Var.Name}, Size: a.Size * b.Size}
	for _, s := range g.stages {
		if s.nest.Op == ir.ReduceArgMax && !sideBySideIn(s.nest.Reduce, a.Var, b.Var) {
			return nil
		}
		if restricts(s.nest.Within, a.Var) || restricts(s.nest.Within, b.Var) || restricts(s.nest.Only, a.Var) || restricts(s.nest.Only, b.Var) {
			return nil
		}
		for _, m := range touches(s.nest) {
			if !j.fits(m) {
				return nil
			}
		}
		ok := true
		s.nest.Value.Walk(func(e *ir.Expr) {
			if e.Load == nil && (e.Sub.Coef(a.Var) != 0 || e.Sub.Coef(b.Var) != 0) {
				ok = false
			}
		})
		if !ok {
			return nil
		}
	}
	return j
}

// sideBySideIn reports whether b follows a among axes whose order counts, or neither is
// one of them.
func sideBySideIn(axes []ir.Axis, a, b *ir.Var) bool {
	at := func(v *ir.Var) int { return slices.IndexFunc(axes, func(x ir.Axis) bool { return x.Var == v }) }
	i, j := at(a), at(b)
	return i < 0 && j < 0 || i >= 0 && j == i+1
}

// place is the dimension in which a and b stand as row, perhaps from some row
// on, and column, -1 where they stand nowhere, or together in one subscript,
// -2 where they stand in another way.
func (j *joining) place(m *ir.Mem) int {
	at := -1
	for d, s := range m.Subs {
		if s.Coef(j.a.Var) == s.Coef(j.b.Var)*j.b.Size {
			continue
		}
		if at == -1 && s.Coef(j.a.Var) == 1 && s.Coef(j.b.Var) == 0 && d+1 < len(m.Subs) && j.fills(m.Subs[d+1], m.Buf.Shape[d+1]) {
			at = d
		} else if d != at+1 || at == -1 {
			return -2
		}
	}
	return at
}

// fills reports whether a subscript goes through a row of the given size with b, or
// through its groups of a few elements.
func (j *joining) fills(s ir.Sub, size int) bool {
	k := s.Coef(j.b.Var)
	return len(s.Terms) == 1 && k > 0 && k*j.b.Size == size && 0 <= s.Const && s.Const < k
}

// fits reports whether the access can be written with one index for both. All
// accesses to a buffer must agree on that, since its view is another buffer to
// the passes that follow.
func (j *joining) fits(m *ir.Mem) bool {
	at := j.place(m)
	view, seen := j.views[m.Buf]
	if at == -2 || seen && (view == nil) != (at == -1) {
		return false
	}
	if at == -1 {
		j.views[m.Buf] = nil
		return true
	}
	shape := append(append(append([]int(nil), m.Buf.Shape[:at]...), m.Buf.Shape[at]*m.Buf.Shape[at+1]), m.Buf.Shape[at+2:]...)
	if seen {
		return fmt.Sprint(view.Shape) == fmt.Sprint(shape)
	}
	v := *m.Buf
	v.Shape, v.Of = shape, m.Buf.Root()
	j.views[m.Buf] = &v
	return true
}

// axes is the list with the two axes joined.
func (j *joining) axes(in []ir.Axis) []ir.Axis {
	var out []ir.Axis
	for _, o := range in {
		switch o.Var {
		case j.a.Var:
			out = append(out, j.together)
		case j.b.Var:
		default:
			out = append(out, o)
		}
	}
	return out
}

// apply rewrites the group's stages.
func (j *joining) apply() {
	for _, s := range j.g.stages {
		n := *s.nest
		n.Axes, n.Reduce = j.axes(n.Axes), j.axes(n.Reduce)
		n.Store = j.mem(n.Store)
		n.Value = j.expr(n.Value)
		s.nest = &n
	}
}

func (j *joining) mem(m ir.Mem) ir.Mem {
	out := ir.Mem{Buf: m.Buf}
	for _, s := range m.Subs {
		out.Subs = append(out.Subs, s.Replace(j.a.Var, ir.Sub{}).Replace(j.b.Var, ir.VarSub(j.together.Var)))
	}
	if at := j.place(&m); at >= 0 {
		out.Subs[at+1] = out.Subs[at+1].Add(out.Subs[at], m.Buf.Shape[at+1])
		out.Buf, out.Subs = j.views[m.Buf], append(out.Subs[:at], out.Subs[at+1:]...)
	}
	return out
}

func (j *joining) expr(e *ir.Expr) *ir.Expr {
	if e.Load != nil {
		return ir.LoadExpr(j.mem(*e.Load))
	}
	out := *e
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = j.expr(a)
	}
	return &out
}
