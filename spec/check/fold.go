package check

import (
	"math"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// fold computes an operation on constants.
func (q *equation) fold(x layer.Expr, pos diag.Pos) layer.Expr {
	var v float64
	switch x := x.(type) {
	case *layer.Binary:
		a, ok := x.X.(layer.Const)
		b, ok2 := x.Y.(layer.Const)
		if x.Op == '/' && ok2 && b.V == 0 {
			q.errorf(pos, "division by zero")
			return nothing
		}
		if !ok || !ok2 {
			return x
		}
		v, _ = realArithmetic(string(x.Op), a.V, b.V)
	case *layer.Call:
		var args []float64
		for _, a := range x.Args {
			c, ok := a.(layer.Const)
			if !ok {
				return x
			}
			args = append(args, c.V)
		}
		v = apply(x.Fn, args)
	}
	if math.IsNaN(v) {
		q.errorf(pos, "the result is not a number")
		return nothing
	}
	return layer.Const{V: v}
}

// apply computes a function of constants.
func apply(fn string, a []float64) float64 {
	switch fn {
	case "neg":
		return -a[0]
	case "exp":
		return math.Exp(a[0])
	case "log":
		return math.Log(a[0])
	case "log1p":
		return math.Log1p(a[0])
	case "expm1":
		return math.Expm1(a[0])
	case "sqrt":
		return math.Sqrt(a[0])
	case "rsqrt":
		return 1 / math.Sqrt(a[0])
	case "tanh":
		return math.Tanh(a[0])
	case "sigmoid":
		return 1 / (1 + math.Exp(-a[0]))
	case "erf":
		return math.Erf(a[0])
	case "abs":
		return math.Abs(a[0])
	case "floor":
		return math.Floor(a[0])
	case "sin":
		return math.Sin(a[0])
	case "cos":
		return math.Cos(a[0])
	case "pow":
		return math.Pow(a[0], a[1])
	case "max":
		return math.Max(a[0], a[1])
	case "min":
		return math.Min(a[0], a[1])
	}
	panic("check: function " + fn + " has no value")
}
