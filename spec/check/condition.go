package check

import (
	"fmt"
	"math"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// truth is a condition, or its value where that is known.
type truth struct {
	cond  layer.Cond
	known bool
	value bool
}

func knownTruth(v bool) truth { return truth{known: true, value: v} }

// choice is one of two values, or the choice between them.
func (t truth) choice(yes, no layer.Expr) layer.Expr {
	switch {
	case t.known && t.value:
		return yes
	case t.known:
		return no
	}
	return &layer.Where{Cond: t.cond, X: yes, Y: no}
}

// condition builds an expression whose value is a truth value.
func (q *equation) condition(x syntax.Expr) truth {
	defer q.asValues(false)()
	switch x := x.(type) {
	case *syntax.Unary:
		if x.Op == "!" {
			t := q.condition(x.X)
			if t.known {
				return knownTruth(!t.value)
			}
			return truth{cond: &layer.Not{X: t.cond}}
		}
	case *syntax.Binary:
		switch x.Op {
		case "&&", "||":
			return q.logic(x)
		case "==", "!=", "<", "<=", ">", ">=":
			return q.comparison(x)
		}
	}
	q.helpf(x.Position(), "compare it with something, as in x[n] > 0", "expected a condition, this is a number")
	return knownTruth(true)
}

var comparisons = map[string]bool{"==": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true}

func (q *equation) logic(x *syntax.Binary) truth {
	a, b := q.condition(x.X), q.condition(x.Y)
	if !a.known && !b.known {
		return truth{cond: &layer.Logic{Op: x.Op, X: a.cond, Y: b.cond}}
	}
	if b.known {
		a, b = b, a
	}
	if decides := x.Op == "||"; a.value == decides {
		return a
	}
	return b
}

// comparison is one of integers, in which division rounds down as in subscripts, where
// both sides are; numbers alone are compared as real ones.
func (q *equation) comparison(x *syntax.Binary) truth {
	if within, ok := x.X.(*syntax.Binary); ok && comparisons[within.Op] {
		q.helpf(x.OpPos, fmt.Sprintf("write %s && %s", syntax.PrintExpr(within), syntax.PrintExpr(&syntax.Binary{Op: x.Op, X: within.Y, Y: x.Y})),
			"a range takes two comparisons")
		return knownTruth(true)
	}
	if q.isInteger(x.X) && q.isInteger(x.Y) && !(q.isConstant(x.X) && q.isConstant(x.Y)) {
		q.wholeQuotients(x)
		a, b := q.integer(x.X), q.integer(x.Y)
		c := &layer.CmpInt{Op: x.Op, X: a, Y: b}
		box := q.c.full()
		_, lit := a.(layer.Lit)
		_, lit2 := b.(layer.Lit)
		if lit && lit2 || !box.of(a).within(anything) || !box.of(b).within(anything) {
			// Both constant, or one beyond an int32 and hence beyond the other.
			if t := box.compares(c); t != maybe {
				return knownTruth(t == always)
			}
		}
		return truth{cond: c}
	}
	a, b := q.real(x.X), q.real(x.Y)
	ca, ok := a.(layer.Const)
	cb, ok2 := b.(layer.Const)
	if ok && ok2 {
		return knownTruth(compare(x.Op, ca.V, cb.V))
	}
	switch {
	case ok2 && q.isInteger(x.X) && math.Abs(cb.V) < math.MaxInt32:
		return q.whole(x.Op, x.X, cb.V)
	case ok && q.isInteger(x.Y) && math.Abs(ca.V) < math.MaxInt32:
		return q.whole(layer.Mirrored[x.Op], x.Y, ca.V)
	}
	return truth{cond: &layer.CmpReal{Op: x.Op, X: a, Y: b}}
}

// whole compares an integer with a real number, such as floor(R/2), as with an integer:
// the next one where it is none, so that ranges are seen.
func (q *equation) whole(op string, x syntax.Expr, v float64) truth {
	bound := math.Floor(v)
	switch {
	case bound == v:
	case op == "==" || op == "!=":
		return knownTruth(op == "!=")
	case op == "<" || op == ">=":
		bound++
	}
	return truth{cond: &layer.CmpInt{Op: op, X: q.integer(x), Y: layer.Lit{V: int(bound)}}}
}

// wholeQuotients refuses constants that are divided and leave a remainder: whether t < T/2
// means half of a step, too, is for the spec to say.
func (q *equation) wholeQuotients(x syntax.Expr) {
	quotients(x, func(d *syntax.Binary) {
		if !q.isConstant(d) {
			return
		}
		a, ok := q.integer(d.X).(layer.Lit)
		b, ok2 := q.integer(d.Y).(layer.Lit)
		if ok && ok2 && b.V > 0 && a.V%b.V != 0 {
			text := syntax.PrintExpr(d)
			q.helpf(d.OpPos, fmt.Sprintf("say floor(%s) for the whole number, or multiply, as in 2*t < T for t < T/2", text), "%s is not whole here: %d/%d", text, a.V, b.V)
		}
	})
}

// quotients calls visit for the divisions of an integer, but for those in subscripts.
func quotients(x syntax.Expr, visit func(*syntax.Binary)) {
	switch x := x.(type) {
	case *syntax.Unary:
		quotients(x.X, visit)
	case *syntax.Binary:
		quotients(x.X, visit)
		quotients(x.Y, visit)
		if x.Op == "/" {
			visit(x)
		}
	}
}

func compare(op string, a, b float64) bool {
	switch op {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	}
	panic("check: unknown comparison " + op)
}
