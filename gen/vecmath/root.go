package vecmath

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

// estimated are the functions that begin with an estimate, which only registers of sixteen
// lanes have an operation for, in less than half the time of the unit that divides.
var estimated = map[string]entry{
	"sqrt_estimated":  unary(estimatedRoot),
	"rsqrt_estimated": unary(estimatedInvRoot),
}

// Root appends the statements of sqrt(x), from an estimate of its inverse.
func Root(b *ir.Builder, x *ir.Reg) *ir.Reg { return estimatedRoot(newEmitter(b, true), x) }

// InvRoot appends the statements of 1/sqrt(x), from an estimate.
func InvRoot(b *ir.Builder, x *ir.Reg) *ir.Reg { return estimatedInvRoot(newEmitter(b, true), x) }

// estimatedRoot is one step of Newton's method from s = x*r, where r is about 1/sqrt(x):
// s + s*(1/2 - s*r/2), in which no part of it underflows.
func estimatedRoot(e *emitter, x *ir.Reg) *ir.Reg {
	r := e.do(ir.InvRoot, x)
	s := e.do(ir.Mul, x, r)
	y := e.fma(s, e.fnma(s, e.do(ir.Mul, r, e.real(0.5)), e.real(0.5)), s)
	return e.do(ir.Select, e.endless(x), x, y)
}

// estimatedInvRoot is one step of Newton's method from r, which is about 1/sqrt(x):
// r + r/2*(1 - x*r*r).
func estimatedInvRoot(e *emitter, x *ir.Reg) *ir.Reg {
	r := e.do(ir.InvRoot, x)
	y := e.fma(e.do(ir.Mul, r, e.real(0.5)), e.fnma(e.do(ir.Mul, x, r), r, e.real(1)), r)
	return e.do(ir.Select, e.endless(x), r, y)
}

// endless is the mask of the arguments from which a step would make NaN: one of x and
// 1/x is infinite, and the estimate is exact.
func (e *emitter) endless(x *ir.Reg) *ir.Reg {
	return e.do(ir.Or, e.do(ir.EQ, x, e.real(0)), e.do(ir.EQ, x, e.real(float32(math.Inf(1)))))
}
