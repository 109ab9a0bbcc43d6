package vecmath

import "github.com/dlgen/dlgen/gen/ir"

// tanh is an odd rational function, limited to [-1, 1]. Where x^2 stops at
// tanhSquare, the quotient grows in proportion to x, so that every larger x
// gives exactly 1.
func tanh(e *emitter, x *ir.Reg) *ir.Reg {
	t := e.do(ir.MinOp, e.real(tanhSquare), e.do(ir.Mul, x, x))
	p := e.do(ir.Mul, e.poly(t, tanhNum[:]...), x)
	return e.clamp(e.do(ir.Div, p, e.poly(t, tanhDen[:]...)), -1, 1)
}

// erf is made like tanh. Even and odd powers apart make half as many roundings
// in a row, which saves one ulp near the ends.
func erf(e *emitter, x *ir.Reg) *ir.Reg {
	t := e.do(ir.MinOp, e.real(erfSquare), e.do(ir.Mul, x, x))
	t2 := e.do(ir.Mul, t, t)
	p := e.do(ir.Mul, e.evenOdd(t, t2, erfNum[:]), x)
	return e.clamp(e.do(ir.Div, p, e.evenOdd(t, t2, erfDen[:])), -1, 1)
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
