// Package vecmath expands exp, tanh and the like into arithmetic.
//
// What comes in: the name of a function and registers. What goes out:
// statements of package ir that compute it in float32, lane by lane, so that
// portable Go and assembly evaluate the same polynomials. What is promised:
// the errors listed in docs/vecmath.md; NaN gives NaN; infinities, signed
// zeros and denormals give what the mathematics says, unless the function's
// comment says otherwise.
package vecmath

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
)

//go:generate go run ./fit

// Function is the expansion of a function as a unit of its own.
type Function struct {
	Name   string
	Params []*ir.Reg
	Body   []ir.Stmt
	Result *ir.Reg
}

// entry is a function with the number of its arguments.
type entry struct {
	args   int
	expand func(e *emitter, x []*ir.Reg) *ir.Reg
}

func unary(f func(*emitter, *ir.Reg) *ir.Reg) entry {
	return entry{1, func(e *emitter, x []*ir.Reg) *ir.Reg { return f(e, x[0]) }}
}

var functions = map[string]entry{
	"exp":        unary(exp),
	"exp_nonpos": unary(expNonpos),
	"expm1":      unary(expm1),
	"log":        unary(log),
	"log1p":      unary(log1p),
	"sigmoid":    unary(sigmoid),
	"tanh":       unary(tanh),
	"erf":        unary(erf),
	"rsqrt":      unary(rsqrt),
	"sin":        unary(sin),
	"cos":        unary(cos),
	"pow":        {2, func(e *emitter, x []*ir.Reg) *ir.Reg { return pow(e, x[0], x[1]) }},
}

// Names lists the functions in alphabetical order.
var Names = []string{
	"cos", "erf", "exp", "exp_nonpos", "expm1", "log", "log1p", "pow", "rsqrt", "sigmoid", "sin", "tanh",
}

// Known reports whether fn can be expanded.
func Known(fn string) bool { return functions[fn].args > 0 }

// Expand appends the statements of fn(x...) to b and returns the result. It may
// use the operations of sixteen lanes where wide is set; what it computes is the same.
func Expand(fn string, b *ir.Builder, wide bool, x ...*ir.Reg) *ir.Reg {
	f, known := functions[fn]
	if !known || f.args != len(x) {
		panic(fmt.Sprintf("vecmath: no function %s of %d arguments", fn, len(x)))
	}
	return f.expand(newEmitter(b, wide), x)
}

func newEmitter(b *ir.Builder, wide bool) *emitter {
	return &emitter{b: b, wide: wide, reals: map[float32]*ir.Reg{}, words: map[int32]*ir.Reg{}}
}

// Lookup is the function, or the one from an estimate that is called so, on registers of its
// own, or nil.
func Lookup(fn string) *Function {
	g := functions[fn]
	if g.args == 0 {
		g = estimated[fn]
	}
	if g.args == 0 {
		return nil
	}
	var b ir.Builder
	f := &Function{Name: fn}
	for range g.args {
		f.Params = append(f.Params, b.Reg(ir.Real))
	}
	f.Result = g.expand(newEmitter(&b, false), f.Params)
	f.Body = b.Body
	return f
}

// Instructions counts the operations without constants and without changes of
// type that cost nothing.
func (f *Function) Instructions() int {
	n := 0
	for _, s := range f.Body {
		switch s.(*ir.Assign).Op {
		case ir.Const, ir.ConstWord, ir.RealBits, ir.WordBits, ir.Copy:
		default:
			n++
		}
	}
	return n
}

// emitter appends statements; equal constants share a register.
type emitter struct {
	b     *ir.Builder
	wide  bool
	reals map[float32]*ir.Reg
	words map[int32]*ir.Reg
}

func (e *emitter) real(v float32) *ir.Reg {
	if v != v {
		return e.b.Real(v)
	}
	if e.reals[v] == nil {
		e.reals[v] = e.b.Real(v)
	}
	return e.reals[v]
}

func (e *emitter) word(v int32) *ir.Reg {
	if e.words[v] == nil {
		e.words[v] = e.b.Word(v)
	}
	return e.words[v]
}

func (e *emitter) do(op ir.Op, args ...*ir.Reg) *ir.Reg { return e.b.Do(op, args...) }

// fma is x*y + z, fnma z - x*y.
func (e *emitter) fma(x, y, z *ir.Reg) *ir.Reg  { return e.b.Do(ir.FMA, x, y, z) }
func (e *emitter) fnma(x, y, z *ir.Reg) *ir.Reg { return e.b.Do(ir.FNMA, x, y, z) }

func (e *emitter) bits(x *ir.Reg) *ir.Reg         { return e.b.Do(ir.WordBits, x) }
func (e *emitter) float(w *ir.Reg) *ir.Reg        { return e.b.Do(ir.RealBits, w) }
func (e *emitter) shl(w *ir.Reg, n int32) *ir.Reg { return e.b.Shift(ir.IShl, w, n) }

// clamp limits x to [lo, hi] and lets NaN pass.
func (e *emitter) clamp(x *ir.Reg, lo, hi float32) *ir.Reg {
	return e.do(ir.MaxOp, e.real(lo), e.do(ir.MinOp, e.real(hi), x))
}

// poly is c[0] + c[1]*x + c[2]*x^2 + ... by Horner's rule.
func (e *emitter) poly(x *ir.Reg, c ...float32) *ir.Reg {
	p := e.real(c[len(c)-1])
	for k := len(c) - 2; k >= 0; k-- {
		p = e.fma(p, x, e.real(c[k]))
	}
	return p
}

// one puts 1 before the coefficients.
func one(c []float32) []float32 { return append([]float32{1}, c...) }
