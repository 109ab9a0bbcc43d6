package grad

import (
	"math"

	"github.com/dlgen/dlgen/spec/layer"
)

// kept makes backward read what forward keeps instead of computing it again, and leaves
// out sums of deviations from a mean, which are 0: the gradients of norms have both.
func (d *derivation) kept(eqs []*layer.Equation) []*layer.Equation {
	try := func(f func(e *layer.Equation) layer.Expr) {
		if other := live(rewritten(eqs, f)); readsSaved(eqs, other) {
			eqs = other
		}
	}
	for _, f := range d.l.Forward.Equations {
		if r := rootOf(f); r != nil {
			try(r.inverted)
		}
		if m := meanOf(f); m != nil {
			try(m.centred)
		}
	}
	return eqs
}

// readsSaved reports whether what the one list of equations reads of the saved tensors the
// other one reads, too: the spec says that backward does.
func readsSaved(eqs, other []*layer.Equation) bool {
	read := map[*layer.Tensor]bool{}
	for _, e := range other {
		for _, t := range e.Tensors() {
			read[t] = true
		}
	}
	for _, e := range eqs {
		for _, t := range e.Tensors() {
			if t.Role == layer.Saved && !read[t] {
				return false
			}
		}
	}
	return true
}

// rewritten are the equations with other values where f gives them one.
func rewritten(eqs []*layer.Equation, f func(e *layer.Equation) layer.Expr) []*layer.Equation {
	var out []*layer.Equation
	for _, e := range eqs {
		if v := f(e); v != nil {
			c := *e
			c.Value = v
			c.Text = layer.FormatEquation(&c)
			e = &c
		}
		out = append(out, e)
	}
	return out
}

// definesAll reports whether f defines every element of its tensor, each once and from
// its indices.
func definesAll(f *layer.Equation) bool {
	return !f.Accumulate && len(f.Free) == len(f.T.Shape) && sameSubs(&layer.Read{T: f.T, Subs: f.Subs}, vars(f.Free))
}

// inverseRoot is an equation r = number/sqrt(of).
type inverseRoot struct {
	*layer.Equation
	number float64
	of     layer.Expr
}

func rootOf(f *layer.Equation) *inverseRoot {
	if f.T.Role == layer.State || !definesAll(f) {
		return nil
	}
	switch x := f.Value.(type) {
	case *layer.Call:
		if x.Fn == "rsqrt" {
			return &inverseRoot{f, 1, x.Args[0]}
		}
	case *layer.Binary:
		v, ok := constOf(x.X)
		if y, root := x.Y.(*layer.Call); ok && root && v != 0 && x.Op == '/' && y.Fn == "sqrt" {
			return &inverseRoot{f, v, y.Args[0]}
		}
	}
	return nil
}

// inverted is the value of e in which what is divided by the root is multiplied by its
// inverse; nil where there is nothing like that.
func (r *inverseRoot) inverted(e *layer.Equation) layer.Expr {
	if len(e.Free) != len(r.Free) {
		return nil
	}
	at := binding{index: map[*layer.Index]layer.Int{}}
	for k, i := range r.Free {
		if e.Free[k].Size != i.Size {
			return nil
		}
		at.index[i] = &layer.Var{I: e.Free[k]}
	}
	of, inverse := canonical(at.expr(r.of)), div(&layer.Read{T: r.T, Subs: vars(e.Free), Pos: e.Pos}, constant(r.number))
	is := func(x layer.Expr, fn string) bool {
		c, ok := x.(*layer.Call)
		return ok && c.Fn == fn && canonical(c.Args[0]) == of
	}
	changed := false
	var without func(node any) any
	without = func(node any) any {
		x, ok := node.(layer.Expr)
		if !ok {
			return nil
		}
		if is(x, "rsqrt") {
			changed = true
			return inverse
		}
		if b, ok := x.(*layer.Binary); ok && b.Op == '/' && is(b.Y, "sqrt") {
			changed = true
			return mul(layer.Rewrite(b.X, without), inverse)
		}
		return nil
	}
	if v := layer.Rewrite(e.Value, without); changed {
		return v
	}
	return nil
}

// mean is an equation for the mean of what a sum goes over.
type mean struct {
	*layer.Equation
	sum *layer.Reduce
}

func meanOf(f *layer.Equation) *mean {
	if !definesAll(f) || f.T.Role == layer.State {
		return nil
	}
	b, ok := f.Value.(*layer.Binary)
	if !ok || b.Op != '*' && b.Op != '/' {
		return nil
	}
	r, first := b.X.(*layer.Reduce)
	v, ok := layer.Constant(b.Y)
	if b.Op == '/' {
		v = 1 / v
	} else if !first {
		r, first = b.Y.(*layer.Reduce)
		v, ok = layer.Constant(b.X)
	}
	if !first || !ok || r.Op != layer.Sum {
		return nil
	}
	for _, i := range r.Idx {
		v *= float64(i.Size)
	}
	if math.Abs(v-1) > 1e-12 {
		return nil
	}
	return &mean{f, r}
}

// centred is the value of e without sums over what the mean is of, less the mean; nil
// where there is none.
func (m *mean) centred(e *layer.Equation) layer.Expr {
	changed := false
	v := layer.Rewrite(e.Value, func(node any) any {
		r, ok := node.(*layer.Reduce)
		if !ok || r.Op != layer.Sum {
			return nil
		}
		b, ok := r.Body.(*layer.Binary)
		if !ok || b.Op != '-' {
			return nil
		}
		y, ok := b.Y.(*layer.Read)
		if !ok || y.T != m.T || y.Old || len(dependence(y, r.Idx)) > 0 {
			return nil
		}
		at := binding{index: map[*layer.Index]layer.Int{}}
		for k, i := range m.Free {
			at.index[i] = y.Subs[k]
		}
		if canonical(at.expr(m.sum)) != canonical(&layer.Reduce{Op: layer.Sum, Idx: r.Idx, Body: b.X}) {
			return nil
		}
		changed = true
		return constant(0)
	})
	if !changed {
		return nil
	}
	return simplified(v)
}
