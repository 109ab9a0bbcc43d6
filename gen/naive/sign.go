package naive

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// Signs says what the form of an expression shows of its values, NaN aside.
type Signs int

const (
	Negative Signs = -1 // or 0
	Either   Signs = 0
	Positive Signs = 1 // or 0
)

// Sign is that of a real expression.
func Sign(x *ir.Expr) Signs {
	if x.Load != nil || x.Kind != ir.Real {
		return Either
	}
	switch x.Op {
	case ir.Const:
		if x.Real <= 0 {
			return Negative
		}
		return Positive
	case ir.Abs, ir.Sqrt:
		return Positive
	case ir.Apply:
		if f, known := ir.FunctionOf(x.Fn); known && f.Positive {
			return Positive
		}
	case ir.Neg:
		return -Sign(x.Args[0])
	case ir.Add:
		return both(Sign(x.Args[0]), Sign(x.Args[1]))
	case ir.Sub2:
		return both(Sign(x.Args[0]), -Sign(x.Args[1]))
	case ir.MaxOp, ir.MinOp:
		bound := map[ir.Op]Signs{ir.MaxOp: Positive, ir.MinOp: Negative}[x.Op]
		a, b := Sign(x.Args[0]), Sign(x.Args[1])
		if a == bound || b == bound || opposite(x.Args[0], x.Args[1]) || opposite(x.Args[1], x.Args[0]) {
			return bound
		}
		return both(a, b)
	case ir.Select:
		if m := x.Args[0]; m.Load == nil && m.Op == ir.Unordered && same(m.Args[0], x.Args[1]) && same(m.Args[1], x.Args[1]) {
			return Sign(x.Args[2]) // the other one is NaN
		}
		return both(Sign(x.Args[1]), Sign(x.Args[2]))
	case ir.Mul:
		return signOfProduct(x)
	case ir.Div:
		if isNonzero(x.Args[1]) { // the sign of what a 0 divides is its own
			return Sign(x.Args[0]) * Sign(x.Args[1])
		}
	}
	return Either
}

// isNonzero reports whether the form of an expression shows that it is not 0, and not
// so small that it is rounded to it.
func isNonzero(x *ir.Expr) bool {
	switch {
	case x.Load != nil:
		return false
	case x.Op == ir.Const:
		return x.Real != 0
	case x.Op == ir.Neg:
		return isNonzero(x.Args[0])
	case x.Op == ir.Add:
		a, b := x.Args[0], x.Args[1]
		return Sign(a) != Either && Sign(a) == Sign(b) && (isNonzero(a) || isNonzero(b))
	}
	return false
}

// both is the sign of a sum of numbers of the given signs.
func both(a, b Signs) Signs {
	if a == b {
		return a
	}
	return Either
}

// opposite reports whether a is -b.
func opposite(a, b *ir.Expr) bool {
	return a.Load == nil && a.Op == ir.Neg && same(a.Args[0], b)
}

// signOfProduct is the product of the factors' signs, of which a square has one.
func signOfProduct(x *ir.Expr) Signs {
	out := Positive
	var alone []*ir.Expr
	for _, f := range Factors(x) {
		for f.Load == nil && f.Op == ir.Neg {
			f, out = f.Args[0], -out
		}
		if s := Sign(f); s != Either {
			out *= s
			continue
		}
		if i := slices.IndexFunc(alone, func(x *ir.Expr) bool { return same(x, f) }); i >= 0 {
			alone = slices.Delete(alone, i, i+1)
		} else {
			alone = append(alone, f)
		}
	}
	if len(alone) > 0 {
		return Either
	}
	return out
}

// same reports whether two expressions are one and the same at all times.
func same(a, b *ir.Expr) bool {
	if a.Load != nil || b.Load != nil {
		return a.Load != nil && b.Load != nil && SameMem(a.Load, b.Load)
	}
	return a.Op == b.Op && a.Kind == b.Kind && math.Float32bits(a.Real) == math.Float32bits(b.Real) && a.Word == b.Word && a.Fn == b.Fn && a.Scalar == b.Scalar &&
		a.Sub.Equal(b.Sub) && a.Every == b.Every && a.Within == b.Within && a.Step == b.Step && slices.EqualFunc(a.Args, b.Args, same)
}
