package schedule

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
)

// collapse joins neighbouring outer axes of a group of maps wherever every
// access goes through memory without a gap: a map over rows becomes one over a
// vector, with one tail in all instead of one a row.
func (g *group) collapse(t Target) {
	if t.Lanes == 1 || !g.plainMaps() {
		return
	}
	for i := len(g.outer) - 1; i > 0; i-- {
		if j := joint(g, g.outer[i-1], g.outer[i]); j != nil {
			j.apply()
		}
	}
}

// plainMaps reports whether the group is maps alone, without ids and without
// inner loops.
func (g *group) plainMaps() bool {
	for _, s := range g.stages {
		if len(s.nest.Reduce) > 0 || len(s.inner) > 0 || len(s.nest.Gathers) > 0 {
			return false
		}
	}
	return len(g.outer) > 1
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
		for _, m := range touches(s.nest) {
			if !j.fits(m) {
				return nil
			}
		}
		ok := true
		s.nest.Value.Walk(func(e *ir.Expr) {
			if e.Load == nil && e.Op == ir.Iota && (e.Sub.Coef(a.Var) != 0 || e.Sub.Coef(b.Var) != 0) {
				ok = false
			}
		})
		if !ok {
			return nil
		}
	}
	return j
}

// place is the dimension in which a and b stand as row and column, -1 where
// neither of them stands anywhere, -2 where they stand in another way.
func (j *joining) place(m *ir.Mem) int {
	at := -1
	for d, s := range m.Subs {
		if s.Coef(j.a.Var) == 0 && s.Coef(j.b.Var) == 0 {
			continue
		}
		if at == -1 && bare(s) == j.a.Var && d+1 < len(m.Subs) && bare(m.Subs[d+1]) == j.b.Var && m.Buf.Shape[d+1] == j.b.Size {
			at = d
		} else if d != at+1 || at == -1 {
			return -2
		}
	}
	return at
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

// apply rewrites the group.
func (j *joining) apply() {
	var outer []ir.Axis
	for _, o := range j.g.outer {
		switch o.Var {
		case j.a.Var:
			outer = append(outer, j.together)
		case j.b.Var:
		default:
			outer = append(outer, o)
		}
	}
	j.g.outer = outer
	for _, s := range j.g.stages {
		n := *s.nest
		n.Axes = outer
		n.Store = j.mem(n.Store)
		n.Value = j.expr(n.Value)
		s.nest = &n
	}
}

func (j *joining) mem(m ir.Mem) ir.Mem {
	at := j.place(&m)
	if at < 0 {
		return m
	}
	subs := append([]ir.Sub(nil), m.Subs[:at]...)
	subs = append(append(subs, ir.VarSub(j.together.Var)), m.Subs[at+2:]...)
	return ir.Mem{Buf: j.views[m.Buf], Subs: subs}
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
