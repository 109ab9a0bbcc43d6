package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// signs says what the form of an expression shows of its values, NaN aside.
type signs int

const (
	negative signs = -1 // or 0
	either   signs = 0
	positive signs = 1 // or 0
)

// neverNegative are the functions that have no negative values.
var neverNegative = []string{"exp", "exp_nonpos", "sigmoid", "rsqrt"}

// sign is that of a real expression.
func sign(x *ir.Expr) signs {
	if x.Load != nil || x.Kind != ir.Real {
		return either
	}
	switch x.Op {
	case ir.Const:
		if x.Real <= 0 {
			return negative
		}
		return positive
	case ir.Abs, ir.Sqrt:
		return positive
	case ir.Apply:
		if slices.Contains(neverNegative, x.Fn) {
			return positive
		}
	case ir.Neg:
		return -sign(x.Args[0])
	case ir.Add:
		return both(sign(x.Args[0]), sign(x.Args[1]))
	case ir.Sub2:
		return both(sign(x.Args[0]), -sign(x.Args[1]))
	case ir.MaxOp, ir.MinOp:
		bound := map[ir.Op]signs{ir.MaxOp: positive, ir.MinOp: negative}[x.Op]
		a, b := sign(x.Args[0]), sign(x.Args[1])
		if a == bound || b == bound || opposite(x.Args[0], x.Args[1]) || opposite(x.Args[1], x.Args[0]) {
			return bound
		}
		return both(a, b)
	case ir.Select:
		if m := x.Args[0]; m.Load == nil && m.Op == ir.Unordered && m.Args[0].String() == x.Args[1].String() && m.Args[1].String() == x.Args[1].String() {
			return sign(x.Args[2]) // the other one is NaN
		}
		return both(sign(x.Args[1]), sign(x.Args[2]))
	case ir.Mul:
		return signOfProduct(x)
	case ir.Div:
		return sign(x.Args[0]) * sign(x.Args[1])
	}
	return either
}

// both is the sign of a sum of numbers of the given signs.
func both(a, b signs) signs {
	if a == b {
		return a
	}
	return either
}

// opposite reports whether a is -b.
func opposite(a, b *ir.Expr) bool {
	return a.Load == nil && a.Op == ir.Neg && a.Args[0].String() == b.String()
}

// signOfProduct is the product of the factors' signs, of which a square has one.
func signOfProduct(x *ir.Expr) signs {
	out := positive
	var alone []string
	for _, f := range factors(x) {
		for f.Load == nil && f.Op == ir.Neg {
			f, out = f.Args[0], -out
		}
		if s := sign(f); s != either {
			out *= s
			continue
		}
		text := f.String()
		if i := slices.Index(alone, text); i >= 0 {
			alone = slices.Delete(alone, i, i+1)
		} else {
			alone = append(alone, text)
		}
	}
	if len(alone) > 0 {
		return either
	}
	return out
}
