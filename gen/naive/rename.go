package naive

import "github.com/dlgen/dlgen/gen/ir"

// SubstitutedRanges is a copy of ranges with a variable replaced.
func SubstitutedRanges(in []ir.Range, v *ir.Var, s ir.Sub) []ir.Range {
	var out []ir.Range
	for _, r := range in {
		out = append(out, ir.Range{Sub: r.Sub.Replace(v, s), Size: r.Size})
	}
	return out
}

// Renamed is a copy of n with variables replaced, those that it looks up, too.
func Renamed(n *ir.Nest, to map[*ir.Var]*ir.Var) *ir.Nest {
	axes := func(in []ir.Axis) []ir.Axis {
		out := append([]ir.Axis(nil), in...)
		for i := range out {
			if v := to[out[i].Var]; v != nil {
				out[i].Var = v
			}
		}
		return out
	}
	out := *n
	out.Axes, out.Reduce = axes(n.Axes), axes(n.Reduce)
	out.Store = RenamedMem(n.Store, to)
	out.Within = nil
	for _, r := range n.Within {
		out.Within = append(out.Within, ir.Range{Sub: renamedSub(r.Sub, to), Size: r.Size})
	}
	out.Only = nil
	for _, r := range n.Only {
		out.Only = append(out.Only, ir.Range{Sub: renamedSub(r.Sub, to), Size: r.Size})
	}
	out.Gathers = nil
	for _, g := range n.Gathers {
		dst := g.Dst
		if v := to[dst]; v != nil {
			dst = v
		}
		out.Gathers = append(out.Gathers, &ir.LoadIndex{Dst: dst, Mem: RenamedMem(g.Mem, to)})
	}
	out.Value = renamedExpr(n.Value, to)
	return &out
}

// Uncaptured gives those axes of n that to does not rename, but gives to others, variables
// of their own: two tables may be made by the same axes.
func Uncaptured(n *ir.Nest, to map[*ir.Var]*ir.Var) map[*ir.Var]*ir.Var {
	given := map[*ir.Var]bool{}
	for _, v := range to {
		given[v] = true
	}
	for _, a := range Join(n.Axes, n.Reduce) {
		if to[a.Var] == nil && given[a.Var] {
			to[a.Var] = &ir.Var{Name: a.Var.Name}
		}
	}
	return to
}

// RenamedMem is m with variables replaced.
func RenamedMem(m ir.Mem, to map[*ir.Var]*ir.Var) ir.Mem {
	out := ir.Mem{Buf: m.Buf, Subs: make([]ir.Sub, len(m.Subs))}
	for d, s := range m.Subs {
		out.Subs[d] = renamedSub(s, to)
	}
	return out
}

// renamedSub is s with variables replaced.
func renamedSub(s ir.Sub, to map[*ir.Var]*ir.Var) ir.Sub {
	out := ir.Sub{Const: s.Const}
	for _, t := range s.Terms {
		if v := to[t.Var]; v != nil {
			t.Var = v
		}
		out = out.Add(ir.Sub{Terms: []ir.SubTerm{t}}, 1)
	}
	return out
}

// renamedExpr is e with variables replaced.
func renamedExpr(e *ir.Expr, to map[*ir.Var]*ir.Var) *ir.Expr {
	out := *e
	out.Sub = renamedSub(e.Sub, to)
	if e.Load != nil {
		m := RenamedMem(*e.Load, to)
		out.Load = &m
	}
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = renamedExpr(a, to)
	}
	return &out
}

// Substituted is e with a variable replaced.
func Substituted(e *ir.Expr, v *ir.Var, s ir.Sub) *ir.Expr {
	out := *e
	out.Sub = e.Sub.Replace(v, s)
	if e.Load != nil {
		m := e.Load.Replace(v, s)
		out.Load = &m
	}
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = Substituted(a, v, s)
	}
	return &out
}

// SubstitutedNest is n with a variable replaced in all that it reads and writes; its axes
// stay. No range beyond which there is nothing to compute may be about the variable.
func SubstitutedNest(n *ir.Nest, v *ir.Var, s ir.Sub) *ir.Nest {
	if Restricts(n.Only, v) {
		panic("naive: " + v.Name + " is replaced, which a range is about: " + n.Text)
	}
	out := *n
	out.Store, out.Value = n.Store.Replace(v, s), Substituted(n.Value, v, s)
	out.Within = SubstitutedRanges(n.Within, v, s)
	out.Gathers = nil
	for _, g := range n.Gathers {
		out.Gathers = append(out.Gathers, &ir.LoadIndex{Dst: g.Dst, Mem: g.Mem.Replace(v, s)})
	}
	return &out
}

// Cloned is a copy of the loops that may be changed: nests, and the buffers of
// temporaries.
func Cloned(l *ir.Loops) *ir.Loops {
	out := *l
	out.Buffers, out.Nests = nil, nil
	own := map[*ir.Buffer]*ir.Buffer{}
	for _, b := range l.Buffers {
		if b.Place == ir.Frame {
			c := *b
			own[b] = &c
			b = &c
		}
		out.Buffers = append(out.Buffers, b)
	}
	move := func(m *ir.Mem) {
		if b := own[m.Buf]; b != nil {
			m.Buf = b
		}
	}
	for _, n := range l.Nests {
		c := Renamed(n, nil)
		for _, m := range Touches(c) {
			move(m)
		}
		out.Nests = append(out.Nests, c)
	}
	return &out
}
