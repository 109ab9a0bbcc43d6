package grad

import (
	"fmt"
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// form says how a value changes when amounts are added to the elements of some tensor:
// not at all, by the sum of some multiples of them, or by the factor exp of that sum.
// The zero form says that one cannot tell.
type form struct {
	kind kind
	sum  []multiple
}

type kind uint8

const (
	unknown kind = iota
	still
	shifted
	scaled
	// free is that of a step before, as long as nothing is known of it.
	free
)

// multiple is coef times the product of elements, one of which is the amount that is
// added to one.
type multiple struct {
	coef float64
	of   []power
}

// power is an element of a tensor, or 1 over it.
type power struct {
	t    *layer.Tensor
	subs []layer.Int
	over bool
}

func (a power) same(b power) bool {
	return a.t == b.t && a.over == b.over && slices.EqualFunc(a.subs, b.subs, layer.SameInt)
}

// sameProduct compares products in any order.
func sameProduct(a, b []power) bool {
	if len(a) != len(b) {
		return false
	}
	rest := slices.Clone(b)
	for _, x := range a {
		k := slices.IndexFunc(rest, x.same)
		if k < 0 {
			return false
		}
		rest = slices.Delete(rest, k, k+1)
	}
	return true
}

// same reports whether two forms are known and the same.
func (f form) same(g form) bool {
	return f.kind != unknown && f.kind == g.kind && len(f.plus(g, -1)) == 0
}

// plus gives the sum of f's multiples and k times those of g.
func (f form) plus(g form, k float64) []multiple {
	out := slices.Clone(f.sum)
	for _, x := range g.sum {
		if at := slices.IndexFunc(out, func(y multiple) bool { return sameProduct(x.of, y.of) }); at >= 0 {
			out[at].coef += k * x.coef
		} else {
			out = append(out, multiple{k * x.coef, x.of})
		}
	}
	return slices.DeleteFunc(out, func(x multiple) bool { return math.Abs(x.coef) < 1e-12 })
}

// as is a form of the given kind, or still where nothing is added.
func as(k kind, sum []multiple) form {
	if len(sum) == 0 {
		return form{kind: still}
	}
	return form{k, sum}
}

// times multiplies what is added.
func (f form) times(k float64) form { return as(f.kind, form{}.plus(f, k)) }

// by multiplies what is added by elements.
func (f form) by(coef float64, elements []power) form {
	out := form{kind: f.kind}
	for _, x := range f.sum {
		out.sum = append(out.sum, multiple{coef * x.coef, slices.Concat(x.of, elements)})
	}
	return out
}

// within reports whether the form depends on some of the indices.
func (f form) within(idx []*layer.Index) bool {
	set := setOf(idx)
	for _, x := range f.sum {
		for _, p := range x.of {
			for _, s := range p.subs {
				if set.in(s) {
					return true
				}
			}
		}
	}
	return false
}

// at is the form where other values stand for the indices.
func (f form) at(b binding) form {
	out := form{kind: f.kind}
	for _, x := range f.sum {
		y := multiple{coef: x.coef}
		for _, p := range x.of {
			y.of = append(y.of, power{p.t, b.ints(p.subs), p.over})
		}
		out.sum = append(out.sum, y)
	}
	return out
}

// expr is the form of an expression.
func (m *moving) expr(x layer.Expr) form {
	switch x := x.(type) {
	case layer.Const:
		return form{kind: still}
	case *layer.Read:
		return m.read(x)
	case *layer.FromInt:
		return stillIf(m.stillInt(x.X))
	case *layer.Uniform:
		return stillIf(m.stillInt(x.K))
	case *layer.Call:
		return m.call(x)
	case *layer.Binary:
		return m.binary(x)
	case *layer.Where:
		if !m.stillCond(x.Cond) {
			return form{}
		}
		return m.either(x.X, x.Y)
	case *layer.Reduce:
		return m.reduce(x)
	}
	panic(fmt.Sprintf("grad: not an expression: %T", x))
}

func stillIf(ok bool) form {
	if ok {
		return form{kind: still}
	}
	return form{}
}

// read is the form of an element; beyond a tensor's shape is a constant.
func (m *moving) read(r *layer.Read) form {
	if !m.stillInts(r.Subs) {
		return form{}
	}
	var f form
	switch defined, ok := m.forms[r.T]; {
	case r.Old:
		return form{kind: still}
	case r.T == m.t:
		f = form{shifted, []multiple{{1, []power{{t: r.T, subs: r.Subs}}}}}
	case !ok:
		return form{kind: still}
	case defined.kind == shifted || defined.kind == scaled:
		b := binding{index: map[*layer.Index]layer.Int{}}
		for d, i := range m.left[r.T] {
			b.index[i] = r.Subs[d]
		}
		f = defined.at(b)
	default:
		return defined
	}
	if r.T.HasOutside {
		return f.or(layer.Const{V: r.T.Outside})
	}
	return f
}

// or is the form of what is f or the constant x: multiples of 0 are 0, and nothing moves
// what is infinite.
func (f form) or(x layer.Expr) form {
	c, ok := layer.Constant(x)
	if ok && (f.kind == scaled && c == 0 || f.kind != unknown && math.IsInf(c, 0)) || f.kind == still {
		return f
	}
	return form{}
}

// either is the form of what is x or y.
func (m *moving) either(x, y layer.Expr) form {
	f, g := m.expr(x), m.expr(y)
	switch _, number := layer.Constant(x); {
	case f.same(g) || g.kind == free:
		return f
	case f.kind == free:
		return g
	case number:
		return g.or(x)
	default:
		if _, number := layer.Constant(y); number {
			return f.or(y)
		}
	}
	return form{}
}

// call is the form of a function's value.
func (m *moving) call(x *layer.Call) form {
	f := m.expr(x.Args[0])
	switch x.Fn {
	case "max", "min":
		return m.either(x.Args[0], x.Args[1])
	case "pow":
		c, number := layer.Constant(x.Args[1])
		switch g := m.expr(x.Args[1]); {
		case f.kind == still && (g.kind == still || g.kind == free):
			return g
		case f.kind == scaled && number:
			return f.times(c)
		}
		return form{}
	}
	switch {
	case f.kind == still || f.kind == free:
		return f
	case x.Fn == "neg" && f.kind == shifted:
		return f.times(-1)
	case x.Fn == "exp" && f.kind == shifted:
		return form{scaled, f.sum}
	case f.kind != scaled:
		return form{}
	}
	switch x.Fn {
	case "neg", "abs":
		return f
	case "log":
		return form{shifted, f.sum}
	case "sqrt":
		return f.times(0.5)
	case "rsqrt":
		return f.times(-0.5)
	}
	return form{}
}
