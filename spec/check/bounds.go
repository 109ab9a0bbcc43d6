package check

import (
	"fmt"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// budget is how many boxes one proof may look at. What needs more has a
// subscript of many indices on the edge of a condition; it is refused.
const budget = 1 << 15

// bounds proves every access of the equation in bounds.
func (q *equation) bounds(e *layer.Equation) {
	for d, s := range e.Subs {
		q.boundsInt(s, nil)
		q.subscript(access{e.T, e.Subs, q.src.Target.Subs[d].Position(), "writes"}, d, nil)
	}
	q.boundsExpr(e.Value, nil)
}

// conds is what holds at an access, innermost first.
type conds struct {
	cond  layer.Cond
	outer *conds
}

func (q *equation) boundsExpr(x layer.Expr, on *conds) {
	switch x := x.(type) {
	case layer.Const:
	case *layer.Read:
		q.boundsSubs(x, x.T, x.Subs, on)
	case *layer.FromInt:
		q.boundsInt(x.X, on)
	case *layer.Call:
		for _, a := range x.Args {
			q.boundsExpr(a, on)
		}
	case *layer.Binary:
		q.boundsExpr(x.X, on)
		q.boundsExpr(x.Y, on)
	case *layer.Where:
		q.boundsCond(x.Cond, on)
		q.boundsExpr(x.X, &conds{x.Cond, on})
		q.boundsExpr(x.Y, &conds{&layer.Not{X: x.Cond}, on})
	case *layer.Reduce:
		q.boundsExpr(x.Body, on)
	case *layer.Uniform:
		q.boundsInt(x.K, on)
	default:
		panic("check: unknown expression")
	}
}

func (q *equation) boundsInt(x layer.Int, on *conds) {
	switch x := x.(type) {
	case layer.Lit, *layer.Var:
	case *layer.Element:
		q.boundsSubs(x, x.T, x.Subs, on)
	case *layer.IntOp:
		q.boundsInt(x.X, on)
		q.boundsInt(x.Y, on)
	case *layer.ArgMax:
		q.boundsExpr(x.Body, on)
	default:
		panic("check: unknown integer expression")
	}
}

// boundsCond knows that the right side of && and || is under a condition.
func (q *equation) boundsCond(c layer.Cond, on *conds) {
	switch c := c.(type) {
	case *layer.CmpInt:
		q.boundsInt(c.X, on)
		q.boundsInt(c.Y, on)
	case *layer.CmpReal:
		q.boundsExpr(c.X, on)
		q.boundsExpr(c.Y, on)
	case *layer.Not:
		q.boundsCond(c.X, on)
	case *layer.Logic:
		q.boundsCond(c.X, on)
		if c.Op == "&&" {
			q.boundsCond(c.Y, &conds{c.X, on})
		} else {
			q.boundsCond(c.Y, &conds{&layer.Not{X: c.X}, on})
		}
	default:
		panic("check: unknown condition")
	}
}

func (q *equation) boundsSubs(node any, t *layer.Tensor, subs []layer.Int, on *conds) {
	for d, s := range subs {
		q.boundsInt(s, on)
		q.subscript(access{t, subs, q.subPos[node][d], "reads"}, d, on)
	}
}

// access is one use of a tensor, for messages.
type access struct {
	t    *layer.Tensor
	subs []layer.Int
	pos  diag.Pos
	verb string
}

// text is the access with the value v as subscript d.
func (a access) text(d int, v int64) string {
	var b strings.Builder
	b.WriteString(a.t.Name)
	for k, s := range a.subs {
		if k == d {
			fmt.Fprintf(&b, "[%d]", v)
		} else {
			fmt.Fprintf(&b, "[%s]", layer.FormatInt(s))
		}
	}
	return b.String()
}

// subscript proves that subscript d of an access is in bounds.
func (q *equation) subscript(a access, d int, on *conds) {
	sub := a.subs[d]
	if !q.legalSubscript(a, sub) {
		return
	}
	if a.t.HasOutside && a.verb == "reads" {
		return
	}
	if e, ok := sub.(*layer.Element); ok && e.T.Role == layer.Input {
		return // checked at run time
	}
	p := prover{sub: sub, size: int64(a.t.Shape[d]), left: budget}
	for ; on != nil; on = on.outer {
		p.conds = append(p.conds, on.cond)
	}
	point, found := p.prove(q.c.full())
	switch {
	case p.left <= 0:
		q.helpf(a.pos, "split the equation, or give "+a.t.Name+" an outside value", "it takes too long to prove that this stays within %s", extentText(a.t, d))
	case found:
		q.helpf(a.pos, outsideHelp(a), "%s %s %s, its size%s is %s", point, a.verb, a.text(d, p.bad), there(a.t), extentText(a.t, d))
	}
}

func there(t *layer.Tensor) string {
	if len(t.Shape) > 1 {
		return " there"
	}
	return ""
}

func outsideHelp(a access) string {
	if a.verb == "reads" && a.t.Type == layer.Float32 && a.t.Role != layer.Gradient {
		return "if reads beyond the shape are meant, say where(condition, " + a.t.Name + "..., 0), or outside: 0 at " + a.t.Name
	}
	return ""
}

// legalSubscript refuses what is not known before run time, except the whole
// element of an int32 tensor.
func (q *equation) legalSubscript(a access, sub layer.Int) bool {
	legal := true
	whole, _ := sub.(*layer.Element)
	layer.Walk(sub, func(n any) bool {
		switch n := n.(type) {
		case *layer.Element:
			switch {
			case n.T.Role == layer.Scalar:
				legal = false
				q.errorf(a.pos, "the run-time scalar %s cannot be part of a subscript", n.T.Name)
			case n != whole && n.T.Role == layer.Input:
				legal = false
				q.errorf(a.pos, "an element of %s must be the whole subscript, as in %s[%s[n]]", n.T.Name, a.t.Name, n.T.Name)
			}
			return false
		case *layer.ArgMax:
			legal = false
			q.helpf(a.pos, "give it a scratch tensor of type int32", "argmax cannot be part of a subscript")
			return false
		}
		return true
	})
	return legal
}

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
	form, ok := layer.AffineOf(p.sub)
	if !ok {
		return r
	}
	for _, c := range p.conds {
		r = clipBy(r, form, c, true)
	}
	return r
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
