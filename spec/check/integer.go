package check

import (
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// subscripts builds the subscripts of one access.
func (q *equation) subscripts(list []syntax.Expr) []layer.Int {
	defer q.asValues(false)()
	var out []layer.Int
	for _, x := range list {
		out = append(out, q.integer(x))
	}
	return out
}

// integerValue builds an integer that is no subscript and no side of a condition: nothing has
// to be proved of it, so that integers may be multiplied.
func (q *equation) integerValue(x syntax.Expr) layer.Expr {
	defer q.asValues(true)()
	return fromInt(q.integer(x))
}

// asValues says whether the integers that follow are values, until what it returns is called.
func (q *equation) asValues(value bool) (restore func()) {
	before := q.value
	q.value = value
	return func() { q.value = before }
}

// integer builds an expression whose value is an integer. Division floors.
func (q *equation) integer(x syntax.Expr) layer.Int {
	switch x := x.(type) {
	case *syntax.Literal:
		return q.literalInt(x, 1)
	case *syntax.Name:
		return q.integerName(x)
	case *syntax.Element:
		t := q.tensor(x.Name)
		if t != nil && t.Type == layer.Int32 {
			return q.element(t, x.Subs, x.Pos)
		}
		if t != nil {
			help := ""
			if t.Role == layer.Input {
				help = "declare it with type: int32"
			}
			q.helpf(x.Pos, help, "expected an integer; %s is float32", x.Name)
		}
		return layer.Lit{}
	case *syntax.Unary:
		if l, ok := x.X.(*syntax.Literal); ok && x.Op == "-" {
			return q.literalInt(l, -1)
		}
		if x.Op == "-" {
			v := q.integer(x.X)
			if l, ok := v.(layer.Lit); ok {
				return layer.Lit{V: -l.V}
			}
			return &layer.IntOp{Op: '-', X: layer.Lit{}, Y: v}
		}
	case *syntax.Binary:
		if strings.Contains("+-*/%", x.Op) {
			return q.integerOp(x)
		}
	case *syntax.Call:
		if x.Fn == "argmax" {
			if f, ok := q.reduction(x).(*layer.FromInt); ok {
				return f.X
			}
			return layer.Lit{}
		}
		if takes := chooses[x.Fn]; takes > 0 && takes != len(x.Args) {
			q.errorf(x.Pos, "%s takes %s, here %s", x.Fn, count(takes, "argument"), are(len(x.Args)))
			return layer.Lit{}
		}
		q.helpf(x.Pos, "integers are made by + - * / % and argmax, and, in int32 equations and the subscripts of what a float32 equation reads, by min, max, abs and where", "expected an integer; %s gives a real number", x.Fn)
		return layer.Lit{}
	}
	q.errorf(x.Position(), "expected an integer, this is a truth value")
	return layer.Lit{}
}

func (q *equation) integerName(x *syntax.Name) layer.Int {
	if n := q.c.numbers[x.Name]; n != nil {
		if !n.value.isInt {
			q.errorf(x.Pos, "expected an integer; %s is %s", x.Name, n.value.text())
		}
		return layer.Lit{V: int(n.value.i)}
	}
	if i := q.index(x.Name); i != nil {
		return &layer.Var{I: i}
	}
	t := q.tensor(x.Name)
	switch {
	case t != nil && (t.Type == layer.Int32 || t.Type == layer.GoInt):
		return q.element(t, nil, x.Pos)
	case t != nil || constants[x.Name] != 0:
		q.errorf(x.Pos, "expected an integer; %s is none", x.Name)
	}
	return layer.Lit{}
}

// literalInt is a literal with a sign as an integer.
func (q *equation) literalInt(x *syntax.Literal, sign int64) layer.Int {
	v := q.c.literal(x)
	n := sign * v.i
	switch {
	case !v.isInt:
		q.errorf(x.Pos, "%s is not a whole number", x.Text)
	case q.value && !(interval{n, n}).within(anything):
		q.errorf(x.Pos, "%s is too large for an int32", x.Text)
	}
	return layer.Lit{V: int(n)}
}

func (q *equation) integerOp(x *syntax.Binary) layer.Int {
	a, b := q.integer(x.X), q.integer(x.Y)
	if q.failed {
		return layer.Lit{}
	}
	la, aConst := a.(layer.Lit)
	lb, bConst := b.(layer.Lit)
	switch {
	case aConst && bConst:
		v, problem := wholeArithmetic(x.Op, int64(la.V), int64(lb.V), false)
		switch {
		case problem != "":
			q.errorf(x.OpPos, "%s", problem)
		case q.value && !(interval{v, v}).within(anything):
			q.errorf(x.OpPos, "the integer gets too large for an int32")
		}
		return layer.Lit{V: int(v)}
	case (x.Op == "/" || x.Op == "%") && !bConst:
		q.errorf(x.OpPos, "an integer can be divided by a constant only")
		return layer.Lit{}
	case (x.Op == "/" || x.Op == "%") && lb.V < 1:
		q.errorf(x.OpPos, "the divisor is %d; it must be at least 1", lb.V)
		return layer.Lit{}
	case x.Op == "*" && !aConst && !bConst && !q.value:
		q.helpf(x.OpPos, "an int32 tensor can be defined as the product, and used with a condition around it", "an integer can be multiplied by a constant only in a subscript or a condition")
		return layer.Lit{}
	}
	op := &layer.IntOp{Op: x.Op[0], X: a, Y: b}
	large := func(l layer.Lit, isConst bool) bool {
		return isConst && !(interval{int64(l.V), int64(l.V)}).within(anything)
	}
	data := len(elements(op)) > 0 // it wraps around, but for what is a number from the outset
	r := q.c.full().of(op)
	if !data && !r.within(anything) || !(data && q.value) && !r.within(interval{-maxInt, maxInt}) || data && (large(la, aConst) || large(lb, bConst)) {
		q.errorf(x.OpPos, "the integer gets too large for an int32")
		return layer.Lit{}
	}
	return q.short(op)
}

// short leaves out what does nothing at these dims: a step of 1, a group of
// one, a remainder of what is smaller than the divisor.
func (q *equation) short(x *layer.IntOp) layer.Int {
	box := q.c.full()
	if v := box.of(x); v.lo == v.hi {
		return layer.Lit{V: int(v.lo)}
	}
	zero, one := layer.Int(layer.Lit{V: 0}), layer.Int(layer.Lit{V: 1})
	switch x.Op {
	case '+':
		if x.X == zero {
			return x.Y
		}
		if x.Y == zero {
			return x.X
		}
	case '-':
		if x.Y == zero {
			return x.X
		}
	case '*':
		if x.X == one {
			return x.Y
		}
		if x.Y == one {
			return x.X
		}
	case '/':
		if x.Y == one {
			return x.X
		}
	case '%':
		if box.of(x.X).within(interval{0, int64(x.Y.(layer.Lit).V) - 1}) {
			return x.X
		}
	}
	return x
}

// elements gives the int32 tensors that x reads.
func elements(x layer.Int) []*layer.Tensor {
	return (&layer.Equation{Subs: []layer.Int{x}, Value: layer.Const{}}).Tensors()
}

// isInteger reports whether an operand of a comparison is an integer that is
// made of indices and constants.
func (q *equation) isInteger(x syntax.Expr) bool {
	switch x := x.(type) {
	case *syntax.Literal:
		_, err := strconv.ParseInt(x.Text, 10, 64)
		return err == nil
	case *syntax.Name:
		if n := q.c.numbers[x.Name]; n != nil {
			return n.value.isInt
		}
		t := q.tensor(x.Name)
		return q.index(x.Name) != nil || t != nil && t.Type == layer.Int32
	case *syntax.Element:
		t := q.tensor(x.Name)
		return t != nil && t.Type == layer.Int32
	case *syntax.Unary:
		return x.Op == "-" && q.isInteger(x.X)
	case *syntax.Binary:
		if !q.isInteger(x.X) || !q.isInteger(x.Y) {
			return false
		}
		return strings.Contains("+-*/%", x.Op)
	case *syntax.Call:
		return x.Fn == "argmax"
	}
	return false
}

// isConstant reports whether x consists of dims, attributes and literals.
func (q *equation) isConstant(x syntax.Expr) bool {
	ok := true
	syntax.Walk(x, func(e syntax.Expr) {
		switch e := e.(type) {
		case *syntax.Name:
			ok = ok && q.c.numbers[e.Name] != nil
		case *syntax.Element, *syntax.Call:
			ok = false
		}
	})
	return ok
}
