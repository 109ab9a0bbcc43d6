package lower

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// difference is the sum or the difference of two integers, rounded once, or nil where e is another
// one or rounding the integers first does no harm. Of large numbers, such as times, which a float32
// has not digits enough for, the upper and the lower halves are taken apart: each sum of halves is
// exact.
func (s *scope) difference(e *layer.Binary) *ir.Expr {
	x, y := wholeOf(e.X), wholeOf(e.Y)
	if e.Op != '+' && e.Op != '-' || x == nil || y == nil || isSmall(x) && isSmall(y) {
		return nil
	}
	op := map[byte]ir.Op{'+': ir.IAdd, '-': ir.ISub}[e.Op]
	a, b := s.word(x), s.word(y)
	of := func(half func(*ir.Expr) *ir.Expr) *ir.Expr {
		return ir.NewExpr(ir.ToReal, ir.NewExpr(op, half(a), half(b)))
	}
	upper := of(func(w *ir.Expr) *ir.Expr { return shift(ir.ISar, w, 16) })
	lower := of(func(w *ir.Expr) *ir.Expr { return ir.NewExpr(ir.IAnd, w, wordConst(1<<16-1)) })
	return ir.NewExpr(ir.Add, ir.NewExpr(ir.Mul, upper, ir.RealExpr(1<<16)), lower)
}

// wholeOf is x as an integer, nil where it is none that an int32 holds.
func wholeOf(x layer.Expr) layer.Int {
	if v, ok := layer.Constant(x); ok {
		if v != math.Trunc(v) || v < math.MinInt32 || v > math.MaxInt32 {
			return nil
		}
		return layer.Lit{V: int(v)}
	}
	if f, ok := x.(*layer.FromInt); ok {
		return f.X
	}
	return nil
}
