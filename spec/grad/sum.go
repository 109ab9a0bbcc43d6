package grad

import "github.com/dlgen/dlgen/spec/layer"

// sum is the sum of value over rest, counting the places where the conditions
// hold. What does not depend on rest is taken out of the sum, so that
// contractions are seen to be such.
func sum(rest []*layer.Index, conds []layer.Cond, value layer.Expr) layer.Expr {
	r := &narrowing{rest, conds, value}
	if !r.narrow() {
		return constant(0)
	}
	rest, conds, value = r.idx, r.conds, r.value
	var outer, inner []layer.Cond
	open := setOf(rest)
	for _, c := range plainFirst(conds) {
		if open.in(c) || len(inner) > 0 && !readsInside(c) {
			inner = append(inner, c)
		} else {
			outer = append(outer, c)
		}
	}
	times := 1
	var over []*layer.Index
	for _, i := range rest {
		if dependsOn(i, value, inner) {
			over = append(over, i)
		} else {
			times *= i.Size
		}
	}
	x := value
	if len(over) > 0 {
		x = reduced(over, inner, value)
	}
	x = mul(constant(float64(times)), x)
	if c := all(outer); c != nil {
		x = where(c, x, constant(0))
	}
	return x
}

// readsInside reports whether what a condition or an expression reads is there whatever else holds.
func readsInside(x any) bool {
	inside := func(t *layer.Tensor, subs []layer.Int) bool {
		for d, s := range subs {
			a, ok := layer.AffineOf(s)
			if lo, hi := a.Extremes(); !ok || lo < 0 || hi >= t.Shape[d] {
				return t.HasOutside
			}
		}
		return true
	}
	ok := true
	layer.Walk(x, func(node any) bool {
		switch x := node.(type) {
		case *layer.Read:
			ok = ok && inside(x.T, x.Subs)
		case *layer.Element:
			ok = ok && inside(x.T, x.Subs)
		}
		return ok
	})
	return ok
}

func dependsOn(i *layer.Index, value layer.Expr, conds []layer.Cond) bool {
	one := indices{i: true}
	if one.in(value) {
		return true
	}
	for _, c := range conds {
		if one.in(c) {
			return true
		}
	}
	return false
}

// reduced is sum(over, where(conds, value, 0)) with invariant factors outside.
// Under conditions only numbers move: what else the value reads may be out of
// bounds where the conditions do not hold.
func reduced(over []*layer.Index, conds []layer.Cond, value layer.Expr) layer.Expr {
	p := product{number: 1}
	p.multiply(value, false)
	open := setOf(over)
	invariant := func(x layer.Expr) bool { return len(conds) == 0 && !open.in(x) }
	outNum, inNum := split(p.num, invariant)
	outDen, inDen := split(p.den, invariant)
	body := value
	if p.number != 1 || len(outNum)+len(outDen) > 0 {
		body = quotient(inNum, inDen)
	}
	if c := all(conds); c != nil {
		body = where(c, body, constant(0))
	}
	var s layer.Expr = &layer.Reduce{Op: layer.Sum, Idx: over, Body: body}
	return mul(constant(p.number), quotient(append(outNum, s), outDen))
}

// product is number times all of num divided by all of den.
type product struct {
	number   float64
	num, den []layer.Expr
}

// multiply takes x apart into factors.
func (p *product) multiply(x layer.Expr, under bool) {
	if v, ok := constOf(x); ok && v != 0 {
		if under {
			p.den = append(p.den, x) // kept: 1/N is not exact
		} else {
			p.number *= v
		}
		return
	}
	if y, ok := negated(x); ok {
		p.number = -p.number
		p.multiply(y, under)
		return
	}
	if b, ok := x.(*layer.Binary); ok && (b.Op == '*' || b.Op == '/') {
		p.multiply(b.X, under)
		p.multiply(b.Y, under != (b.Op == '/'))
		return
	}
	if under {
		p.den = append(p.den, x)
	} else {
		p.num = append(p.num, x)
	}
}

// split separates the factors for which out holds from the others.
func split(xs []layer.Expr, out func(layer.Expr) bool) (yes, no []layer.Expr) {
	for _, x := range xs {
		if out(x) {
			yes = append(yes, x)
		} else {
			no = append(no, x)
		}
	}
	return yes, no
}

// quotient is the product of num divided by that of den. A divisor that is there again
// divides what is first already: its square may be out of range.
func quotient(num, den []layer.Expr) layer.Expr {
	var once, again []layer.Expr
	known := map[string]bool{}
	for _, y := range den {
		if text := layer.FormatExpr(y); !known[text] || len(num) == 0 {
			known[text], once = true, append(once, y)
		} else {
			again = append(again, y)
		}
	}
	x := constant(1)
	for k, y := range num {
		if x = mul(x, y); k == 0 && len(again) > 0 {
			x = div(x, productOf(again))
		}
	}
	return div(x, productOf(once))
}

func productOf(xs []layer.Expr) layer.Expr {
	out := constant(1)
	for _, x := range xs {
		out = mul(out, x)
	}
	return out
}

// total adds terms up; equal ones become one with a factor.
func total(terms []layer.Expr) layer.Expr {
	var order []string
	count := map[string]float64{}
	first := map[string]layer.Expr{}
	for _, x := range terms {
		sign := 1.0
		if y, ok := negated(x); ok {
			x, sign = y, -1
		}
		key := canonical(x)
		if first[key] == nil {
			order = append(order, key)
			first[key] = x
		}
		count[key] += sign
	}
	x := constant(0)
	for _, key := range order {
		x = add(x, mul(constant(count[key]), first[key]))
	}
	return x
}

// plainFirst are the conditions with those in front that read nothing: the others may
// read what is there under these only.
func plainFirst(conds []layer.Cond) []layer.Cond {
	var plain, reading []layer.Cond
	for _, c := range conds {
		if reads(c) {
			reading = append(reading, c)
		} else {
			plain = append(plain, c)
		}
	}
	return append(plain, reading...)
}

// reads reports whether a condition depends on an array.
func reads(c layer.Cond) bool {
	found := false
	layer.Walk(c, func(x any) bool {
		switch x.(type) {
		case *layer.Read, *layer.Element:
			found = true
		}
		return !found
	})
	return found
}
