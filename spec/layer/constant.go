package layer

// Constant is the value of an expression of constants and arithmetic, in
// float64, where e is one.
func Constant(e Expr) (float64, bool) {
	switch e := e.(type) {
	case Const:
		return e.V, true
	case *FromInt:
		if v, ok := AffineOf(e.X); ok && len(v.Terms) == 0 {
			return float64(v.Const), true
		}
	case *Binary:
		x, okX := Constant(e.X)
		y, okY := Constant(e.Y)
		if !okX || !okY {
			return 0, false
		}
		switch e.Op {
		case '+':
			return x + y, true
		case '-':
			return x - y, true
		case '*':
			return x * y, true
		case '/':
			return x / y, true
		}
	}
	return 0, false
}
