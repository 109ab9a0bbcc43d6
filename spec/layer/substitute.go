package layer

import "fmt"

// Substitution says what stands for indices: an expression of other indices,
// which are bound where the index was. Divisions that come out even are
// carried out, conditions that are decided are left out.
type Substitution map[*Index]Replacement

// Replacement is what stands for an index.
type Replacement struct {
	By Int
	// Idx are the indices in By. A sum over an index of size 0 is 0.
	Idx []*Index
}

// Indices replaces bound indices.
func (s Substitution) Indices(in []*Index) []*Index {
	var out []*Index
	for _, i := range in {
		if r, ok := s[i]; ok {
			out = append(out, r.Idx...)
		} else {
			out = append(out, i)
		}
	}
	return out
}

// Ints replaces in each of xs.
func (s Substitution) Ints(xs []Int) []Int {
	out := make([]Int, len(xs))
	for d, x := range xs {
		out[d] = s.Int(x)
	}
	return out
}

// Int replaces in an integer expression.
func (s Substitution) Int(x Int) Int {
	switch x := x.(type) {
	case *Var:
		if r, ok := s[x.I]; ok {
			return r.By
		}
	case *Element:
		return x.At(x.T, s.Ints(x.Subs))
	case *ArgMax:
		return &ArgMax{Idx: s.Indices(x.Idx), Body: s.Expr(x.Body)}
	case *IntOp:
		y := &IntOp{Op: x.Op, X: s.Int(x.X), Y: s.Int(x.Y)}
		if a, ok := AffineOf(y); ok {
			return a.Int()
		}
		return Divided(y, Affine.Int)
	}
	return x
}

// Expr replaces in a real expression.
func (s Substitution) Expr(x Expr) Expr {
	switch x := x.(type) {
	case *Read:
		return &Read{T: x.T, Subs: s.Ints(x.Subs), Old: x.Old, Pos: x.Pos}
	case *FromInt:
		return &FromInt{X: s.Int(x.X)}
	case *Call:
		out := &Call{Fn: x.Fn}
		for _, a := range x.Args {
			out.Args = append(out.Args, s.Expr(a))
		}
		return out
	case *Binary:
		return &Binary{Op: x.Op, X: s.Expr(x.X), Y: s.Expr(x.Y)}
	case *Where:
		c, v, known := decide(s.Cond(x.Cond))
		switch {
		case !known:
			return &Where{Cond: c, X: s.Expr(x.X), Y: s.Expr(x.Y)}
		case v:
			return s.Expr(x.X)
		}
		return s.Expr(x.Y)
	case *Reduce:
		return s.reduce(x)
	case *Uniform:
		return &Uniform{Seed: x.Seed, Plus: x.Plus, K: s.Int(x.K)}
	}
	return x
}

// reduce replaces the indices of a reduction; a sum of nothing is 0.
func (s Substitution) reduce(x *Reduce) Expr {
	out := &Reduce{Op: x.Op, Idx: s.Indices(x.Idx)}
	for _, i := range out.Idx {
		if i.Size == 0 && x.Op == Sum {
			return Const{}
		}
	}
	out.Body = s.Expr(x.Body)
	if c, ok := Constant(out.Body); ok && c == 0 && x.Op == Sum {
		return Const{}
	}
	return out
}

// Cond replaces in a condition.
func (s Substitution) Cond(c Cond) Cond {
	switch c := c.(type) {
	case *CmpInt:
		return &CmpInt{Op: c.Op, X: s.Int(c.X), Y: s.Int(c.Y)}
	case *CmpReal:
		return &CmpReal{Op: c.Op, X: s.Expr(c.X), Y: s.Expr(c.Y)}
	case *Logic:
		return &Logic{Op: c.Op, X: s.Cond(c.X), Y: s.Cond(c.Y)}
	case *Not:
		return &Not{X: s.Cond(c.X)}
	}
	panic(fmt.Sprintf("layer: not a condition: %T", c))
}

