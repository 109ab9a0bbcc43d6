package check

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
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

// chooses has the number of arguments of what chooses between integers.
var chooses = map[string]int{"min": 2, "max": 2, "abs": 1, "where": 3}

// integerCases is the value of an int32 equation, a where over integers that do not choose.
func (q *equation) integerCases(x syntax.Expr) layer.Expr {
	list := q.choices(x)
	switch {
	case len(list) == 0:
		return q.integerValue(x)
	case len(list) > mostChoices:
		q.errorf(list[0].Pos, "the equation has %d choices between integers; at most %d are possible", len(list), mostChoices)
		return nothing
	}
	condition, yes, no := chosen(list[0])
	c := q.condition(condition)
	a, b := q.integerCases(replacedCall(x, list[0], yes)), q.integerCases(replacedCall(x, list[0], no))
	return c.choice(a, b)
}

// choices lists those in an integer: a where before those in what it chooses from, which may be
// possible under its condition only; an extreme after those in what it compares.
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
		if chooses[x.Fn] != len(x.Args) || q.isReduction(x) {
			return nil
		}
		if x.Fn == "where" {
			return slices.Concat([]*syntax.Call{x}, q.choices(x.Args[1]), q.choices(x.Args[2]))
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
		subs := all(x.Subs)
		if slices.Equal(subs, x.Subs) {
			return x
		}
		return &syntax.Element{Name: x.Name, Subs: subs, Pos: x.Pos}
	case *syntax.Unary:
		if in := replacedCall(x.X, c, by); in != x.X {
			return &syntax.Unary{Op: x.Op, X: in, Pos: x.Pos}
		}
	case *syntax.Binary:
		a, b := replacedCall(x.X, c, by), replacedCall(x.Y, c, by)
		if a != x.X || b != x.Y {
			return &syntax.Binary{Op: x.Op, X: a, Y: b, OpPos: x.OpPos}
		}
	case *syntax.Call:
		if x == c {
			return by
		}
		args := all(x.Args)
		if slices.Equal(args, x.Args) {
			return x // a reduction is known by its place
		}
		return &syntax.Call{Fn: x.Fn, Args: args, Pos: x.Pos}
	}
	return x
}
