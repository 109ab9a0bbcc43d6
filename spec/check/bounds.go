package check

import (
	"fmt"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

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
