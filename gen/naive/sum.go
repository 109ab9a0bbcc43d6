package naive

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

// Plain reports whether a nest has neither ranges nor ids, and adds to nothing.
func Plain(n *ir.Nest) bool {
	return len(n.Within)+len(n.Only)+len(n.Gathers) == 0 && !n.Accumulate
}

// Identity is the value that a reduction starts from.
func Identity(op ir.ReduceOp) float32 {
	switch op {
	case ir.ReduceProd:
		return 1
	case ir.ReduceMax, ir.ReduceArgMax:
		return float32(math.Inf(-1))
	case ir.ReduceMin:
		return float32(math.Inf(1))
	}
	return 0
}

// IsContraction reports whether n is a sum of products in which every operand
// is used again for other values of some axis: only a register tile over the
// right outer axes makes it fast.
func IsContraction(n *ir.Nest) bool {
	if !IsDot(n) {
		return false
	}
	for _, m := range n.Value.Loads() {
		if f := m.Flat(); Spans(f, n.Axes) && Spans(f, n.Reduce) {
			return false
		}
	}
	return true
}

// IsDot reports whether n is a sum in which some operand is used again for
// another value of a parallel axis.
func IsDot(n *ir.Nest) bool { return !n.Accumulate && SumsProducts(n) }

// SumsProducts is IsDot for a part of a sum, too, that is added to the parts
// before it.
func SumsProducts(n *ir.Nest) bool {
	return n.Op == ir.ReduceSum && usesAgain(n)
}

// IsTiled reports whether n is a sum of products, or an extreme in the place of one, for
// which a register tile is worth a thought.
func IsTiled(n *ir.Nest) bool {
	return !n.Accumulate && (n.Op == ir.ReduceSum || n.Op == ir.ReduceMax || n.Op == ir.ReduceMin) && usesAgain(n)
}

// usesAgain reports whether some operand of a reduction is used again for another value of
// a parallel axis.
func usesAgain(n *ir.Nest) bool {
	if len(n.Reduce) == 0 || len(n.Axes) == 0 || len(n.Gathers) > 0 {
		return false
	}
	for _, m := range n.Value.Loads() {
		if f := m.Flat(); TouchesAny(f, n.Reduce) && touched(f, n.Reduce)*fewTerms >= Volume(n.Reduce) && !Spans(f, n.Axes) {
			return true
		}
	}
	return false
}

// fewTerms is for how many terms an operand at most stays the same that is still worth keeping for
// other results: beyond, loading it anew costs nothing, and what counts is in which order the
// others lie in memory. Measured with sums that have such an operand for 196 to 3136 terms.
const fewTerms = 1024

// touched is the number of elements that the axes which f depends on go through.
func touched(f ir.Sub, axes []ir.Axis) float64 {
	n := 1.0
	for _, a := range axes {
		if f.Coef(a.Var) != 0 {
			n *= float64(a.Size)
		}
	}
	return n
}

// Weight estimates the operations of an expression.
func Weight(e *ir.Expr) float64 {
	w := 0.0
	e.Walk(func(x *ir.Expr) {
		switch {
		case x.Load != nil:
			w += 0.5
		case x.Op == ir.Apply:
			w += 20
		case x.Op == ir.Div:
			w += 5
		case x.Op == ir.Sqrt:
			w += 6
		case x.Op != ir.Const && x.Op != ir.Param && x.Op != ir.ConstWord:
			w++
		}
	})
	return w
}

// Factors lists the operands of a tree of multiplications.
func Factors(x *ir.Expr) []*ir.Expr {
	if x.Load == nil && x.Op == ir.Mul {
		return append(Factors(x.Args[0]), Factors(x.Args[1])...)
	}
	return []*ir.Expr{x}
}

// DependsOn reports whether x changes along v.
func DependsOn(x *ir.Expr, v *ir.Var) bool {
	found := false
	x.Walk(func(y *ir.Expr) {
		if y.Load != nil && Stride(y.Load, v) != 0 || y.Load == nil && y.Op == ir.Iota && y.Sub.Coef(v) != 0 {
			found = true
		}
	})
	return found
}
