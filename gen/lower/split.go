package lower

import "github.com/dlgen/dlgen/spec/layer"

// splitAxes replaces an index i that occurs as i/c and i%c by c*i1 + i0, so
// that both are affine, where c divides its size.
func splitAxes(eq *layer.Equation) *layer.Equation {
	factor := map[*layer.Index]int{}
	note := func(x any) bool {
		op, ok := x.(*layer.IntOp)
		if !ok || op.Op != '/' && op.Op != '%' {
			return true
		}
		v, ok := op.X.(*layer.Var)
		c, ok2 := op.Y.(layer.Lit)
		if ok && ok2 && c.V > 1 && v.I.Size%c.V == 0 && (factor[v.I] == 0 || factor[v.I] == c.V) {
			factor[v.I] = c.V
		}
		return true
	}
	eq.Walk(note)
	if len(factor) == 0 {
		return eq
	}
	to := layer.Substitution{}
	for i, c := range factor {
		high := &layer.Index{Name: i.Name + "1", Size: i.Size / c}
		low := &layer.Index{Name: i.Name + "0", Size: c}
		to[i] = layer.Replacement{Idx: []*layer.Index{high, low}, By: layer.Affine{Terms: []layer.Term{{Coef: c, I: high}, {Coef: 1, I: low}}}.Int()}
	}
	return substituted(eq, to)
}

// substituted is an equation with indices replaced.
func substituted(eq *layer.Equation, to layer.Substitution) *layer.Equation {
	out := *eq
	out.Free = to.Indices(eq.Free)
	out.Subs = to.Ints(eq.Subs)
	out.Value = to.Expr(eq.Value)
	return &out
}
