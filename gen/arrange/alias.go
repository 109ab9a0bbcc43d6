package arrange

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// aliases leaves out scratch tensors that recurrences fill with copies of
// elements, such as the state before each step, where all that reads them can
// read the elements themselves.
func aliases(p *layer.Program) {
	var tried []*layer.Tensor
	for _, r := range p.Recurrences {
		for _, e := range slices.Clone(r.Equations) {
			if e.T.Role != layer.Scratch || slices.Contains(tried, e.T) {
				continue
			}
			tried = append(tried, e.T)
			if a := newAlias(p, e.T); a != nil && a.replace(p) {
				a.remove(p)
			}
		}
	}
}

// alias is a tensor whose elements are those of others.
type alias struct {
	t    *layer.Tensor
	defs []*layer.Equation
}

// newAlias finds the equations of t, nil where one of them is not a copy.
func newAlias(p *layer.Program, t *layer.Tensor) *alias {
	a := &alias{t: t}
	for _, e := range p.Equations {
		if e.T != t {
			continue
		}
		if !copies(e) {
			return nil
		}
		a.defs = append(a.defs, e)
	}
	return a
}

// copies reports whether e copies elements of another tensor, in its order.
func copies(e *layer.Equation) bool {
	r, ok := e.Value.(*layer.Read)
	if !ok || r.T == e.T || r.T.HasOutside || r.T.Role == layer.State || e.Accumulate || len(r.Subs) == 0 || len(e.Subs) == 0 {
		return false
	}
	seen := map[*layer.Index]bool{}
	for _, s := range e.Subs {
		a, ok := layer.AffineOf(s)
		if !ok || len(a.Terms) > 1 || len(a.Terms) == 1 && (a.Terms[0].Coef != 1 || seen[a.Terms[0].I]) {
			return false
		}
		for _, t := range a.Terms {
			seen[t.I] = true
		}
	}
	to, ok1 := e.Subs[len(e.Subs)-1].(*layer.Var)
	from, ok2 := r.Subs[len(r.Subs)-1].(*layer.Var)
	return ok1 && ok2 && to.I == from.I && len(seen) == len(e.Free)
}

// replace reads the elements themselves wherever the program reads t, and
// reports whether it could; otherwise nothing changes.
func (a *alias) replace(p *layer.Program) bool {
	values := map[*layer.Equation]layer.Expr{}
	all := true
	for _, e := range p.Equations {
		if e.T == a.t {
			continue
		}
		values[e] = layer.Rewrite(e.Value, func(node any) any {
			r, ok := node.(*layer.Read)
			if !ok || r.T != a.t {
				return nil
			}
			x := a.element(r)
			if x == nil {
				all = false
				return r
			}
			return x
		})
	}
	if !all {
		return false
	}
	for e, v := range values {
		e.Value = v
	}
	return true
}

// element is what r stands for, or nil where it may be of several equations.
func (a *alias) element(r *layer.Read) *layer.Read {
	for _, e := range a.defs {
		to := layer.Substitution{}
		inside := true
		for d, s := range e.Subs {
			def, _ := layer.AffineOf(s)
			x, ok := layer.AffineOf(r.Subs[d])
			if !ok {
				return nil
			}
			x.Const -= def.Const
			lo, hi := x.Extremes()
			size := 1
			if len(def.Terms) > 0 {
				i := def.Terms[0].I
				to[i], size = layer.Replacement{By: x.Int()}, i.Size
			}
			inside = inside && lo >= 0 && hi < size
		}
		if inside {
			from := e.Value.(*layer.Read)
			return &layer.Read{T: from.T, Subs: to.Ints(from.Subs), Pos: r.Pos}
		}
	}
	return nil
}

// remove takes the equations of t out of the program.
func (a *alias) remove(p *layer.Program) {
	of := func(e *layer.Equation) bool { return e.T == a.t }
	p.Equations = slices.DeleteFunc(p.Equations, of)
	for _, r := range p.Recurrences {
		var carry []layer.Carry
		for k, e := range r.Equations {
			if !of(e) {
				carry = append(carry, r.Carry[k])
			}
		}
		r.Equations, r.Carry = slices.DeleteFunc(r.Equations, of), carry
	}
}
