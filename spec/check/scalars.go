package check

import (
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// computed reports whether x, which is given for a scalar, is an expression rather than a
// tensor that stands for the scalar as it is.
func (a *application) computed(d *syntax.Tensor, x syntax.Expr) bool {
	if d.Role.Text != "scalar" {
		return false
	}
	switch x := x.(type) {
	case *syntax.Name:
		t := a.c.tensors[x.Name]
		return t == nil || t.Type == layer.GoInt && elemTypes[d.Type.Text] == layer.Float32
	case *syntax.Apply:
		return a.nested[x] == nil
	}
	return true
}

// compute lets an expression of scalars, attributes and numbers stand for a scalar.
func (a *application) compute(d *syntax.Tensor, arg *argument, x syntax.Expr) bool {
	q := &equation{
		c: a.c, src: a.src, pass: forward,
		bound: map[*syntax.Call][]*layer.Index{}, uses: map[*layer.Index]*use{}, subPos: map[any][]diag.Pos{},
	}
	if q.resolveExpr(x); q.failed {
		return false
	}
	switch elemTypes[d.Type.Text] {
	case layer.Uint64:
		t, plus, ok := q.seed(x)
		if !ok && !q.failed {
			q.helpf(arg.pos, "for example seed + 1", "%s of %s is a seed: a scalar of type uint64, a whole number, or their sum", d.Name, a.call.Layer)
		}
		arg.place = layer.Place{T: t, Plus: plus}
	case layer.GoInt:
		arg.place.Value = fromInt(q.integer(x))
	default:
		arg.place.Value = q.real(x)
	}
	if v := arg.place.Value; v != nil && !q.failed && !ofScalars(v) {
		q.helpf(arg.pos, "define it by an equation of its own, as in r = ..., and give that",
			"what is computed here for the scalar %s of %s can be of scalars, attributes and numbers only", d.Name, a.call.Layer)
	}
	return !q.failed
}

// ofScalars reports whether x is known before any tensor is read.
func ofScalars(x layer.Expr) bool {
	ok := true
	layer.Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *layer.Read:
			ok = ok && n.T.Role == layer.Scalar
		case *layer.Element:
			ok = ok && n.T.Role == layer.Scalar
		case *layer.Reduce, *layer.ArgMax, *layer.Uniform:
			ok = false
		}
		return ok
	})
	return ok
}
