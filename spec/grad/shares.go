package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// shares makes backward read the quotients that forward keeps: where y = e/z, and the
// gradient of e, all of which z divides, is multiplied by e, the gradient times z and y do
// as well, and neither e nor z is computed again. So the gradient of a softmax is that of
// the books, y*(dy - sum(dy*y)).
func (d *derivation) shares(eqs []*layer.Equation) []*layer.Equation {
	for _, f := range d.l.Forward.Equations {
		q := fractionOf(f)
		if q == nil {
			continue
		}
		for _, e := range eqs {
			s := &sharing{d: d, fraction: q, eqs: eqs}
			if e.T.Of == q.e.T && s.onlyOne(e.T) == e && s.divide(e) {
				eqs = s.eqs
				break
			}
		}
	}
	return live(eqs)
}

// fraction is an equation y = e/z for all elements of y, which backward may read.
type fraction struct {
	equation *layer.Equation
	e, z     *layer.Read
}

func fractionOf(f *layer.Equation) *fraction {
	b, ok := f.Value.(*layer.Binary)
	if !ok || b.Op != '/' || f.T.Role != layer.Output && f.T.Role != layer.Saved || !definesAll(f) {
		return nil
	}
	e, ok1 := b.X.(*layer.Read)
	z, ok2 := b.Y.(*layer.Read)
	if !ok1 || !ok2 || e.Old || z.Old || e.T.Role != layer.Scratch || !areVars(e.Subs) || !areVars(z.Subs) {
		return nil
	}
	return &fraction{f, e, z}
}

func areVars(xs []layer.Int) bool {
	return !slices.ContainsFunc(xs, func(x layer.Int) bool { _, ok := x.(*layer.Var); return !ok })
}

// at is y where e and z have the given subscripts, nil where these are of different places.
func (q *fraction) at(e, z []layer.Int) *layer.Read {
	by := map[*layer.Index]layer.Int{}
	for _, p := range []struct{ of, is []layer.Int }{{q.e.Subs, e}, {q.z.Subs, z}} {
		for k, x := range p.of {
			i := x.(*layer.Var).I
			if have, ok := by[i]; ok && !layer.SameInt(have, p.is[k]) {
				return nil
			}
			by[i] = p.is[k]
		}
	}
	subs := make([]layer.Int, len(q.equation.Free))
	for k, i := range q.equation.Free {
		if subs[k] = by[i]; subs[k] == nil {
			return nil
		}
	}
	return &layer.Read{T: q.equation.T, Subs: subs, Pos: q.e.Pos}
}

// sharing is the work on the gradient of one e.
type sharing struct {
	d *derivation
	*fraction
	eqs []*layer.Equation
	// times are gradients times z, of those in from, in the order of their making; negative
	// are those of which they are the negative.
	times    []*layer.Equation
	from     []*layer.Tensor
	negative []bool
}

// onlyOne is the equation that alone defines all elements of a scratch tensor, or nil.
func (s *sharing) onlyOne(t *layer.Tensor) *layer.Equation {
	var only *layer.Equation
	for _, e := range s.eqs {
		if e.T != t {
			continue
		}
		if only != nil || e.Accumulate || !areVars(e.Subs) || len(e.Free) != len(t.Shape) || t.Role != layer.Scratch || s.d.tied[t.Of] != nil {
			return nil
		}
		only = e
	}
	return only
}

// divide replaces the gradient that e defines by that times z wherever it is read, and
// reports whether that could be done.
func (s *sharing) divide(e *layer.Equation) bool {
	z := s.divisor(e.Subs)
	if z == nil {
		return false
	}
	value := s.timesZ(e.Value, z)
	if value == nil || hasReduction(value) {
		return false
	}
	var out []*layer.Equation
	for _, u := range s.eqs {
		if u == e {
			continue
		}
		v := s.use(u, e, value)
		if v == nil {
			return false
		}
		out = append(out, v)
	}
	s.eqs = append(out, s.times...)
	return true
}

// divisor is z where e has the given subscripts, nil where these do not say.
func (s *sharing) divisor(e []layer.Int) *layer.Read {
	at := map[*layer.Index]layer.Int{}
	for k, x := range s.e.Subs {
		at[x.(*layer.Var).I] = e[k]
	}
	z := &layer.Read{T: s.z.T, Pos: s.z.Pos}
	for _, x := range s.z.Subs {
		by := at[x.(*layer.Var).I]
		if by == nil {
			return nil
		}
		z.Subs = append(z.Subs, by)
	}
	return z
}

