package grad

import (
	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/layer"
)

// maxCases is how many equations a sum of cases becomes.
const maxCases = 16

// byCases writes an equation for each value of a free index where every
// summand is for one value of it only, as the gradients of gates that lie in
// one tensor are.
func (d *derivation) byCases(g, t *layer.Tensor, free []*layer.Index, summands []layer.Expr) bool {
	for k, i := range free {
		if i.Size > maxCases || len(summands) < 2 || !everyCase(summands, i) {
			continue
		}
		for v := range i.Size {
			b := bindOne(i, lit(v))
			at, idx := b.with(append(append([]*layer.Index(nil), free[:k]...), free[k+1:]...))
			e := &layer.Equation{T: g, Free: idx, Pos: t.Pos}
			for _, j := range free {
				e.Subs = append(e.Subs, at.int(&layer.Var{I: j}))
			}
			var here []layer.Expr
			for _, x := range summands {
				here = append(here, at.decided(x.(*layer.Where)))
			}
			e.Value = total(here)
			d.add(e)
		}
		return true
	}
	return false
}

// byParts writes an equation for each part of a tensor that forward defines in several,
// with what goes to that part.
func (d *derivation) byParts(g, t *layer.Tensor, free []*layer.Index, summands []layer.Expr) bool {
	var parts []*layer.Equation
	for _, e := range d.l.Forward.Equations {
		if e.T == t {
			parts = append(parts, e)
		}
	}
	if !d.parts || d.tied[t] == nil || len(parts) < 2 || parts[0].Accumulate {
		return false
	}
	for _, part := range parts {
		in, idx := binding{}.with(part.Free)
		e := &layer.Equation{T: g, Subs: in.ints(part.Subs), Free: idx, Pos: t.Pos}
		at := binding{index: map[*layer.Index]layer.Int{}}
		for k, i := range free {
			at.index[i] = e.Subs[k]
		}
		var here []layer.Expr
		for _, x := range summands {
			if w, ok := x.(*layer.Where); ok && isConst(w.Y, 0) {
				here = append(here, at.decided(w))
			} else {
				here = append(here, at.expr(x))
			}
		}
		e.Value = total(here)
		d.add(e)
	}
	return true
}

// everyCase reports whether each summand is for one value of i.
func everyCase(summands []layer.Expr, i *layer.Index) bool {
	for _, x := range summands {
		w, ok := x.(*layer.Where)
		if !ok || !isConst(w.Y, 0) {
			return false
		}
		found := false
		for _, c := range layer.Joined(w.Cond, "&&") {
			cmp, ok := c.(*layer.CmpInt)
			if !ok || cmp.Op != "==" {
				continue
			}
			v, ok := cmp.X.(*layer.Var)
			_, constant := cmp.Y.(layer.Lit)
			found = found || ok && constant && v.I == i
		}
		if !found {
			return false
		}
	}
	return true
}

// decided copies where(c, x, 0) without the conditions that always hold.
func (b binding) decided(w *layer.Where) layer.Expr {
	var open []layer.Cond
	for _, c := range layer.Joined(w.Cond, "&&") {
		c = b.cond(c)
		holds, known := check.Decide(c)
		switch {
		case known && !holds:
			return constant(0)
		case !known:
			open = append(open, c)
		}
	}
	x := b.expr(w.X)
	if c := all(open); c != nil {
		return where(c, x, constant(0))
	}
	return x
}
