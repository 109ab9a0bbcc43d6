package layer

import "slices"

// SameInt reports whether x and y are the same expression.
func SameInt(x, y Int) bool {
	switch x := x.(type) {
	case Lit:
		return x == y
	case *Var:
		v, ok := y.(*Var)
		return ok && v.I == x.I
	case *IntOp:
		o, ok := y.(*IntOp)
		return ok && o.Op == x.Op && SameInt(x.X, o.X) && SameInt(x.Y, o.Y)
	case *Element:
		e, ok := y.(*Element)
		return ok && e.T == x.T && slices.EqualFunc(e.Subs, x.Subs, SameInt)
	case *ArgMax:
		a, ok := y.(*ArgMax)
		return ok && slices.Equal(a.Idx, x.Idx) && FormatExpr(a.Body) == FormatExpr(x.Body)
	}
	return x == y
}
