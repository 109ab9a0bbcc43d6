package vecmath

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

const (
	twoThirds    = 0x3f2aaaab // bits of 2/3
	exponentMask = -0x800000  // sign and exponent field
	two23        = 1 << 23
)

var (
	infinity = float32(math.Inf(1))
	nan      = float32(math.NaN())
)

// exponent is n*2^23 for the n that brings u*2^-n into [2/3, 4/3).
func (e *emitter) exponent(u *ir.Reg) *ir.Reg {
	return e.do(ir.IAnd, e.do(ir.ISub, u, e.word(twoThirds)), e.word(exponentMask))
}

// logSum is n*ln2 + log(1+r) where n2 is n*2^23.
func (e *emitter) logSum(n2, r *ir.Reg) *ir.Reg {
	q := e.poly(r, logCoef[:]...)
	s := e.fma(n2, e.real(ln2Lo/two23), r)
	s = e.fma(q, e.do(ir.Mul, r, r), s)
	return e.fma(n2, e.real(ln2Hi/two23), s)
}

// ends replaces y where the argument of the logarithm, x - zero, is zero,
// negative, infinite or NaN.
func (e *emitter) ends(x, y *ir.Reg, zero float32) *ir.Reg {
	y = e.do(ir.Select, e.do(ir.LT, x, e.real(infinity)), y, x)
	end := e.do(ir.Select, e.do(ir.EQ, x, e.real(zero)), e.real(-infinity), e.real(nan))
	return e.do(ir.Select, e.do(ir.LE, x, e.real(zero)), end, y)
}

// log scales denormals by 2^23 first.
func log(e *emitter, x *ir.Reg) *ir.Reg {
	small := e.do(ir.LT, x, e.real(0x1p-126))
	u := e.bits(e.do(ir.Select, small, e.do(ir.Mul, x, e.real(two23)), x))
	k := e.exponent(u)
	r := e.do(ir.Sub2, e.float(e.do(ir.ISub, u, k)), e.real(1))
	n2 := e.do(ir.ToReal, k)
	n2 = e.do(ir.Add, n2, e.do(ir.Select, small, e.real(-23*two23), e.real(0)))
	return e.ends(x, e.logSum(n2, r), 0)
}

// log1p takes the exponent from 1+x, but the fraction from x, so that nothing
// of x is lost: r = x*2^-n + (2^-n - 1).
func log1p(e *emitter, x *ir.Reg) *ir.Reg {
	k := e.exponent(e.bits(e.do(ir.Add, x, e.real(1))))
	// 2^-n may be denormal; 4*2^-n has an exponent field for every n.
	s := e.float(e.do(ir.ISub, e.word(int32(math.Float32bits(4))), k))
	s = e.do(ir.Mul, s, e.real(0.25))
	r := e.fma(x, s, e.do(ir.Sub2, s, e.real(1)))
	y := e.ends(x, e.logSum(e.do(ir.ToReal, k), r), -1)
	return e.do(ir.Select, e.do(ir.EQ, x, e.real(0)), x, y) // -0 stays -0
}
