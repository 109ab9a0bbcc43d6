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
		v = layer.Functions[x.Fn].Eval(args)
	}
	if math.IsNaN(v) {
		q.errorf(pos, "the result is not a number")
		return nothing
	}
	return layer.Const{V: v}
}
