package lower

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

// mostFactors bounds the exponents that become products, mostRepeated what these repeat.
const (
	mostFactors  = 8
	mostRepeated = 5000
)

// power is x^n as products and a root, which are right for negative x, too: nil where n is no
// small multiple of 1/2.
func power(x *ir.Expr, n float64) *ir.Expr {
	whole := math.Floor(math.Abs(n))
	half := math.Abs(n) - whole
	nodes := 0
	x.Walk(func(*ir.Expr) { nodes++ })
	if half != 0 && half != 0.5 || whole > mostFactors || nodes > mostRepeated {
		return nil
	}
	var out *ir.Expr
	times := func(f *ir.Expr) {
		if out == nil {
			out = f
		} else {
			out = ir.NewExpr(ir.Mul, out, f)
		}
	}
	square := ir.NewExpr(ir.Mul, x, x)
	for ; whole >= 2; whole -= 2 {
		times(square)
	}
	if whole > 0 {
		times(x)
	}
	if half > 0 {
		times(ir.NewExpr(ir.Sqrt, x))
	}
	switch {
	case out == nil:
		return ir.RealExpr(1)
	case n < 0:
		return ir.NewExpr(ir.Div, ir.RealExpr(1), out)
	}
	return out
}
