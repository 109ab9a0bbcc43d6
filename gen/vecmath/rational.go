package vecmath

import "github.com/dlgen/dlgen/gen/ir"

func tanh(e *emitter, x *ir.Reg) *ir.Reg { return e.odd(x, tanhSquare, tanhNum[:], tanhDen[:]) }

func erf(e *emitter, x *ir.Reg) *ir.Reg { return e.odd(x, erfSquare, erfNum[:], erfDen[:]) }

// odd is x*P(x^2)/Q(x^2), limited to [-1, 1]. Where x^2 stops at square, the
// quotient grows in proportion to x, so that every larger x gives exactly 1.
// Even and odd powers apart make half as many roundings in a row, which saves
// one ulp near the ends.
func (e *emitter) odd(x *ir.Reg, square float32, num, den []float32) *ir.Reg {
	t := e.do(ir.MinOp, e.real(square), e.do(ir.Mul, x, x))
	t2 := e.do(ir.Mul, t, t)
	p := e.do(ir.Mul, e.evenOdd(t, t2, num), x)
	return e.clamp(e.do(ir.Div, p, e.evenOdd(t, t2, den)), -1, 1)
}

// evenOdd is the polynomial c(t), with t2 = t^2.
func (e *emitter) evenOdd(t, t2 *ir.Reg, c []float32) *ir.Reg {
	var parts [2][]float32
	for k, v := range c {
		parts[k%2] = append(parts[k%2], v)
	}
	return e.fma(e.poly(t2, parts[1]...), t, e.poly(t2, parts[0]...))
}

func rsqrt(e *emitter, x *ir.Reg) *ir.Reg {
	return e.do(ir.Div, e.real(1), e.do(ir.Sqrt, x))
}
