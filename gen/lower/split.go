package lower

import (
	"slices"
	"strings"

	"github.com/dlgen/dlgen/spec/layer"
)

// splitAxes replaces an index i that occurs as i/c and i%c by c*i1 + i0, so
// that both are affine. What c leaves of its size is an equation of its own, where i is an
// index of the result.
func splitAxes(eq *layer.Equation) []*layer.Equation {
	factor := map[*layer.Index]int{}
	rests := !slices.Contains(eq.Tensors(), eq.T) // whose old values all parts want
	note := func(x any) bool {
		op, ok := x.(*layer.IntOp)
		if !ok || op.Op != '/' && op.Op != '%' {
			return true
		}
		v, ok := op.X.(*layer.Var)
		c, ok2 := op.Y.(layer.Lit)
		if !ok || !ok2 || c.V < 2 || factor[v.I] != 0 && factor[v.I] != c.V {
			return true
		}
		if v.I.Size%c.V == 0 || rests && v.I.Size > c.V && slices.Contains(eq.Free, v.I) {
			factor[v.I] = c.V
		}
		return true
	}
	eq.Walk(note)
	out := []*layer.Equation{eq}
	for _, i := range append(slices.Clone(eq.Free), others(factor, eq.Free)...) {
		c := factor[i]
		if c == 0 {
			continue
		}
		var parts []*layer.Equation
		for _, e := range out {
			parts = append(parts, halved(e, i, c)...)
		}
		out = parts
	}
	return out
}

// others are the indices of a map that are not in a list, by name.
func others(of map[*layer.Index]int, list []*layer.Index) []*layer.Index {
	var out []*layer.Index
	for i := range of {
		if !slices.Contains(list, i) {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(x, y *layer.Index) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// halved is an equation with c*i1 + i0 for i, and what is left.
func halved(eq *layer.Equation, i *layer.Index, c int) []*layer.Equation {
	high, low := &layer.Index{Name: i.Name + "1", Size: i.Size / c}, &layer.Index{Name: i.Name + "0", Size: c}
	by := layer.Affine{Terms: []layer.Term{{Coef: c, I: high}, {Coef: 1, I: low}}}
	out := []*layer.Equation{substituted(eq, layer.Substitution{i: {Idx: []*layer.Index{high, low}, By: by.Int()}})}
	if rest := i.Size % c; rest > 0 {
		last := &layer.Index{Name: i.Name + "0", Size: rest}
		by := layer.Affine{Const: i.Size - rest, Terms: []layer.Term{{Coef: 1, I: last}}}
		e := substituted(eq, layer.Substitution{i: {Idx: []*layer.Index{last}, By: by.Int()}})
		if vanishes(e.Value) {
			e.Value = layer.Const{}
		}
		out = append(out, e)
	}
	return out
}

// vanishes reports whether x is 0 since it reads beyond a tensor that is 0 there.
func vanishes(x layer.Expr) bool {
	switch x := x.(type) {
	case *layer.Read:
		if !x.T.HasOutside || x.T.Outside != 0 {
			return false
		}
		for d, s := range x.Subs {
			if a, ok := layer.AffineOf(s); ok {
				if lo, hi := a.Extremes(); hi < 0 || lo >= x.T.Shape[d] {
					return true
				}
			}
		}
	case *layer.Binary:
		switch x.Op {
		case '*':
			return vanishes(x.X) || vanishes(x.Y)
		case '/':
			return vanishes(x.X)
		}
		return vanishes(x.X) && vanishes(x.Y)
	case *layer.Reduce:
		return x.Op == layer.Sum && vanishes(x.Body)
	case *layer.Call:
		return x.Fn == "neg" && vanishes(x.Args[0])
	}
	return false
}

// substituted is an equation with indices replaced.
func substituted(eq *layer.Equation, to layer.Substitution) *layer.Equation {
	out := *eq
	out.Free = to.Indices(eq.Free)
	out.Subs = to.Ints(eq.Subs)
	out.Value = to.Expr(eq.Value)
	return &out
}
