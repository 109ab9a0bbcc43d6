package check

import (
	"fmt"
	"strings"

	"github.com/dlgen/dlgen/spec/layer"
)

// budget is how many boxes one proof may look at. What needs more has a
// subscript of many indices on the edge of a condition; it is refused.
const budget = 1 << 15

// prover looks for a point at which sub is not in 0..size-1 though all conds
// hold, by splitting the box of all points until intervals decide.
type prover struct {
	sub   layer.Int
	size  int64
	conds []layer.Cond
	left  int
	bad   int64
}

// prove returns a counterexample as text, if there is one.
func (p *prover) prove(b box) (string, bool) {
	bounds := interval{0, p.size - 1}
	r := b.of(p.sub)
	if r.within(bounds) || p.clip(r, b).within(bounds) {
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
	var parts []string
	for _, i := range indicesOf(p.sub) {
		parts = append(parts, fmt.Sprintf("%s=%d", i.Name, b.sides[i].lo))
	}
	if len(parts) == 0 {
		return "this", true
	}
	return strings.Join(parts, ", "), true
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
	r := b.of(p.sub)
	if r.within(interval{0, p.size - 1}) {
		return false
	}
	var widest *layer.Index
	for _, i := range involved {
		if s := b.sides[i]; s.lo < s.hi && (widest == nil || s.hi-s.lo > b.sides[widest].hi-b.sides[widest].lo) {
			widest = i
		}
	}
	if widest == nil {
		p.bad = r.lo
		return true
	}
	s := b.sides[widest]
	mid := s.lo + (s.hi-s.lo)/2
	halves := [2]interval{{s.lo, mid}, {mid + 1, s.hi}}
	// The worse half first: it gives the clearest counterexample.
	b.sides[widest] = halves[0]
	lower := b.of(p.sub)
	b.sides[widest] = halves[1]
	upper := b.of(p.sub)
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

// clip narrows the interval of the subscript by those conditions that compare
// the same affine form, up to a constant, with a constant.
func (p *prover) clip(r interval, b box) interval {
	x, divisor := p.sub, int64(1)
	if op, ok := x.(*layer.IntOp); ok && op.Op == '/' {
		x, divisor = op.X, int64(op.Y.(layer.Lit).V)
		r = b.of(x)
	}
	if form, ok := layer.AffineOf(x); ok {
		for _, c := range p.conds {
			r = clipBy(r, form, c, true)
		}
	}
	return interval{floorDiv(r.lo, divisor), floorDiv(r.hi, divisor)}
}

// clipBy narrows r where c, or its negation, holds.
func clipBy(r interval, form layer.Affine, c layer.Cond, positive bool) interval {
	switch c := c.(type) {
	case *layer.Not:
		return clipBy(r, form, c.X, !positive)
	case *layer.Logic:
		if (c.Op == "&&") == positive {
			return clipBy(clipBy(r, form, c.X, positive), form, c.Y, positive)
		}
	case *layer.CmpInt:
		d, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: c.X, Y: c.Y})
		if !ok {
			return r
		}
		op := c.Op
		if !positive {
			op = negated[op]
		}
		if k, ok := offset(form, d); ok { // form = d + k
			return r.cut(op, k)
		}
		for i := range d.Terms {
			d.Terms[i].Coef = -d.Terms[i].Coef
		}
		d.Const = -d.Const
		if k, ok := offset(form, d); ok { // form = -d + k
			return r.cut(mirrored[op], k)
		}
	}
	return r
}

var negated = map[string]string{"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
var mirrored = map[string]string{"<": ">", ">=": "<=", ">": "<", "<=": ">=", "==": "==", "!=": "!="}

// offset returns a - b where that is a constant.
func offset(a, b layer.Affine) (int64, bool) {
	if len(a.Terms) != len(b.Terms) {
		return 0, false
	}
	for _, t := range a.Terms {
		same := false
		for _, u := range b.Terms {
			same = same || t == u
		}
		if !same {
			return 0, false
		}
	}
	return int64(a.Const) - int64(b.Const), true
}

// cut keeps the v of r for which v op k.
func (a interval) cut(op string, k int64) interval {
	switch op {
	case "<":
		a.hi = min(a.hi, k-1)
	case "<=":
		a.hi = min(a.hi, k)
	case ">":
		a.lo = max(a.lo, k+1)
	case ">=":
		a.lo = max(a.lo, k)
	case "==":
		a.lo, a.hi = max(a.lo, k), min(a.hi, k)
	}
	return a
}
