package layer

import "fmt"

// Walk calls f for node (an Expr, Int or Cond) and, where f returns true, for
// everything in it, subscripts included, in the order of writing.
func Walk(node any, f func(node any) bool) {
	if !f(node) {
		return
	}
	switch x := node.(type) {
	case Const, *Uniform, Lit, *Var:
		if u, ok := x.(*Uniform); ok {
			Walk(u.K, f)
		}
	case *Read:
		walkInts(x.Subs, f)
	case *FromInt:
		Walk(x.X, f)
	case *Call:
		for _, a := range x.Args {
			Walk(a, f)
		}
	case *Binary:
		Walk(x.X, f)
		Walk(x.Y, f)
	case *Where:
		Walk(x.Cond, f)
		Walk(x.X, f)
		Walk(x.Y, f)
	case *Reduce:
		Walk(x.Body, f)
	case *Element:
		walkInts(x.Subs, f)
	case *IntOp:
		Walk(x.X, f)
		Walk(x.Y, f)
	case *ArgMax:
		Walk(x.Body, f)
	case *CmpInt:
		Walk(x.X, f)
		Walk(x.Y, f)
	case *CmpReal:
		Walk(x.X, f)
		Walk(x.Y, f)
	case *Logic:
		Walk(x.X, f)
		Walk(x.Y, f)
	case *Not:
		Walk(x.X, f)
	default:
		panic(fmt.Sprintf("layer: not an expression: %T", node))
	}
}

func walkInts(xs []Int, f func(node any) bool) {
	for _, x := range xs {
		Walk(x, f)
	}
}

// Walk calls f for everything in the equation: its left side's subscripts,
// then its right side.
func (e *Equation) Walk(f func(node any) bool) {
	walkInts(e.Subs, f)
	Walk(e.Value, f)
}

// Tensors gives what the equation reads, seeds and subscripts included, each
// tensor once, in the order of writing.
func (e *Equation) Tensors() []*Tensor {
	var out []*Tensor
	seen := map[*Tensor]bool{}
	e.Walk(func(node any) bool {
		var t *Tensor
		switch x := node.(type) {
		case *Read:
			t = x.T
		case *Element:
			t = x.T
		case *Uniform:
			t = x.Seed
		}
		if t != nil && !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
		return true
	})
	return out
}
