package eval

import (
	"math"
	"math/rand/v2"

	"github.com/dlgen/dlgen/spec/layer"
)

// CompileRounding is Compile for a machine that changes each result which has to be rounded
// by up to two units in the last place, by chance: how the values of several runs differ
// tells what rounding does to them. Results that are exact stay, so that ties do.
func CompileRounding(p *layer.Program, rng *rand.Rand) *Machine { return compile(p, rng) }

// nudged is a rounded result.
func (m *Machine) nudged(v float64) float64 {
	const most = 1.0 / (1 << 51)
	return v * (1 + most*(2*m.rng.Float64()-1))
}

// roundedSum adds; what is lost is known exactly.
func (m *Machine) roundedSum(x, y float64) float64 {
	s := x + y
	t := s - x
	if (x-(s-t))+(y-t) != 0 {
		return m.nudged(s)
	}
	return s
}

// roundedProduct multiplies.
func (m *Machine) roundedProduct(x, y float64) float64 {
	p := x * y
	if math.FMA(x, y, -p) != 0 {
		return m.nudged(p)
	}
	return p
}

// roundedBinary compiles an operation.
func (m *Machine) roundedBinary(op byte, a, b real) real {
	switch op {
	case '+':
		return func() float64 { return m.roundedSum(a(), b()) }
	case '-':
		return func() float64 { return m.roundedSum(a(), -b()) }
	case '*':
		return func() float64 { return m.roundedProduct(a(), b()) }
	}
	return func() float64 {
		x, y := a(), b()
		q := x / y
		if math.FMA(q, y, -x) != 0 {
			return m.nudged(q)
		}
		return q
	}
}

// rounded changes the results of a function of one argument unless they are exact: at 0, or
// whole numbers to which the function does not tend.
func (m *Machine) rounded(f layer.Function, arg real) real {
	return func() float64 {
		x := arg()
		v := f.One(x)
		if x == 0 || !f.Tends && v == math.Trunc(v) {
			return v
		}
		return m.nudged(v)
	}
}

// roundedPower is rounded for pow.
func (m *Machine) roundedPower(a, b real) real {
	return func() float64 {
		v := math.Pow(a(), b())
		if v == math.Trunc(v) {
			return v
		}
		return m.nudged(v)
	}
}
