package reform

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// quotients divides once a row where the divisor is one for all of it: the elements are
// multiplied by the quotient, or the reciprocal. What else depends on no more than the
// divisor is divided before.
func quotients(l *ir.Loops) *ir.Loops {
	out := *l
	out.Nests = nil
	for _, n := range l.Nests {
		m := *n
		if len(n.Gathers) == 0 {
			m.Value = divideOnce(n.Value, naive.Join(n.Axes, n.Reduce))
		}
		out.Nests = append(out.Nests, &m)
	}
	return &out
}

// fewQuotients is the elements of a row up to which dividing each is no loss.
const fewQuotients = 3

// divideOnce rewrites the divisions in e, over the given axes.
func divideOnce(e *ir.Expr, axes []ir.Axis) *ir.Expr {
	if len(e.Args) == 0 {
		return e
	}
	out := *e
	out.Args = make([]*ir.Expr, len(e.Args))
	for i, a := range e.Args {
		out.Args[i] = divideOnce(a, axes)
	}
	if e.Op != ir.Div {
		return &out
	}
	by := out.Args[1]
	var once, each []*ir.Expr
	for _, f := range naive.Factors(out.Args[0]) {
		if slices.ContainsFunc(axes, func(a ir.Axis) bool { return naive.DependsOn(f, a.Var) && !naive.DependsOn(by, a.Var) }) {
			each = append(each, f)
		} else {
			once = append(once, f)
		}
	}
	if !slices.ContainsFunc(axes, func(a ir.Axis) bool {
		return a.Size > fewQuotients && !naive.DependsOn(by, a.Var) && alongAny(each, a.Var)
	}) {
		return &out
	}
	q := ir.NewExpr(ir.Div, productOf(once), by)
	return ir.NewExpr(ir.Mul, productOf(each), q)
}

// alongAny reports whether rows along v are among the operands.
func alongAny(xs []*ir.Expr, v *ir.Var) bool {
	return slices.ContainsFunc(xs, func(x *ir.Expr) bool {
		return slices.ContainsFunc(x.Loads(), func(m *ir.Mem) bool { return naive.Stride(m, v) == 1 })
	})
}

// productOf is 1 where there are no factors.
func productOf(xs []*ir.Expr) *ir.Expr {
	if len(xs) == 0 {
		return ir.RealExpr(1)
	}
	out := xs[0]
	for _, x := range xs[1:] {
		out = ir.NewExpr(ir.Mul, out, x)
	}
	return out
}
