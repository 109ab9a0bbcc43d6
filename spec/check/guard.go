package check

import "github.com/dlgen/dlgen/spec/layer"

// conds is what holds at an access, innermost first.
type conds struct {
	cond  layer.Cond
	outer *conds
}

// list gives the conditions, innermost first.
func (on *conds) list() []layer.Cond {
	var out []layer.Cond
	for ; on != nil; on = on.outer {
		out = append(out, on.cond)
	}
	return out
}

// unlessZero adds to on what holds wherever x is not 0 because of a condition.
func unlessZero(x layer.Expr, on *conds) *conds {
	switch x := x.(type) {
	case *layer.Where:
		if v, ok := layer.Constant(x.Y); ok && v == 0 {
			return unlessZero(x.X, &conds{x.Cond, on})
		}
	case *layer.Binary:
		_, left := layer.Constant(x.X)
		_, right := layer.Constant(x.Y)
		switch { // what is not a number may make it one that is not 0
		case x.Op == '*' && left:
			return unlessZero(x.Y, on)
		case (x.Op == '*' || x.Op == '/') && right:
			return unlessZero(x.X, on)
		}
	case *layer.Call:
		if x.Fn == "neg" {
			return unlessZero(x.Args[0], on)
		}
	}
	return on
}

// access is an element that an equation reads: node is its *layer.Read or
// *layer.Element, on the conditions under which it is evaluated.
type access struct {
	node any
	t    *layer.Tensor
	subs []layer.Int
	on   *conds
}

// accesses calls visit for every element that x (an Expr, Int or Cond) reads
// under the conditions on, what stands in subscripts first.
func accesses(x any, on *conds, visit func(access)) {
	in := func(x any, on *conds) { accesses(x, on, visit) }
	element := func(t *layer.Tensor, subs []layer.Int) {
		for _, s := range subs {
			in(s, on)
		}
		visit(access{x, t, subs, on})
	}
	switch x := x.(type) {
	case layer.Const, layer.Lit, *layer.Var:
	case *layer.Read:
		element(x.T, x.Subs)
	case *layer.Element:
		element(x.T, x.Subs)
	case *layer.FromInt:
		in(x.X, on)
	case *layer.Call:
		for _, a := range x.Args {
			in(a, on)
		}
	case *layer.Binary:
		in(x.X, on)
		in(x.Y, on)
	case *layer.Where:
		in(x.Cond, on)
		in(x.X, &conds{x.Cond, on})
		in(x.Y, &conds{&layer.Not{X: x.Cond}, on})
	case *layer.Reduce:
		in(x.Body, on)
	case *layer.Uniform:
		in(x.K, on)
	case *layer.IntOp:
		in(x.X, on)
		in(x.Y, on)
	case *layer.ArgMax:
		in(x.Body, on)
	case *layer.CmpInt:
		in(x.X, on)
		in(x.Y, on)
	case *layer.CmpReal:
		in(x.X, on)
		in(x.Y, on)
	case *layer.Not:
		in(x.X, on)
	case *layer.Logic: // the right side is under what the left one says
		in(x.X, on)
		if x.Op == "&&" {
			in(x.Y, &conds{x.X, on})
		} else {
			in(x.Y, &conds{&layer.Not{X: x.X}, on})
		}
	default:
		panic("check: unknown expression")
	}
}
