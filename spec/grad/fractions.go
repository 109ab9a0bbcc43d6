package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/layer"
)

// fractionsNamed is l with tensors for the numerators and divisors of what is written in
// one equation and divided by its own sum, as the softmax exp(x[n][d])/sum(k, exp(x[n][k])):
// its gradient then reads what is kept of it.
func fractionsNamed(l *layer.Layer) *layer.Layer {
	n := &naming{taken: namesOf(l)}
	var eqs []*layer.Equation
	for _, f := range l.Forward.Equations {
		eqs = append(eqs, n.fraction(f))
	}
	if len(n.tensors) == 0 {
		return l
	}
	p, err := check.Order(append(n.equations, eqs...))
	if err != nil {
		return l
	}
	p.Args = l.Forward.Args
	out := *l
	out.Forward = p
	return &out
}

// fraction is f as the quotient of two tensors where its value is one of an expression
// and a sum of that; f itself otherwise.
func (n *naming) fraction(f *layer.Equation) *layer.Equation {
	b, ok := f.Value.(*layer.Binary)
	if !ok || b.Op != '/' || f.T.Role != layer.Output && f.T.Role != layer.Saved || !definesAll(f) || !n.isFree(b, f, f.Free) {
		return f
	}
	if _, read := b.X.(*layer.Read); read {
		return f
	}
	outer := dependence(b.Y, f.Free)
	inner := slices.DeleteFunc(slices.Clone(f.Free), func(i *layer.Index) bool { return slices.Contains(outer, i) })
	sums := sumsOf(b.X, b.Y, inner)
	if len(sums) == 0 {
		return f
	}
	e := n.named(f, "numerator", f.Free, b.X)
	below := layer.Rewrite(b.Y, func(node any) any {
		r, ok := node.(*layer.Reduce)
		if !ok || !slices.Contains(sums, r) {
			return nil
		}
		read := &layer.Read{T: e.T, Subs: vars(f.Free), Pos: f.Pos}
		for k, i := range f.Free {
			if d := slices.Index(inner, i); d >= 0 {
				read.Subs[k] = &layer.Var{I: r.Idx[d]}
			}
		}
		return &layer.Reduce{Op: layer.Sum, Idx: r.Idx, Body: read}
	})
	z := n.named(f, "divisor", outer, below)
	out := *f
	out.Value = &layer.Binary{Op: '/', X: e, Y: z}
	out.Text = layer.FormatEquation(&out)
	return &out
}

// sumsOf are the sums in y of x over the given indices, whatever they are called there.
func sumsOf(x, y layer.Expr, idx []*layer.Index) []*layer.Reduce {
	of := canonical(x)
	var out []*layer.Reduce
	layer.Walk(y, func(node any) bool {
		r, ok := node.(*layer.Reduce)
		if !ok || r.Op != layer.Sum || len(r.Idx) != len(idx) {
			return true
		}
		at := binding{index: map[*layer.Index]layer.Int{}}
		for k, i := range r.Idx {
			if i.Size != idx[k].Size {
				return true
			}
			at.index[i] = &layer.Var{I: idx[k]}
		}
		if canonical(at.expr(r.Body)) == of {
			out = append(out, r)
		}
		return true
	})
	return out
}
