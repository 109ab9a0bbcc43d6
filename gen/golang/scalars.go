package golang

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// prelude computes the scalars of a pass, in float64, before its first kernel.
func (p *printer) prelude(ps *pass) []jen.Code {
	var out []jen.Code
	type seed struct {
		t    *layer.Tensor
		plus uint64
	}
	seeded := map[seed]bool{}
	for _, s := range ps.scalars {
		if s.Key == 0 {
			if p.parameter(s) == nil {
				x := convert("float32", p.real(s.Value))
				out = append(out, jen.Id(p.scalarName[s.Name]).Op(":=").Add(x.code))
			}
			continue
		}
		if s.Key == ir.WordKey {
			out = append(out, jen.Id(p.scalarName[s.Name]).Op(":=").Id("uint32").Call(jen.Id(p.tensorName[s.Seed.Name])))
			continue
		}
		if seeded[seed{s.Seed, s.Plus}] {
			continue
		}
		seeded[seed{s.Seed, s.Plus}] = true
		keys := []jen.Code{jen.Id("_"), jen.Id("_")}
		for _, t := range ps.scalars {
			if t.Key != 0 && t.Key != ir.WordKey && t.Seed == s.Seed && t.Plus == s.Plus {
				keys[t.Key-1] = jen.Id(p.scalarName[t.Name])
			}
		}
		out = append(out, jen.List(keys...).Op(":=").Id(p.helper("seedKeys", "")).Call(p.seed(s)))
	}
	return out
}

// seed spells the seed of a key.
func (p *printer) seed(s *ir.Scalar) jen.Code {
	plus := jen.Id(fmt.Sprint(s.Plus)) // a constant of no type
	switch {
	case s.Seed == nil:
		return plus
	case s.Plus == 0:
		return jen.Id(p.tensorName[s.Seed.Name])
	}
	return jen.Id(p.tensorName[s.Seed.Name]).Op("+").Add(plus)
}

// parameter is the float32 argument that s is, or nil.
func (p *printer) parameter(s *ir.Scalar) *layer.Tensor {
	if r, ok := s.Value.(*layer.Read); ok && s.Key == 0 && r.T.Type == layer.Float32 && r.T.Name == s.Name {
		return r.T
	}
	return nil
}

// real spells e in float64.
func (p *printer) real(e layer.Expr) expr {
	if v, ok := layer.Constant(e); ok {
		return real64(v)
	}
	switch e := e.(type) {
	case *layer.Read:
		return convert("float64", name(p.tensorName[e.T.Name]))
	case *layer.FromInt:
		return p.integer(e.X)
	case *layer.Binary:
		return binary(string(e.Op), p.real(e.X), p.real(e.Y))
	case *layer.Call:
		return p.function64(e)
	case *layer.Where:
		return call(jen.Id(p.helper("choose64", "")), p.truth(e.Cond), p.real(e.X), p.real(e.Y))
	}
	panic(fmt.Sprintf("golang: %T in a scalar", e))
}

// integer spells an integer expression in float64, which is exact to 2^53. A
// literal has a fraction part, or Go would divide two of them as integers.
func (p *printer) integer(e layer.Int) expr {
	switch e := e.(type) {
	case layer.Lit:
		return verbatim(fmt.Sprintf("%d.0", e.V))
	case *layer.Element:
		return convert("float64", name(p.tensorName[e.T.Name]))
	case *layer.IntOp:
		floor := func() expr { return mathCall("Floor", binary("/", p.integer(e.X), p.integer(e.Y))) }
		switch e.Op {
		case '/':
			return floor()
		case '%':
			return binary("-", p.integer(e.X), binary("*", p.integer(e.Y), floor()))
		}
		return binary(string(e.Op), p.integer(e.X), p.integer(e.Y))
	}
	panic(fmt.Sprintf("golang: %T in a scalar", e))
}

func (p *printer) function64(e *layer.Call) expr {
	args := make([]expr, len(e.Args))
	for i, a := range e.Args {
		args[i] = p.real(a)
	}
	one := verbatim("1")
	switch e.Fn {
	case "pow":
		if n := intScalar(e.Args[1]); n != nil {
			return call(jen.Id(p.helper("powInt", "")), args[0], name(p.tensorName[n.Name]))
		}
	case "neg":
		return unary("-", args[0])
	case "rsqrt":
		return binary("/", one, mathCall("Sqrt", args[0]))
	case "sigmoid":
		return binary("/", one, binary("+", integer(1), mathCall("Exp", unary("-", args[0]))))
	}
	if _, known := layer.Functions[e.Fn]; !known {
		panic("golang: function " + e.Fn + " in a scalar")
	}
	return mathCall(strings.ToUpper(e.Fn[:1])+e.Fn[1:], args...) // the others are called as here
}

// intScalar is the int argument that x is, or nil.
func intScalar(x layer.Expr) *layer.Tensor {
	switch x := x.(type) {
	case *layer.Read:
		if x.T.Role == layer.Scalar && x.T.Type == layer.GoInt {
			return x.T
		}
	case *layer.FromInt:
		if e, ok := x.X.(*layer.Element); ok && e.T.Role == layer.Scalar && e.T.Type == layer.GoInt {
			return e.T
		}
	}
	return nil
}

func (p *printer) truth(c layer.Cond) expr {
	switch c := c.(type) {
	case *layer.CmpInt:
		return binary(c.Op, p.integer(c.X), p.integer(c.Y))
	case *layer.CmpReal:
		return binary(c.Op, p.real(c.X), p.real(c.Y))
	case *layer.Logic:
		return binary(c.Op, p.truth(c.X), p.truth(c.Y))
	case *layer.Not:
		return unary("!", p.truth(c.X))
	}
	panic(fmt.Sprintf("golang: %T in a scalar", c))
}
