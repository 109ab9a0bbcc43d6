package lower

import (
	"math/bits"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// divide is the floor of x/c or the rest, for a positive c and any int32 x. No vector
// unit divides integers: a power of two is shifts, anything else real arithmetic.
func (s *scope) divide(x *layer.IntOp, c int) *ir.Expr {
	e := s.word(x.X)
	if c&(c-1) == 0 {
		if x.Op == '/' {
			return shift(ir.ISar, e, int32(bits.Len(uint(c))-1))
		}
		return ir.NewExpr(ir.IAnd, e, wordConst(int32(c-1)))
	}
	q := quotient(e, c)
	if !isSmall(x.X) {
		// What is left of a large number is small, or a few times c, and its quotient one off at most.
		q = ir.NewExpr(ir.IAdd, q, quotient(rest(e, q, c), c))
		q = ir.NewExpr(ir.IAdd, q, shift(ir.ISar, rest(e, q, c), 31))
		over := ir.NewExpr(ir.ISub, wordConst(int32(c-1)), rest(e, q, c))
		q = ir.NewExpr(ir.ISub, q, shift(ir.ISar, over, 31))
	}
	if x.Op == '/' {
		return q
	}
	return rest(e, q, c)
}

// quotient is the floor of e/c, exact where e is smaller than smallWord.
func quotient(e *ir.Expr, c int) *ir.Expr {
	half := ir.NewExpr(ir.Add, ir.NewExpr(ir.ToReal, e), ir.RealExpr(0.5))
	return ir.NewExpr(ir.ToWord, ir.NewExpr(ir.Floor, ir.NewExpr(ir.Mul, half, ir.RealExpr(1/float64(c)))))
}

// smallWord bounds the numbers that, half a unit added, a float32 divides by multiplying
// without coming to another integer.
const smallWord = 1 << 22

// rest is e - q*c.
func rest(e, q *ir.Expr, c int) *ir.Expr {
	return ir.NewExpr(ir.ISub, e, ir.NewExpr(ir.IMul, q, wordConst(int32(c))))
}

// isSmall reports whether x is below smallWord, of either sign: a sum of indices, or a
// position.
func isSmall(x layer.Int) bool {
	if m, ok := x.(*layer.ArgMax); ok {
		n := 1
		for _, i := range m.Idx {
			n *= i.Size
		}
		return n < smallWord
	}
	a, ok := layer.AffineOf(x)
	if !ok {
		return false
	}
	lo, hi := a.Extremes()
	return -smallWord < lo && hi < smallWord
}
