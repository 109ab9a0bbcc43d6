package golang

import (
	"math"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/gen/ir"
)

// expr is an expression under construction. It is used once: jennifer's
// statements are mutable.
type expr struct {
	code *jen.Statement
	prec int
	// literal is the text of an untyped constant, or empty.
	literal string
}

// Binding powers, as in the Go grammar.
const (
	orPrec = 1 + iota
	andPrec
	comparePrec
	addPrec
	mulPrec
	unaryPrec
	primary
)

var precedence = map[string]int{
	"||": orPrec, "&&": andPrec,
	"<": comparePrec, "<=": comparePrec, "==": comparePrec, "!=": comparePrec, ">": comparePrec, ">=": comparePrec,
	"+": addPrec, "-": addPrec, "|": addPrec, "^": addPrec,
	"*": mulPrec, "/": mulPrec, "&": mulPrec, "<<": mulPrec, ">>": mulPrec,
}

// within parenthesises x unless it binds at least as strongly as prec. This is
// the one place that parenthesises.
func (x expr) within(prec int) *jen.Statement {
	if x.prec < prec {
		return jen.Parens(x.code)
	}
	return x.code
}

// binary is x op y. The right operand of an equal operator stays in
// parentheses: floating-point operators do not associate.
func binary(op string, x, y expr) expr {
	if positive, ok := strings.CutPrefix(y.literal, "-"); ok && op == "+" && y.literal != leastInt {
		return binary("-", x, verbatim(positive))
	}
	p := precedence[op]
	return expr{code: jen.Add(x.within(p)).Op(op).Add(y.within(p + 1)), prec: p}
}

// leastInt has no positive counterpart.
const leastInt = "-0x80000000"

func unary(op string, x expr) expr {
	return expr{code: jen.Op(op).Add(x.within(primary)), prec: unaryPrec}
}

func name(s string) expr { return expr{code: jen.Id(s), prec: primary} }

func call(f *jen.Statement, args ...expr) expr {
	codes := make([]jen.Code, len(args))
	for i, a := range args {
		codes[i] = a.code
	}
	return expr{code: f.Call(codes...), prec: primary}
}

// convert is typ(x).
func convert(typ string, x expr) expr { return call(jen.Id(typ), x) }

func mathCall(f string, args ...expr) expr { return call(jen.Qual("math", f), args...) }

// typed is x with its type where it is an untyped constant.
func typed(x expr, k ir.Kind) expr {
	if x.literal == "" {
		return x
	}
	return convert(goKind(k), x)
}

func goKind(k ir.Kind) string {
	return [...]string{ir.Real: "float32", ir.Word: "int32", ir.Mask: "bool"}[k]
}

func verbatim(s string) expr {
	x := expr{code: jen.Op(s), prec: primary, literal: s}
	if s[0] == '-' {
		x.prec = unaryPrec
	}
	return x
}

func integer(v int) expr { return verbatim(strconv.Itoa(v)) }

// word is an int32 constant, in hexadecimal where it looks like bits.
func word(v int32) expr {
	if v > 0xffff || v < -0xffff {
		if v < 0 {
			return verbatim("-0x" + strconv.FormatInt(-int64(v), 16))
		}
		return verbatim("0x" + strconv.FormatInt(int64(v), 16))
	}
	return integer(int(v))
}

// real32 is a float32 constant: the shortest decimal that gives v again.
func real32(v float32) expr {
	switch {
	case math.IsInf(float64(v), 0):
		return convert("float32", infinity(float64(v)))
	case v != v, v == 0 && math.Signbit(float64(v)):
		bits := verbatim("0x" + strconv.FormatUint(uint64(math.Float32bits(v)), 16))
		return mathCall("Float32frombits", bits)
	}
	return verbatim(strconv.FormatFloat(float64(v), 'g', -1, 32))
}

// real64 is a float64 constant.
func real64(v float64) expr {
	switch {
	case math.IsInf(v, 0):
		return infinity(v)
	case v != v:
		return mathCall("NaN")
	case v == 0 && math.Signbit(v):
		return mathCall("Copysign", integer(0), integer(-1))
	}
	return verbatim(strconv.FormatFloat(v, 'g', -1, 64))
}

func infinity(v float64) expr {
	if v > 0 {
		return mathCall("Inf", integer(1))
	}
	return mathCall("Inf", integer(-1))
}

// subscript spells s with the names of its variables; a form that begins with
// a negative coefficient begins with its constant instead.
func subscript(s ir.Sub, names map[*ir.Var]string) expr {
	if len(s.Terms) == 0 {
		return integer(s.Const)
	}
	var x expr
	started := false
	rest := s.Const
	if s.Terms[0].Coef < 0 {
		x, started, rest = integer(s.Const), true, 0
	}
	for _, t := range s.Terms {
		v, ok := names[t.Var]
		if !ok {
			panic("golang: the subscript variable " + t.Var.Name + " is not in scope")
		}
		y, op := name(v), "+"
		coef := t.Coef
		if coef < 0 {
			coef, op = -coef, "-"
		}
		if coef != 1 {
			y = binary("*", integer(coef), y)
		}
		if !started {
			x, started = y, true
			continue
		}
		x = binary(op, x, y)
	}
	switch {
	case rest > 0:
		x = binary("+", x, integer(rest))
	case rest < 0:
		x = binary("-", x, integer(-rest))
	}
	return x
}

// arrayType is [a][b]elem.
func arrayType(shape []int, elem string) string {
	s := ""
	for _, n := range shape {
		s += "[" + strconv.Itoa(n) + "]"
	}
	return s + elem
}

// param is a parameter of a function; its type is Go's text.
type param struct{ name, typ string }

// signature is a parameter list; neighbours of one type share it.
func signature(params []param) *jen.Statement {
	var out []jen.Code
	for len(params) > 0 {
		n := 1
		for n < len(params) && params[n].typ == params[0].typ {
			n++
		}
		var ids []jen.Code
		for _, p := range params[:n] {
			ids = append(ids, jen.Id(p.name))
		}
		out = append(out, jen.List(ids...).Id(params[0].typ))
		params = params[n:]
	}
	return jen.Params(out...)
}

func goElem(e ir.Elem) string {
	if e == ir.I32 {
		return "int32"
	}
	return "float32"
}
