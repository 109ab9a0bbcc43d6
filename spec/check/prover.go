package check

import (
	"fmt"
	"strings"

	"github.com/dlgen/dlgen/spec/layer"
)

// budget is how many boxes one proof may look at. What needs more has a
// subscript of many indices on the edge of a condition; it is refused.
const budget = 1 << 13

// prover looks for a point at which sub is not in 0..size-1 though all conds
// hold, by splitting the box of all points until intervals decide.
type prover struct {
	sub    layer.Int
	size   int64
	conds  []layer.Cond
	limits limits
	left   int
	bad    int64
	// form and under are the affine forms, if any, of sub and of what sub
	// divides.
	form, dividend *layer.Affine
	divisor        int64
	// at has the counterexample, an interval of one value for each index.
	at map[*layer.Index]interval
}

// prove returns a counterexample as text, if there is one.
func (p *prover) prove(b box) (string, bool) {
	bounds := interval{0, p.size - 1}
	p.forms()
	if p.of(b).within(bounds) {
		return "", false
	}
	for _, c := range p.conds {
		p.limits = p.limits.add(c, true)
	}
	if p.bound(b).within(bounds) {
		return "", false
	}
	involved := p.connect()
	b.sides = map[*layer.Index]interval{}
	for _, i := range involved {
		b.sides[i] = interval{0, int64(i.Size) - 1}
	}
	if !p.search(b, involved) {
		return "", false
	}
	p.at = b.sides
	var parts []string
	for _, i := range indicesOf(p.sub) {
		parts = append(parts, fmt.Sprintf("%s=%d", i.Name, b.sides[i].lo))
	}
	if len(parts) == 0 {
		return "this", true
	}
	return strings.Join(parts, ", "), true
}

// forms notes the affine forms, so that they are made once.
func (p *prover) forms() {
	affine := func(x layer.Int) *layer.Affine {
		if a, ok := layer.AffineOf(x); ok {
			return &a
		}
		return nil
	}
	p.form, p.divisor = affine(p.sub), 1
	p.dividend = p.form
	if op, ok := p.sub.(*layer.IntOp); ok && op.Op == '/' {
		p.dividend, p.divisor = affine(op.X), int64(op.Y.(layer.Lit).V)
	}
}

// of bounds the subscript in a box.
func (p *prover) of(b box) interval {
	if p.form != nil {
		return b.ofAffine(*p.form)
	}
	return b.computed(p.sub)
}

// connect keeps the conditions that have to do with the subscript and returns
// the indices of both.
func (p *prover) connect() []*layer.Index {
	involved := indicesOf(p.sub)
	has := map[*layer.Index]bool{}
	for _, i := range involved {
		has[i] = true
	}
	var kept []layer.Cond
	rest := p.conds
	for again := true; again; {
		again = false
		var later []layer.Cond
		for _, c := range rest {
			touches := false
			for _, i := range indicesOf(c) {
				touches = touches || has[i]
			}
			if !touches {
				later = append(later, c)
				continue
			}
			again = true
			kept = append(kept, c)
			for _, i := range indicesOf(c) {
				if !has[i] {
					has[i] = true
					involved = append(involved, i)
				}
			}
		}
		rest = later
	}
	p.conds = kept
	return involved
}

// search looks for a counterexample in the box and leaves it there.
func (p *prover) search(b box, involved []*layer.Index) bool {
	if p.left--; p.left <= 0 {
		return false
	}
	for _, c := range p.conds {
		if b.holds(c) == never {
			return false
		}
	}
	r := p.of(b)
	if r.within(interval{0, p.size - 1}) || p.bound(b).within(interval{0, p.size - 1}) {
		return false
	}
	var widest *layer.Index
	for _, i := range involved {
		if s := b.sides[i]; s.lo < s.hi && (widest == nil || s.hi-s.lo > b.sides[widest].hi-b.sides[widest].lo) {
			widest = i
		}
	}
	if widest == nil {
		if p.bad = r.lo; r.lo >= 0 && r.lo < p.size {
			p.bad = r.hi // of a number that is computed, a range is known
		}
		return true
	}
	s := b.sides[widest]
	mid := s.lo + (s.hi-s.lo)/2
	halves := [2]interval{{s.lo, mid}, {mid + 1, s.hi}}
	// The worse half first: it gives the clearest counterexample.
	b.sides[widest] = halves[0]
	lower := p.of(b)
	b.sides[widest] = halves[1]
	upper := p.of(b)
	if max(-lower.lo, lower.hi-p.size) >= max(-upper.lo, upper.hi-p.size) {
		halves[0], halves[1] = halves[1], halves[0]
	}
	for k := 1; k >= 0; k-- {
		b.sides[widest] = halves[k]
		if p.search(b, involved) {
			return true
		}
	}
	b.sides[widest] = s
	return false
}

