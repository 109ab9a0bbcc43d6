package lower

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// isScalar reports whether e is known before any loop runs.
func isScalar(e layer.Expr) bool {
	ok := true
	layer.Walk(e, func(x any) bool {
		switch x := x.(type) {
		case *layer.Read:
			ok = ok && x.T.ByValue()
		case *layer.Element:
			ok = ok && x.T.Role == layer.Scalar
		case *layer.Var, *layer.Reduce, *layer.ArgMax, *layer.Uniform:
			ok = false
		}
		return true
	})
	return ok
}

// scalar is a number computed once a call.
func (l *lowerer) scalar(e layer.Expr) *ir.Expr {
	key := scalarKey(e)
	for _, s := range l.out.Scalars {
		if s.Key == 0 && scalarKey(s.Value) == key {
			return &ir.Expr{Op: ir.Param, Scalar: s}
		}
	}
	name := ""
	if r, ok := e.(*layer.Read); ok {
		name = r.T.Name
	} else {
		name = l.unused(fmt.Sprintf("s%d", len(l.out.Scalars)))
	}
	s := &ir.Scalar{Name: name, Value: e}
	l.out.Scalars = append(l.out.Scalars, s)
	return &ir.Expr{Op: ir.Param, Scalar: s}
}

// key is one of the two words derived from a seed, t or 0 and plus, or the word of an int.
func (l *lowerer) key(t *layer.Tensor, plus uint64, which int) *ir.Expr {
	for _, s := range l.out.Scalars {
		if s.Key == which && s.Seed == t && s.Plus == plus {
			return &ir.Expr{Op: ir.KeyParam, Kind: ir.Word, Scalar: s}
		}
	}
	name := "seed"
	if t != nil {
		name = t.Name
	}
	if which == ir.WordKey {
		name += "Word"
	} else {
		name += fmt.Sprintf("Key%d", which)
	}
	s := &ir.Scalar{Name: l.unused(name), Key: which, Seed: t, Plus: plus}
	l.out.Scalars = append(l.out.Scalars, s)
	return &ir.Expr{Op: ir.KeyParam, Kind: ir.Word, Scalar: s}
}

// scalarKey is equal for equal scalar expressions.
func scalarKey(e layer.Expr) string {
	key := ""
	layer.Walk(e, func(x any) bool {
		switch x := x.(type) {
		case *layer.Read:
			key += "(" + x.T.Name + ")"
		case *layer.Element:
			key += "(int " + x.T.Name + ")"
		case layer.Const:
			key += fmt.Sprintf("(%v)", x.V)
		case layer.Lit:
			key += fmt.Sprintf("(%d)", x.V)
		case *layer.Call:
			key += x.Fn + fmt.Sprint(len(x.Args))
		case *layer.Binary:
			key += string(x.Op)
		case *layer.IntOp:
			key += "i" + string(x.Op)
		case *layer.CmpInt:
			key += x.Op
		case *layer.CmpReal:
			key += x.Op
		case *layer.Logic:
			key += x.Op
		case *layer.Not, *layer.Where, *layer.FromInt:
			key += fmt.Sprintf("%T", x)
		default:
			panic(fmt.Sprintf("lower: %T in a scalar", x))
		}
		return true
	})
	return key
}
