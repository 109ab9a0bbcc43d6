package vecmath

import "github.com/dlgen/dlgen/gen/ir"

// odd is x*P(x^2)/Q(x^2), limited to [-1, 1]. Where x^2 stops at square, the
// quotient grows in proportion to x, so that every larger x gives exactly 1.
func (e *emitter) odd(x *ir.Reg, square float32, num, den []float32) *ir.Reg {
	t := e.do(ir.MinOp, e.real(square), e.do(ir.Mul, x, x))
	p := e.do(ir.Mul, e.poly(t, num...), x)
	return e.clamp(e.do(ir.Div, p, e.poly(t, den...)), -1, 1)
}

func tanh(e *emitter, x *ir.Reg) *ir.Reg { return e.odd(x, tanhSquare, tanhNum[:], tanhDen[:]) }

func erf(e *emitter, x *ir.Reg) *ir.Reg { return e.odd(x, erfSquare, erfNum[:], erfDen[:]) }

func rsqrt(e *emitter, x *ir.Reg) *ir.Reg {
	return e.do(ir.Div, e.real(1), e.do(ir.Sqrt, x))
}
