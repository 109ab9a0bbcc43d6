package lower

import (
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/spec/layer"
)

const (
	// maxPhases bounds what an equation is divided into.
	maxPhases = 36
	// manyPhases is from where on loops over residues are preferred.
	manyPhases = 9
)

// congruence is a condition A % c == m on the terms of a sum.
type congruence struct {
	form    layer.Affine
	modulus int
	// free is the index of the result, or nil, and sum the index of the sum, or
	// nil, that the residue depends on.
	free, sum layer.Term
}

// phases divides an equation into one for each residue of its indices, where
// the terms of its sums count for some residues only, as in the gradient of a
// window with a stride. Each of them goes over the terms that count, without a
// condition or a division.
func phases(eq *layer.Equation) []*layer.Equation {
	whole := []*layer.Equation{eq}
	list, ok := congruences(eq)
	if !ok || len(list) == 0 || eq.Accumulate {
		return whole
	}
	modulus := map[*layer.Index]int{}
	count := 1
	for _, c := range list {
		i := c.free.I
		if i == nil {
			continue
		}
		if m := modulus[i]; m != 0 && m != c.modulus {
			return whole
		} else if m == 0 {
			count *= min(c.modulus, i.Size)
		}
		modulus[i] = c.modulus
	}
	if count > manyPhases {
		if few := bands(eq, modulus, list); few != nil && len(few) < count {
			return few
		}
	}
	if count > maxPhases {
		return whole
	}
	var out []*layer.Equation
	residues := map[*layer.Index]int{}
	var visit func(free []*layer.Index)
	visit = func(free []*layer.Index) {
		if len(free) == 0 {
			out = append(out, substituted(eq, phase(modulus, residues, list)))
			return
		}
		i := free[0]
		for r := 0; r < max(1, min(modulus[i], i.Size)); r++ {
			residues[i] = r
			visit(free[1:])
		}
	}
	visit(eq.Free)
	return out
}

// phase replaces the indices for one choice of residues.
func phase(modulus, residues map[*layer.Index]int, list []congruence) layer.Substitution {
	to := layer.Substitution{}
	for i, m := range modulus {
		to[i] = strided(i, m, residues[i])
	}
	for _, c := range list {
		if c.sum.I == nil {
			continue
		}
		at := c.form.Const
		if c.free.I != nil {
			at += c.free.Coef * residues[c.free.I]
		}
		to[c.sum.I] = strided(c.sum.I, 1, c.sum.I.Size) // no term counts
		step := c.modulus / naive.GCD(c.modulus, c.sum.Coef)
		for r := 0; r < min(step, c.sum.I.Size); r++ {
			if (at+c.sum.Coef*r)%c.modulus == 0 {
				to[c.sum.I] = strided(c.sum.I, step, r)
			}
		}
	}
	return to
}

// strided stands for the values start, start+step, … of an index.
func strided(i *layer.Index, step, start int) layer.Replacement {
	in := &layer.Index{Name: i.Name, Size: max(0, (i.Size-start+step-1)/step)}
	return layer.Replacement{Idx: []*layer.Index{in}, By: layer.Affine{Const: start, Terms: []layer.Term{{Coef: step, I: in}}}.Int()}
}

// congruences lists those that restrict sums of the equation; ok is false where
// one of them is of another form than phases can divide.
func congruences(eq *layer.Equation) (list []congruence, ok bool) {
	free := map[*layer.Index]bool{}
	for _, i := range eq.Free {
		free[i] = true
	}
	ok = true
	taken := map[*layer.Index]bool{}
	layer.Walk(eq.Value, func(x any) bool {
		sum, isSum := x.(*layer.Reduce)
		if !isSum || sum.Op != layer.Sum {
			return true
		}
		bound := map[*layer.Index]bool{}
		idx, body := flattenSum(sum)
		for _, i := range idx {
			bound[i] = true
		}
		_, conds := guarded(body)
		for _, cond := range conds {
			c, is := newCongruence(cond)
			if !is {
				continue
			}
			for _, t := range c.form.Terms {
				switch {
				case t.Coef%c.modulus == 0:
				case free[t.I] && c.free.I == nil:
					c.free = t
				case bound[t.I] && c.sum.I == nil && !taken[t.I]:
					c.sum = t
					taken[t.I] = true
				default:
					ok = false
				}
			}
			list = append(list, c)
		}
		return true
	})
	return list, ok
}

// newCongruence reads cond as one.
func newCongruence(cond layer.Cond) (congruence, bool) {
	cmp, ok := cond.(*layer.CmpInt)
	if !ok || cmp.Op != "==" {
		return congruence{}, false
	}
	x, y := cmp.X, cmp.Y
	if _, lit := x.(layer.Lit); lit {
		x, y = y, x
	}
	op, ok := x.(*layer.IntOp)
	rest, ok2 := y.(layer.Lit)
	if !ok || !ok2 || op.Op != '%' {
		return congruence{}, false
	}
	a, ok := layer.AffineOf(op.X)
	c, ok2 := op.Y.(layer.Lit)
	if !ok || !ok2 {
		return congruence{}, false
	}
	a.Const -= rest.V
	return congruence{form: a, modulus: c.V}, true
}
