package grad

import (
	"fmt"

	"github.com/dlgen/dlgen/spec/layer"
)

// binary is the form of a sum, a difference, a product or a quotient.
func (m *moving) binary(x *layer.Binary) form {
	f, g := m.expr(x.X), m.expr(x.Y)
	sign := 1.0
	if x.Op == '-' || x.Op == '/' {
		sign = -1
	}
	if f.kind == unknown || g.kind == unknown {
		return form{}
	}
	if f.kind == free || g.kind == free {
		return form{kind: free}
	}
	switch x.Op {
	case '+', '-':
		switch {
		case f.kind == scaled || g.kind == scaled:
			return m.either(x.X, x.Y)
		default:
			return as(shifted, f.plus(g, sign))
		}
	case '*', '/':
		switch {
		case f.kind != shifted && g.kind != shifted:
			return as(scaled, f.plus(g, sign))
		case f.kind == shifted && g.kind == still:
			if c, by, ok := factors(x.Y, x.Op == '/'); ok {
				return f.by(c, by)
			}
		case f.kind == still && x.Op == '*':
			if c, by, ok := factors(x.X, false); ok {
				return g.by(c, by)
			}
		}
	}
	return form{}
}

// factors writes x, or 1/x, as a number times elements, where that is what it is.
func factors(x layer.Expr, over bool) (coef float64, elements []power, ok bool) {
	if c, number := layer.Constant(x); number {
		if over {
			c = 1 / c
		}
		return c, nil, true
	}
	switch x := x.(type) {
	case *layer.Read:
		return 1, []power{{x.T, x.Subs, over}}, !x.Old && !x.T.HasOutside
	case *layer.Binary:
		if x.Op != '*' && x.Op != '/' {
			break
		}
		a, of, okX := factors(x.X, over)
		b, by, okY := factors(x.Y, over != (x.Op == '/'))
		return a * b, append(of, by...), okX && okY
	}
	return 0, nil, false
}

// reduce is the form of a reduction over indices on which nothing that is added depends.
func (m *moving) reduce(x *layer.Reduce) form {
	f := m.expr(x.Body)
	n := times(1, x.Idx)
	switch {
	case f.kind == still || f.kind == free:
		return f
	case f.within(x.Idx):
		return form{}
	case x.Op == layer.Sum && f.kind == shifted, x.Op == layer.Prod && f.kind == scaled:
		return f.times(n)
	case x.Op == layer.Prod:
		return form{}
	}
	return f
}

func (m *moving) stillInts(xs []layer.Int) bool {
	for _, x := range xs {
		if !m.stillInt(x) {
			return false
		}
	}
	return true
}

// stillInt reports whether an integer stays as it is.
func (m *moving) stillInt(x layer.Int) bool {
	switch x := x.(type) {
	case layer.Lit, *layer.Var:
		return true
	case *layer.Element:
		f, defined := m.forms[x.T]
		return m.stillInts(x.Subs) && (!defined || f.kind == still)
	case *layer.IntOp:
		return m.stillInt(x.X) && m.stillInt(x.Y)
	case *layer.ArgMax:
		f := m.expr(x.Body)
		return f.kind != unknown && !f.within(x.Idx)
	}
	panic(fmt.Sprintf("grad: not an integer expression: %T", x))
}

// stillCond reports whether a condition stays as it is.
func (m *moving) stillCond(x layer.Cond) bool {
	switch x := x.(type) {
	case *layer.CmpInt:
		return m.stillInt(x.X) && m.stillInt(x.Y)
	case *layer.CmpReal:
		return m.either(x.X, x.Y).kind != unknown
	case *layer.Logic:
		return m.stillCond(x.X) && m.stillCond(x.Y)
	case *layer.Not:
		return m.stillCond(x.X)
	}
	panic(fmt.Sprintf("grad: not a condition: %T", x))
}
