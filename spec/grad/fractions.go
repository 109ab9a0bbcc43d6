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
	of := canonical(b.X)
	sums := map[layer.Expr]*layer.Reduce{}
	layer.Walk(b.Y, func(node any) bool {
		if r, ok := node.(*layer.Reduce); ok && r.Op == layer.Sum && len(r.Idx) == len(inner) {
			at := binding{index: map[*layer.Index]layer.Int{}}
			for k, i := range r.Idx {
				if i.Size != inner[k].Size {
					return true
				}
				at.index[i] = &layer.Var{I: inner[k]}
			}
			if canonical(at.expr(r.Body)) == of {
				sums[r] = r
			}
		}
		return true
	})
	if len(sums) == 0 {
		return f
	}
	e := n.named(f, "numerator", f.Free, b.X)
	below := layer.Rewrite(b.Y, func(node any) any {
		x, _ := node.(layer.Expr)
		r := sums[x]
		if r == nil {
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

// named is the element of a new tensor that holds a value of f's for all values of the
// indices.
func (n *naming) named(f *layer.Equation, name string, idx []*layer.Index, value layer.Expr) *layer.Read {
	t := &layer.Tensor{Name: unused(name, n.taken), Role: layer.Scratch, Type: layer.Float32, Pos: f.Pos}
	for _, i := range idx {
		t.Shape = append(t.Shape, i.Size)
	}
	b, fresh := binding{}.with(idx)
	def := &layer.Equation{T: t, Subs: vars(fresh), Free: fresh, Value: b.expr(value), Pos: f.Pos}
	def.Text = layer.FormatEquation(def)
	n.tensors, n.equations = append(n.tensors, t), append(n.equations, def)
	return &layer.Read{T: t, Subs: vars(idx), Pos: f.Pos}
}
