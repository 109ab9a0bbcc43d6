package check

import (
	"slices"

	"github.com/dlgen/dlgen/spec/syntax"
)

// mostChoices is how many choices the subscripts of one access may have: each doubles its cases.
const mostChoices = 6

// cases is an access whose subscripts choose between integers, by min, max, abs or where, as a where
// over accesses that do not; some is false where none does.
func (q *equation) cases(x *syntax.Element) (w syntax.Expr, some bool) {
	var first *syntax.Call
	at, found := 0, 0
	for d, s := range x.Subs {
		for _, c := range q.choices(s) {
			if found++; first == nil {
				first, at = c, d
			}
		}
	}
	if first == nil {
		return nil, false
	}
	if found > mostChoices {
		q.errorf(first.Pos, "the subscripts have %d choices between integers; at most %d are possible", found, mostChoices)
		return &syntax.Literal{Text: "0", Pos: x.Pos}, true
	}
	condition, yes, no := chosen(first)
	with := func(by syntax.Expr) syntax.Expr {
		out := *x
		out.Subs = slices.Clone(x.Subs)
		out.Subs[at] = replacedCall(x.Subs[at], first, by)
		return &out
	}
	return &syntax.Call{Fn: "where", Args: []syntax.Expr{condition, with(yes), with(no)}, Pos: x.Pos}, true
}

// choices lists those in an integer, each after those in its arguments.
func (q *equation) choices(x syntax.Expr) []*syntax.Call {
	var out []*syntax.Call
	switch x := x.(type) {
	case *syntax.Element:
		for _, s := range x.Subs {
			out = append(out, q.choices(s)...)
		}
	case *syntax.Unary:
		return q.choices(x.X)
	case *syntax.Binary:
		return append(q.choices(x.X), q.choices(x.Y)...)
	case *syntax.Call:
		takes := map[string]int{"min": 2, "max": 2, "abs": 1, "where": 3}[x.Fn]
		if takes != len(x.Args) || q.isReduction(x) {
			return nil
		}
		for _, a := range x.Args {
			out = append(out, q.choices(a)...)
		}
		out = append(out, x)
	}
	return out
}

// chosen is a choice as a condition with what it chooses.
func chosen(x *syntax.Call) (condition, yes, no syntax.Expr) {
	a := x.Args[0]
	compare := func(op string, b syntax.Expr) syntax.Expr {
		return &syntax.Binary{Op: op, X: a, Y: b, OpPos: x.Pos}
	}
	switch x.Fn {
	case "min":
		return compare("<=", x.Args[1]), a, x.Args[1]
	case "max":
		return compare(">=", x.Args[1]), a, x.Args[1]
	case "abs":
		return compare(">=", &syntax.Literal{Text: "0", Pos: x.Pos}), a, &syntax.Unary{Op: "-", X: a, Pos: x.Pos}
	}
	return a, x.Args[1], x.Args[2]
}

// replacedCall is x with another expression for the call c.
func replacedCall(x syntax.Expr, c *syntax.Call, by syntax.Expr) syntax.Expr {
	all := func(list []syntax.Expr) []syntax.Expr {
		out := make([]syntax.Expr, len(list))
		for i, y := range list {
			out[i] = replacedCall(y, c, by)
		}
		return out
	}
	switch x := x.(type) {
	case *syntax.Element:
		return &syntax.Element{Name: x.Name, Subs: all(x.Subs), Pos: x.Pos}
	case *syntax.Unary:
		return &syntax.Unary{Op: x.Op, X: replacedCall(x.X, c, by), Pos: x.Pos}
	case *syntax.Binary:
		return &syntax.Binary{Op: x.Op, X: replacedCall(x.X, c, by), Y: replacedCall(x.Y, c, by), OpPos: x.OpPos}
	case *syntax.Call:
		if x == c {
			return by
		}
		return &syntax.Call{Fn: x.Fn, Args: all(x.Args), Pos: x.Pos}
	}
	return x
}