// limits are affine forms that are at most 0 wherever a condition holds.
type limits []layer.Affine

// add takes what c, or its negation, says.
func (l limits) add(c layer.Cond, positive bool) limits {
	switch c := c.(type) {
	case *layer.Not:
		return l.add(c.X, !positive)
	case *layer.Logic:
		if (c.Op == "&&") == positive {
			return l.add(c.X, positive).add(c.Y, positive)
		}
	case *layer.CmpInt:
		d, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: c.X, Y: c.Y})
		e, ok2 := layer.AffineOf(&layer.IntOp{Op: '-', X: c.Y, Y: c.X})
		if !ok || !ok2 || abs(int64(d.Const)) > 1<<40 {
			return l
		}
		op := c.Op
		if !positive {
			op = layer.Opposite[op]
		}
		switch op {
		case "<":
			d.Const++
			return append(l, d)
		case "<=":
			return append(l, d)
		case ">":
			e.Const++
			return append(l, e)
		case ">=":
			return append(l, e)
		case "==":
			return append(l, d, e)
		}
	}
	return l
}

// bound bounds the subscript in a box where the conditions hold.
func (p *prover) bound(b box) interval {
	if p.dividend == nil {
		if p.divisor == 1 {
			return b.computed(p.sub)
		}
		r := b.computed(p.sub.(*layer.IntOp).X)
		return interval{floorDiv(r.lo, p.divisor), floorDiv(r.hi, p.divisor)}
	}
	r := b.ofAffine(*p.dividend)
	for _, d := range p.limits {
		r = b.under(r, *p.dividend, d)
	}
	return interval{floorDiv(r.lo, p.divisor), floorDiv(r.hi, p.divisor)}
}

// under narrows the interval r of a form where d <= 0: for m, n > 0,
// n*form <= n*form - m*d, and n*form >= n*form + m*d. Multiples that make an
// index cancel out are tried.
func (b box) under(r interval, form, d layer.Affine) interval {
	for _, t := range form.Terms {
		for _, u := range d.Terms {
			m, n := abs(int64(t.Coef)), abs(int64(u.Coef))
			g := gcd(m, n)
			m, n = m/g, n/g
			if t.I != u.I || m > 1<<20 || n > 1<<20 {
				continue
			}
			if (t.Coef > 0) == (u.Coef > 0) {
				s := b.ofAffine(combine(form, n, d, -m))
				r.hi = min(r.hi, floorDiv(s.hi, n))
			} else {
				s := b.ofAffine(combine(form, n, d, m))
				r.lo = max(r.lo, -floorDiv(-s.lo, n))
			}
		}
	}
	return r
}

// combine is n*a + m*b.
func combine(a layer.Affine, n int64, b layer.Affine, m int64) layer.Affine {
	out := layer.Affine{Const: int(n)*a.Const + int(m)*b.Const}
	for _, t := range a.Terms {
		out.Terms = append(out.Terms, layer.Term{Coef: int(n) * t.Coef, I: t.I})
	}
	for _, u := range b.Terms {
		found := false
		for k := range out.Terms {
			if out.Terms[k].I == u.I {
				out.Terms[k].Coef += int(m) * u.Coef
				found = true
			}
		}
		if !found {
			out.Terms = append(out.Terms, layer.Term{Coef: int(m) * u.Coef, I: u.I})
		}
	}
	return out
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
