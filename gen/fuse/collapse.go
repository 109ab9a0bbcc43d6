package fuse

import (
	"slices"
	"sort"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Collapse joins neighbouring outer axes, and neighbouring axes of a sum or inside of
// the outer ones, wherever every access goes through memory without a gap: a map over
// rows becomes one over a vector, with one tail in all instead of one a row. Other groups
// use the temporaries that are shared, too.
func (g *Group) Collapse(shared map[*ir.Buffer]bool, t machine.Target) {
	if t.Lanes == 1 || slices.ContainsFunc(g.Stages, func(s *Stage) bool { return len(s.Nest.Gathers) > 0 }) {
		return
	}
	for i := len(g.Outer) - 1; i > 0; i-- {
		if j := joint(g, g.Outer[i-1], g.Outer[i], shared); j != nil {
			j.apply()
		}
	}
	for _, s := range g.Stages {
		for i := len(s.Axes()) - 1; i > 0; i-- {
			if axes := s.Axes(); i < len(axes) && i != len(s.Inner) {
				if j := joint(g, axes[i-1], axes[i], shared); j != nil {
					j.apply()
				}
			}
		}
	}
	g.Passes = nil
	g.FormPasses()
}

// sortSums orders the axes of reductions by the steps that they make through
// memory, so that the innermost loop makes the smallest. The position of a
// maximum is counted along the axes as they are.
func (g *Group) sortSums() {
	sorted := false
	for _, s := range g.Stages {
		if s.Nest.Op == ir.ReduceArgMax || len(s.Nest.Reduce) < 2 {
			continue
		}
		step := func(a ir.Axis) int {
			sum := 0
			for _, m := range s.Nest.Value.Loads() {
				c := naive.Stride(m, a.Var)
				sum += max(c, -c)
			}
			return sum
		}
		n := *s.Nest
		n.Reduce = append([]ir.Axis(nil), n.Reduce...)
		sort.SliceStable(n.Reduce, func(i, j int) bool { return step(n.Reduce[i]) > step(n.Reduce[j]) })
		s.Nest, sorted = &n, true
	}
	if sorted {
		g.Passes = nil
		g.FormPasses()
	}
}

// joining is pairs of axes, each of which becomes one: the rows and columns of some
// arrays in all stages.
type joining struct {
	g     *Group
	pairs []joined
	views map[*ir.Buffer]*ir.Buffer
}

// joined is two axes and what they become.
type joined struct{ a, b, together ir.Axis }

// joint checks that a and b can be joined, together with the axes that go through the
// same rows and columns elsewhere.
func joint(g *Group, a, b ir.Axis, shared map[*ir.Buffer]bool) *joining {
	j := &joining{g: g, views: map[*ir.Buffer]*ir.Buffer{}}
	j.add(a, b)
	for known := 0; known < len(j.pairs); {
		known = len(j.pairs)
		for _, s := range g.Stages {
			for _, m := range naive.Touches(s.Nest) {
				if !j.fits(m) && !j.meets(s.Nest, m) {
					return nil
				}
			}
		}
	}
	if slices.ContainsFunc(g.Stages, func(s *Stage) bool { return !j.joins(s, shared) }) {
		return nil
	}
	return j
}

func (j *joining) add(a, b ir.Axis) {
	j.pairs = append(j.pairs, joined{a, b, ir.Axis{Var: &ir.Var{Name: a.Var.Name + b.Var.Name}, Size: a.Size * b.Size}})
}

// meets adds the axes of a nest that go through the rows and columns of an array that
// others join, and reports whether there are such and the access fits then.
func (j *joining) meets(n *ir.Nest, m *ir.Mem) bool {
	view := j.views[m.Buf]
	if view == nil || j.place(m) != -1 {
		return false
	}
	for _, axes := range [][]ir.Axis{n.Axes, n.Reduce} {
		for i := 1; i < len(axes); i++ {
			a, b := axes[i-1], axes[i]
			if slices.ContainsFunc(j.pairs, func(p joined) bool {
				return p.a.Var == a.Var || p.b.Var == a.Var || p.a.Var == b.Var || p.b.Var == b.Var
			}) {
				continue
			}
			if naive.Has(j.g.Outer, a.Var) != naive.Has(j.g.Outer, b.Var) || naive.Has(j.g.Abreast, a.Var) || naive.Has(j.g.Abreast, b.Var) {
				continue
			}
			j.add(a, b)
			if j.place(m) >= 0 && j.fits(m) {
				return true
			}
			j.pairs = j.pairs[:len(j.pairs)-1]
		}
	}
	return false
}

// joins reports whether nothing but places in memory tells the axes of a stage apart.
func (j *joining) joins(s *Stage, shared map[*ir.Buffer]bool) bool {
	n := s.Nest
	for _, p := range j.pairs {
		if n.Op == ir.ReduceArgMax && !sideBySideIn(n.Reduce, p.a.Var, p.b.Var) {
			return false
		}
		for _, v := range []*ir.Var{p.a.Var, p.b.Var} {
			if naive.Restricts(n.Within, v) || naive.Restricts(n.Only, v) {
				return false
			}
			ok := true
			n.Value.Walk(func(e *ir.Expr) { ok = ok && (e.Load != nil || e.Sub.Coef(v) == 0) })
			if !ok {
				return false
			}
		}
	}
	// What a tile keeps of a temporary is found by its dimensions.
	return len(s.Inner) == 0 || !slices.ContainsFunc(naive.Touches(n), func(m *ir.Mem) bool {
		return m.Buf.Place == ir.Frame && j.views[m.Buf] != nil && !shared[m.Buf.Root()]
	})
}

// sideBySideIn reports whether b follows a among axes whose order counts, or neither is
// one of them.
func sideBySideIn(axes []ir.Axis, a, b *ir.Var) bool {
	at := func(v *ir.Var) int { return slices.IndexFunc(axes, func(x ir.Axis) bool { return x.Var == v }) }
	i, j := at(a), at(b)
	return i < 0 && j < 0 || i >= 0 && j == i+1
}

// place is the dimension in which a pair stands as row, perhaps from some row on, and
// column, -1 where none stands anywhere, or together in one subscript, -2 where one
// stands in another way.
func (j *joining) place(m *ir.Mem) int {
	at := -1
	for _, p := range j.pairs {
		row := -1
		for d, s := range m.Subs {
			if s.Coef(p.a.Var) == s.Coef(p.b.Var)*p.b.Size {
				continue
			}
			if row == -1 && s.Coef(p.a.Var) == 1 && s.Coef(p.b.Var) == 0 && d+1 < len(m.Subs) && p.fills(m.Subs[d+1], m.Buf.Shape[d+1]) {
				row = d
			} else if d != row+1 || row == -1 {
				return -2
			}
		}
		if row >= 0 && at >= 0 {
			return -2
		}
		at = max(at, row)
	}
	return at
}

// fills reports whether a subscript goes through a row of the given size with b, or
// through its groups of a few elements.
func (p joined) fills(s ir.Sub, size int) bool {
	k := s.Coef(p.b.Var)
	return len(s.Terms) == 1 && k > 0 && k*p.b.Size == size && 0 <= s.Const && s.Const < k
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
		return slices.Equal(view.Shape, shape)
	}
	v := *m.Buf
	v.Shape, v.Of = shape, m.Buf.Root()
	j.views[m.Buf] = &v
	return true
}

// axes is the list with each pair joined.
func (j *joining) axes(in []ir.Axis) []ir.Axis {
	out := slices.Clone(in)
	for _, p := range j.pairs {
		for i, o := range out {
			if o.Var == p.a.Var {
				out[i] = p.together
			}
		}
		out = slices.DeleteFunc(out, func(o ir.Axis) bool { return o.Var == p.b.Var })
	}
	return out
}

// apply rewrites the group.
func (j *joining) apply() {
	j.g.Outer = j.axes(j.g.Outer)
	for _, s := range j.g.Stages {
		n := *s.Nest
		n.Axes, n.Reduce, s.Inner = j.axes(n.Axes), j.axes(n.Reduce), j.axes(s.Inner)
		n.Store = j.mem(n.Store)
		n.Value = j.expr(n.Value)
		s.Nest = &n
	}
}

func (j *joining) mem(m ir.Mem) ir.Mem {
	out := ir.Mem{Buf: m.Buf}
	for _, s := range m.Subs {
		for _, p := range j.pairs {
			s = s.Replace(p.a.Var, ir.Sub{}).Replace(p.b.Var, ir.VarSub(p.together.Var))
		}
		out.Subs = append(out.Subs, s)
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