// decide gives the value of a condition that is the same for all values of its
// indices, or what is left of it.
func decide(c Cond) (rest Cond, value, known bool) {
	switch c := c.(type) {
	case *CmpInt:
		a, ok := AffineOf(&IntOp{Op: '-', X: c.X, Y: c.Y})
		if !ok {
			return c, false, false
		}
		lo, hi := a.Extremes()
		switch c.Op {
		case "<":
			value, known = hi < 0, hi < 0 || lo >= 0
		case "<=":
			value, known = hi <= 0, hi <= 0 || lo > 0
		case ">":
			value, known = lo > 0, lo > 0 || hi <= 0
		case ">=":
			value, known = lo >= 0, lo >= 0 || hi < 0
		case "==":
			value, known = lo == 0 && hi == 0, lo == hi || lo > 0 || hi < 0
		case "!=":
			value, known = !(lo == 0 && hi == 0), lo == hi || lo > 0 || hi < 0
		}
		return c, value, known
	case *Logic:
		x, v, ok := decide(c.X)
		y, w, ok2 := decide(c.Y)
		end := c.Op == "||" // the value that one side decides
		switch {
		case ok && v == end, ok2 && w == end:
			return nil, end, true
		case ok && ok2:
			return nil, !end, true
		case ok:
			return y, false, false
		case ok2:
			return x, false, false
		}
		return &Logic{Op: c.Op, X: x, Y: y}, false, false
	case *Not:
		x, v, ok := decide(c.X)
		return &Not{X: x}, !v, ok
	}
	return c, false, false
}

// Divided simplifies (k*a + r)/k to a where r is in 0..k-1, and (k*a + r)%k to
// r%k or r; as writes out affine forms.
func Divided(x *IntOp, as func(Affine) Int) Int {
	a, ok := AffineOf(x.X)
	k, isLit := x.Y.(Lit)
	if !ok || !isLit || x.Op != '/' && x.Op != '%' {
		return x
	}
	rest := Affine{Const: Residue(a.Const, k.V)}
	whole := Affine{Const: (a.Const - rest.Const) / k.V}
	for _, t := range a.Terms {
		if t.Coef%k.V == 0 {
			whole.Terms = append(whole.Terms, Term{Coef: t.Coef / k.V, I: t.I})
		} else {
			rest.Terms = append(rest.Terms, t)
		}
	}
	lo, hi := rest.Extremes()
	inside := lo >= 0 && hi < k.V
	switch {
	case x.Op == '/' && inside:
		return as(whole)
	case x.Op == '%' && inside:
		return as(rest)
	case x.Op == '%':
		return &IntOp{Op: '%', X: as(rest), Y: k}
	}
	return x
}

// Residue is a modulo k, in 0..k-1.
func Residue(a, k int) int { return ((a % k) + k) % k }

// Extremes are the least and the largest value over the ranges of the indices.
func (a Affine) Extremes() (lo, hi int) {
	lo, hi = a.Const, a.Const
	for _, t := range a.Terms {
		lo += min(0, t.Coef*(t.I.Size-1))
		hi += max(0, t.Coef*(t.I.Size-1))
	}
	return lo, hi
}

// Coef is the coefficient of i.
func (a Affine) Coef(i *Index) int {
	for _, t := range a.Terms {
		if t.I == i {
			return t.Coef
		}
	}
	return 0
}

// Int writes the form as an expression.
func (a Affine) Int() Int {
	var out Int = Lit{a.Const}
	if a.Const == 0 && len(a.Terms) > 0 {
		out = nil
	}
	for _, t := range a.Terms {
		var x Int = &Var{I: t.I}
		if t.Coef != 1 {
			x = &IntOp{Op: '*', X: Lit{t.Coef}, Y: x}
		}
		if out == nil {
			out = x
		} else {
			out = &IntOp{Op: '+', X: out, Y: x}
		}
	}
	return out
}
