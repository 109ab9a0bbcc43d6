package vecmath

import "github.com/dlgen/dlgen/gen/ir"

// trigLimit is where the reduction by multiples of pi/2 ends: sin and cos of
// larger numbers are NaN.
const trigLimit = 1 << 15

// The parts of pi/2: products of the first three with an integer below 2^15
// are exact.
const (
	twoOverPi = 0.636619772
	halfPi1   = 0x192p-8                             // 1.5703125
	halfPi2   = 0x1fbp-20                            // 4.8351e-4
	halfPi3   = 0x151p-30                            // 3.14e-7
	halfPi4   = halfPi - halfPi1 - halfPi2 - halfPi3 // rounded to float32 where it is used
	halfPi    = 1.57079632679489661923132169163975144209858469968755
)

func sin(e *emitter, x *ir.Reg) *ir.Reg { return e.wave(x, 0) }
func cos(e *emitter, x *ir.Reg) *ir.Reg { return e.wave(x, 1) }

// wave is sin(x + quarter*pi/2).
func (e *emitter) wave(x *ir.Reg, quarter int32) *ir.Reg {
	t := e.fma(x, e.real(twoOverPi), e.real(magic))
	n := e.do(ir.Sub2, t, e.real(magic))
	r := x
	for _, part := range []float32{halfPi1, halfPi2, halfPi3, halfPi4} {
		r = e.fnma(n, e.real(part), r)
	}
	r2 := e.do(ir.Mul, r, r)
	s := e.do(ir.Mul, r, e.poly(r2, one(sinCoef[:])...)) // a sum would lose the sign of -0
	c := e.poly(r2, append([]float32{1, -0.5}, cosCoef[:]...)...)

	q := e.bits(t)
	if quarter != 0 {
		q = e.do(ir.IAdd, q, e.word(quarter))
	}
	even := e.do(ir.IEQ, e.do(ir.IAnd, q, e.word(1)), e.word(0))
	y := e.bits(e.do(ir.Select, even, s, c))
	sign := e.shl(e.do(ir.IAnd, q, e.word(2)), 30)
	y = e.float(e.do(ir.IXor, y, sign))
	inside := e.do(ir.LT, e.do(ir.Abs, x), e.real(trigLimit))
	return e.do(ir.Select, inside, y, e.real(nan))
}