// timesZ is x*z where z divides all of x, otherwise nil.
func (s *sharing) timesZ(x layer.Expr, z *layer.Read) layer.Expr {
	switch x := x.(type) {
	case *layer.Read:
		return s.readTimesZ(x, z)
	case *layer.Call:
		if x.Fn == "neg" {
			if y := s.timesZ(x.Args[0], z); y != nil {
				return neg(y)
			}
		}
	case *layer.Where:
		if isConst(x.Y, 0) {
			if y := s.timesZ(x.X, z); y != nil {
				return where(x.Cond, y, x.Y)
			}
		}
	case *layer.Binary:
		if by, ok := x.Y.(*layer.Read); ok && x.Op == '/' && by.T == z.T && sameSubs(by, z.Subs) {
			return x.X
		}
		if x.Op != '+' && x.Op != '-' {
			return nil
		}
		a, b := s.timesZ(x.X, z), s.timesZ(x.Y, z)
		switch {
		case a == nil || b == nil:
			return nil
		case x.Op == '+':
			return add(a, b)
		}
		return sub(a, b)
	}
	return nil
}

// readTimesZ is an element of a gradient times z: of a tensor of its own.
func (s *sharing) readTimesZ(r, z *layer.Read) layer.Expr {
	e := s.onlyOne(r.T)
	if e == nil || r.Old {
		return nil
	}
	k := slices.Index(s.from, r.T)
	if k < 0 {
		in := &layer.Read{T: z.T, Pos: z.Pos}
		for _, x := range z.Subs {
			d := slices.IndexFunc(r.Subs, func(y layer.Int) bool { return layer.SameInt(x, y) })
			if d < 0 {
				return nil
			}
			in.Subs = append(in.Subs, e.Subs[d])
		}
		value := s.timesZ(e.Value, in)
		if value == nil {
			return nil
		}
		positive, minus := negated(value)
		if minus {
			value = positive
		}
		t := *e.T
		t.Name = unused(e.T.Name+"_"+z.T.Name, s.d.taken)
		y := &layer.Equation{T: &t, Subs: e.Subs, Free: e.Free, Value: value, Pos: e.Pos}
		y.Text = layer.FormatEquation(y)
		k, s.times, s.from, s.negative = len(s.times), append(s.times, y), append(s.from, r.T), append(s.negative, minus)
	}
	x := &layer.Read{T: s.times[k].T, Subs: r.Subs, Pos: r.Pos}
	if s.negative[k] {
		return neg(x)
	}
	return x
}

// use is equation u with y and the value times z in place of e and of the gradient that the
// equation e defines; nil where it has other uses for that.
func (s *sharing) use(u, e *layer.Equation, value layer.Expr) *layer.Equation {
	reads, replaced := 0, 0
	u.Walk(func(node any) bool {
		if r, ok := node.(*layer.Read); ok && r.T == e.T {
			reads++
		}
		return true
	})
	if reads == 0 {
		return u
	}
	v := *u
	v.Value = layer.Rewrite(u.Value, func(node any) any {
		b, ok := node.(*layer.Binary)
		if !ok || b.Op != '*' && b.Op != '/' {
			return nil
		}
		g, by := factorIn(b, e.T), factorIn(b, s.e.T)
		if g == nil || by == nil || !sameSubs(g, by.Subs) || !areVars(g.Subs) {
			return nil
		}
		z := s.divisor(by.Subs)
		y := s.at(by.Subs, z.Subs)
		if y == nil {
			return nil
		}
		replaced++
		at := layer.Substitution{}
		for k, i := range e.Free {
			at[i] = layer.Replacement{By: g.Subs[k], Idx: []*layer.Index{g.Subs[k].(*layer.Var).I}}
		}
		return layer.Rewrite(layer.Expr(b), func(node any) any {
			switch node {
			case any(g):
				return at.Expr(value)
			case any(by):
				return y
			}
			return nil
		})
	})
	if replaced != reads {
		return nil
	}
	v.Text = layer.FormatEquation(&v)
	return &v
}

// factorIn is the element of a tensor that x is multiplied by, or nil.
func factorIn(x layer.Expr, t *layer.Tensor) *layer.Read {
	switch x := x.(type) {
	case *layer.Read:
		if x.T == t && !x.Old {
			return x
		}
	case *layer.Call:
		if x.Fn == "neg" {
			return factorIn(x.Args[0], t)
		}
	case *layer.Binary:
		if x.Op != '*' && x.Op != '/' {
			return nil
		}
		if r := factorIn(x.X, t); r != nil || x.Op == '/' {
			return r
		}
		return factorIn(x.Y, t)
	}
	return nil
}
