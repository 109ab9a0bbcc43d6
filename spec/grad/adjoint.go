package grad

import (
	"fmt"
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// scope is what stands around an expression: the indices over which the
// equation ranges there, and the conditions of the where around it.
type scope struct {
	idx   []*layer.Index
	conds []layer.Cond
	// target is the tensor that the equation defines, place its number.
	target *layer.Tensor
	place  int
	// whole is the right side of the equation and self the element that it
	// defines: the same value, already computed.
	whole layer.Expr
	self  layer.Expr
}

func (s scope) under(c layer.Cond) scope {
	s.conds = append(append([]layer.Cond(nil), s.conds...), c)
	return s
}

func (s scope) over(idx []*layer.Index) scope {
	s.idx = append(append([]*layer.Index(nil), s.idx...), idx...)
	return s
}

// value gives x, or what is known to be equal to it.
func (s scope) value(x layer.Expr) layer.Expr {
	if x == s.whole {
		return s.self
	}
	return x
}

// push spreads the adjoint of x over what x reads.
func (d *derivation) push(x, adj layer.Expr, s scope) {
	if isConst(adj, 0) || !d.reaches(x) {
		return
	}
	adj, s = d.hoist(x, adj, s)
	switch x := x.(type) {
	case *layer.Read:
		d.terms[x.T] = append(d.terms[x.T], term{place: s.place, subs: x.Subs, idx: s.idx, conds: s.conds, value: adj})
	case *layer.Call:
		d.pushCall(x, adj, s)
	case *layer.Binary:
		d.pushBinary(x, adj, s)
	case *layer.Where:
		c := d.onceIn(x.Cond, s)
		d.push(x.X, adj, s.under(c))
		d.push(x.Y, adj, s.under(not(c)))
	case *layer.Reduce:
		d.pushReduce(x, adj, s)
	default:
		panic(fmt.Sprintf("grad: %T has no gradient", x))
	}
}

func (d *derivation) pushBinary(x *layer.Binary, adj layer.Expr, s scope) {
	switch x.Op {
	case '+':
		d.push(x.X, adj, s)
		d.push(x.Y, adj, s)
	case '-':
		d.push(x.X, adj, s)
		d.push(x.Y, neg(adj), s)
	case '*':
		d.push(x.X, mul(adj, x.Y), s)
		d.push(x.Y, mul(adj, x.X), s)
	case '/':
		d.push(x.X, div(adj, x.Y), s)
		// Not by the square of x.Y, which may be out of range.
		d.push(x.Y, neg(div(&layer.Binary{Op: '*', X: adj, Y: s.value(x)}, x.Y)), s)
	default:
		panic(fmt.Sprintf("grad: unknown operator %q", x.Op))
	}
}

func (d *derivation) pushCall(x *layer.Call, adj layer.Expr, s scope) {
	if len(x.Args) == 2 {
		d.pushCall2(x, adj, s)
		return
	}
	u := x.Args[0]
	zero, one := constant(0), constant(1)
	var da layer.Expr
	switch v := s.value(x); x.Fn {
	case "neg":
		da = neg(adj)
	case "exp":
		da = mul(adj, v)
	case "expm1":
		da = mul(adj, call("exp", u))
	case "log":
		da = div(adj, u)
	case "log1p":
		da = div(adj, add(one, u))
	case "sqrt":
		da = div(mul(constant(0.5), adj), v)
	case "rsqrt":
		da = mul(mul(constant(-0.5), adj), mul(v, mul(v, v)))
	case "tanh":
		da = mul(adj, sub(one, mul(v, v)))
	case "sigmoid":
		da = mul(adj, mul(v, sub(one, v)))
	case "erf":
		da = mul(adj, mul(constant(2/math.SqrtPi), call("exp", neg(mul(u, u)))))
	case "abs":
		u := d.once(u, s)
		negative := where(&layer.CmpReal{Op: "<", X: u, Y: zero}, neg(adj), zero)
		da = where(&layer.CmpReal{Op: ">", X: u, Y: zero}, adj, negative)
	case "floor":
		return
	case "sin":
		da = mul(adj, call("cos", u))
	case "cos":
		da = neg(mul(adj, call("sin", u)))
	default:
		panic("grad: unknown function " + x.Fn)
	}
	d.push(u, da, s)
}

// pushCall2 is for the functions of two arguments. A tie of max and min
// belongs to the second. The first one is larger where the maximum is, if that is known, and
// the second one is the same number in both passes.
func (d *derivation) pushCall2(x *layer.Call, adj layer.Expr, s scope) {
	a, b := x.Args[0], x.Args[1]
	switch x.Fn {
	case "max", "min":
		op := map[string]string{"max": ">", "min": "<"}[x.Fn]
		first := &layer.CmpReal{Op: op, Y: d.once(b, s)}
		if v := s.value(x); v != layer.Expr(x) && hasReduction(a) && isUnrounded(b) {
			first.X = v
		} else {
			first.X = d.once(a, s)
		}
		d.push(a, adj, s.under(first))
		d.push(b, adj, s.under(not(first)))
	case "pow":
		d.pushPow(x, adj, s)
	default:
		panic("grad: unknown function " + x.Fn)
	}
}

// isUnrounded reports whether an expression is the same number whenever it is computed:
// sums may be added up in another order in backward, and products rounded or not.
func isUnrounded(x layer.Expr) bool {
	rounded := false
	layer.Walk(x, func(n any) bool {
		switch n := n.(type) {
		case *layer.Binary, *layer.Reduce, *layer.ArgMax, *layer.Uniform:
			rounded = true
		case *layer.Read:
			rounded = rounded || n.T.Role == layer.Scratch
		case *layer.Call:
			rounded = rounded || !slices.Contains([]string{"neg", "abs", "floor", "max", "min"}, n.Fn)
		}
		return !rounded
	})
	return !rounded
}

// pushPow is zero where a factor of the derivative is, even if the other one
// is infinite there.
func (d *derivation) pushPow(x *layer.Call, adj layer.Expr, s scope) {
	a, b := x.Args[0], x.Args[1]
	zero := constant(0)
	if n, ok := constOf(b); ok {
		switch n {
		case 0:
		case 1:
			d.push(a, adj, s)
		case 2:
			d.push(a, mul(mul(b, adj), a), s)
		default:
			d.push(a, mul(mul(b, adj), call("pow", a, constant(n-1))), s)
		}
		return
	}
	if base, ok := constOf(a); ok {
		if base != 0 {
			d.push(b, mul(mul(adj, s.value(x)), constant(math.Log(base))), s)
		}
		return
	}
	da := mul(mul(adj, b), call("pow", a, sub(b, constant(1))))
	d.push(a, where(&layer.CmpReal{Op: "==", X: b, Y: zero}, zero, da), s)
	db := mul(mul(adj, s.value(x)), call("log", a))
	d.push(b, where(&layer.CmpReal{Op: "==", X: a, Y: zero}, zero, db), s)
}

func (d *derivation) pushReduce(x *layer.Reduce, adj layer.Expr, s scope) {
	inner := s.over(x.Idx)
	switch x.Op {
	case layer.Sum:
		d.push(x.Body, adj, inner)
	case layer.Prod:
		d.push(x.Body, mul(adj, others(x)), inner)
	case layer.Max, layer.Min:
		d.push(x.Body, adj, inner.under(firstExtremum(x)))
	default:
		panic(fmt.Sprintf("grad: unknown reduction %d", x.Op))
	}
}

// others is the product over all elements but the present one; dividing by
// that one would fail where it is zero.
func others(x *layer.Reduce) layer.Expr {
	in, idx := binding{}.with(x.Idx)
	var differs layer.Cond
	for k, i := range x.Idx {
		c := &layer.CmpInt{Op: "!=", X: &layer.Var{I: idx[k]}, Y: &layer.Var{I: i}}
		if differs == nil {
			differs = c
		} else {
			differs = &layer.Logic{Op: "||", X: differs, Y: c}
		}
	}
	return &layer.Reduce{Op: layer.Prod, Idx: idx, Body: where(differs, in.expr(x.Body), constant(1))}
}

// firstExtremum says that the present element is the first of the largest, or
// of the smallest.
func firstExtremum(x *layer.Reduce) layer.Cond {
	in, idx := binding{}.with(x.Idx)
	body := in.expr(x.Body)
	if x.Op == layer.Min {
		body = neg(body)
	}
	place := layer.Affine{}
	stride := 1
	for k := len(x.Idx) - 1; k >= 0; k-- {
		place.Terms = append([]layer.Term{{Coef: stride, I: x.Idx[k]}}, place.Terms...)
		stride *= x.Idx[k].Size
	}
	return &layer.CmpInt{Op: "==", X: fromAffine(place), Y: &layer.ArgMax{Idx: idx, Body: body}}
}
