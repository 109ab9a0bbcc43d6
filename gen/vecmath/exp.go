package vecmath

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

const (
	log2e = 1.44269504
	// ln2Hi has so few bits that its product with an exponent is exact.
	ln2Hi = 0.693359375
	ln2Lo = -2.12194440e-4
	// magic is 1.5*2^23: added to a small number, it leaves the number rounded
	// to an integer in the low bits. Its own bits vanish in a shift by 23.
	magic = 12582912
)

// split writes x as n/parts*ln2 + r with |r| <= ln2/2/parts and returns r and a
// register whose low bits are n + bias*parts. parts is a power of two.
func (e *emitter) split(x *ir.Reg, parts, bias float32) (r, t *ir.Reg) {
	t = e.fma(x, e.real(log2e*parts), e.real(magic+bias*parts))
	n := e.do(ir.Sub2, t, e.real(magic+bias*parts))
	r = e.fnma(n, e.real(ln2Hi/parts), x)
	return e.fnma(n, e.real(ln2Lo/parts), r), t
}

// powers has 2^(j/8), as bits, exponents the fractions of them alone; roots has those
// less j in the three highest places, for a sum with a number that has j there.
var powers, exponents, roots = func() (whole, fractions, rest [8]int32) {
	for j := range fractions {
		bits := math.Float32bits(float32(math.Exp2(float64(j) / 8)))
		whole[j] = int32(bits)
		fractions[j] = int32(bits & (1<<23 - 1))
		rest[j] = fractions[j] - int32(j)<<20
	}
	return whole, fractions, rest
}()

// times is f*e^r for |r| <= ln2/16: f and the little that e^r adds to it.
func (e *emitter) times(f, r *ir.Reg) *ir.Reg {
	q := e.fma(e.poly(r, expCoef[:]...), e.do(ir.Mul, r, r), r)
	return e.fma(q, f, f)
}

// smallest is the least argument for which exp is no denormal number. Cores take a hundred
// cycles to make one, and as many for each operation on it.
const smallest = -87.33654

// exp is 0 where the result would be denormal.
func exp(e *emitter, x *ir.Reg) *ir.Reg {
	gone := e.do(ir.LT, x, e.real(smallest))
	y := e.clamp(x, smallest, 89)
	if e.wide {
		y = scaledExp(e, y)
	} else {
		y = factoredExp(e, y)
	}
	return e.do(ir.Select, gone, e.real(0), y)
}

// factoredExp is e^r*2^(j/8)*2^n, the second factor from a table. It multiplies by 2^n
// in two halves, so that the result overflows to infinity. The bias of 254 makes each
// half an exponent field.
func factoredExp(e *emitter, x *ir.Reg) *ir.Reg {
	r, t := e.split(x, 8, 254)
	n := e.bits(t)
	h := e.b.Shift(ir.ISar, n, 4)
	first := e.do(ir.IAdd, e.shl(h, 23), e.b.Pick(n, &exponents))
	rest := e.do(ir.ISub, e.b.Shift(ir.ISar, n, 3), h)
	return e.do(ir.Mul, e.times(e.float(first), r), e.float(e.shl(rest, 23)))
}

// scaledExp is factoredExp with 2^n in one operation: n and j are a number of eighths.
func scaledExp(e *emitter, x *ir.Reg) *ir.Reg {
	t := e.fma(x, e.real(log2e), e.real(magic/8))
	n := e.do(ir.Sub2, t, e.real(magic/8))
	r := e.fnma(n, e.real(ln2Lo), e.fnma(n, e.real(ln2Hi), x))
	return e.do(ir.Scale, e.times(e.float(e.b.Pick(e.bits(t), &powers)), r), n)
}

// expNonpos is exp for x <= 0, as softmax and sigmoid need it. Where the result
// would be denormal, from -87.34 on, it falls to the 0 that it is from -87.96 on:
// the smallest exponent field there is stands for 0, and -88 has no fraction.
func expNonpos(e *emitter, x *ir.Reg) *ir.Reg {
	r, t := e.split(e.do(ir.MaxOp, e.real(-88), x), 8, 127)
	n := e.bits(t)
	return e.times(e.float(e.do(ir.IAdd, e.shl(n, 20), e.b.Pick(n, &roots))), r)
}

// expm1 is 2*((e^r - 1)*s + s - 1/2) with s = 2^(n-1), which no n overflows.
func expm1(e *emitter, x *ir.Reg) *ir.Reg {
	r, t := e.split(e.clamp(x, -18, 89), 1, 126)
	q := e.poly(r, expm1Coef[:]...)
	p := e.fma(q, e.do(ir.Mul, r, r), r)
	s := e.float(e.shl(e.bits(t), 23))
	y := e.fma(p, s, e.do(ir.Sub2, s, e.real(0.5)))
	// Tiny x would lose its last bit or the sign of its zero.
	tiny := e.do(ir.LT, e.do(ir.Abs, x), e.real(1.0/(1<<26)))
	return e.do(ir.Select, tiny, x, e.do(ir.Add, y, y))
}

// sigmoid is e/(1+e) for negative x and 1/(1+e) for others, e = exp(-|x|).
// Where exp_nonpos is 0, so is the result.
func sigmoid(e *emitter, x *ir.Reg) *ir.Reg {
	negative := e.float(e.do(ir.IOr, e.bits(x), e.word(math.MinInt32)))
	p := expNonpos(e, negative)
	num := e.do(ir.Select, e.do(ir.LT, x, e.real(0)), p, e.real(1))
	return e.do(ir.Div, num, e.do(ir.Add, p, e.real(1)))
}

// pow is exp(y*log(x)) for x >= 0 and NaN for negative x. The error grows with
// |y*log(x)|: about that many ulp, 88 at worst.
func pow(e *emitter, x, y *ir.Reg) *ir.Reg {
	p := exp(e, e.do(ir.Mul, y, log(e, x)))
	return e.do(ir.Select, e.do(ir.EQ, y, e.real(0)), e.real(1), p)
}
