package layer

import "fmt"

// Rewrite gives a copy of node (an Expr, Int or Cond) in which f has replaced
// what it gives a replacement for, an expression of the same kind; what is in
// a replacement stays as it is. Parts without a replacement in them are shared.
func Rewrite[N any](node N, f func(node any) any) N {
	return rewrite(node, f).(N)
}

func rewrite(node any, f func(any) any) any {
	if r := f(node); r != nil {
		return r
	}
	in := func(x Expr) Expr { return rewrite(x, f).(Expr) }
	integer := func(x Int) Int { return rewrite(x, f).(Int) }
	cond := func(x Cond) Cond { return rewrite(x, f).(Cond) }
	switch x := node.(type) {
	case Const, Lit, *Var:
		return x
	case *Read:
		return &Read{T: x.T, Subs: RewriteInts(x.Subs, f), Old: x.Old, Pos: x.Pos}
	case *FromInt:
		return &FromInt{X: integer(x.X)}
	case *Call:
		out := &Call{Fn: x.Fn}
		for _, a := range x.Args {
			out.Args = append(out.Args, in(a))
		}
		return out
	case *Binary:
		return &Binary{Op: x.Op, X: in(x.X), Y: in(x.Y)}
	case *Where:
		return &Where{Cond: cond(x.Cond), X: in(x.X), Y: in(x.Y)}
	case *Reduce:
		return &Reduce{Op: x.Op, Idx: x.Idx, Body: in(x.Body)}
	case *Uniform:
		return &Uniform{Seed: x.Seed, Plus: x.Plus, K: integer(x.K)}
	case *Element:
		return x.At(x.T, RewriteInts(x.Subs, f))
	case *IntOp:
		return &IntOp{Op: x.Op, X: integer(x.X), Y: integer(x.Y)}
	case *ArgMax:
		return &ArgMax{Idx: x.Idx, Body: in(x.Body)}
	case *CmpInt:
		return &CmpInt{Op: x.Op, X: integer(x.X), Y: integer(x.Y)}
	case *CmpReal:
		return &CmpReal{Op: x.Op, X: in(x.X), Y: in(x.Y)}
	case *Logic:
		return &Logic{Op: x.Op, X: cond(x.X), Y: cond(x.Y)}
	case *Not:
		return &Not{X: cond(x.X)}
	}
	panic(fmt.Sprintf("layer: not an expression: %T", node))
}

// RewriteInts is Rewrite for subscripts.
func RewriteInts(xs []Int, f func(node any) any) []Int {
	out := make([]Int, len(xs))
	for d, x := range xs {
		out[d] = rewrite(x, f).(Int)
	}
	return out
}
