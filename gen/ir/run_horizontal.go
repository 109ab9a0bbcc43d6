package ir

import (
	"math"

	"github.com/dlgen/dlgen/spec/layer"
)

var combine = map[Op]func(x, y float32) float32{
	HSum:  realBinary[Add],
	HMax:  keepNaN(maxOp),
	HMin:  keepNaN(minOp),
	HProd: realBinary[Mul],
	HSums: realBinary[Add],
}

// keepNaN is f, but for NaN where one of the operands is.
func keepNaN(f func(x, y float32) float32) func(x, y float32) float32 {
	return func(x, y float32) float32 {
		if x != x || y != y {
			return float32(math.NaN())
		}
		return f(x, y)
	}
}

// horizontal compiles the operations across lanes. They combine the upper
// half of the lanes with the lower half until one is left, in each quarter first where
// there are several operands; a printer may choose another order.
func (m *machine) horizontal(a *Assign) code {
	dst, f := m.realReg(a.Dst), combine[a.Op]
	args := make([][]float32, len(a.Args))
	for i, r := range a.Args {
		args[i] = m.realReg(r)
	}
	work, results := make([]float32, m.fn.Lanes), make([]float32, m.fn.Lanes)
	return func() {
		for i, x := range args {
			copy(work, x)
			left := work
			if len(args) > 1 && a.Op != HSums {
				left = foldQuarters(work, f)
			}
			results[i] = fold(left, f)
		}
		if a.Op != HSums {
			for i := len(args); i < len(results); i++ {
				results[i] = results[i%len(args)]
			}
		}
		copy(dst, results)
	}
}

// shuffle compiles the choice of lanes.
func (m *machine) shuffle(a *Assign) code {
	dst, x := m.realReg(a.Dst), m.realReg(a.Args[0])
	work := make([]float32, m.fn.Lanes)
	return func() {
		for i, from := range a.Order {
			work[i] = x[from]
		}
		copy(dst, work)
	}
}

// align compiles the lanes of two registers side by side, from the given one on.
func (m *machine) align(a *Assign) code {
	dst, x, y := m.realReg(a.Dst), m.realReg(a.Args[0]), m.realReg(a.Args[1])
	work := make([]float32, m.fn.Lanes)
	return func() {
		n := copy(work, x[a.Word:])
		copy(work[n:], y)
		copy(dst, work)
	}
}

// foldQuarters is the results of each four lanes.
func foldQuarters(x []float32, f func(x, y float32) float32) []float32 {
	for q := range len(x) / 4 {
		x[q] = fold(x[4*q:4*q+4], f)
	}
	return x[:len(x)/4]
}

func fold(x []float32, f func(x, y float32) float32) float32 {
	for n := len(x); n > 1; n = (n + 1) / 2 {
		half := (n + 1) / 2
		for i := half; i < n; i++ {
			x[i-half] = f(x[i-half], x[i])
		}
	}
	return x[0]
}

// FunctionOf is what Apply may name: a function of the language that is not an operation of
// its own, or exp_nonpos, which is exp of numbers up to 0.
func FunctionOf(name string) (layer.Function, bool) {
	if name == "exp_nonpos" {
		name = "exp"
	}
	f, known := layer.Functions[name]
	return f, known
}

// apply compiles a function that is not expanded: float64 rounded to float32.
func (m *machine) apply(a *Assign) code {
	f, _ := FunctionOf(a.Fn)
	dst, x := m.realReg(a.Dst), m.realReg(a.Args[0])
	if f.Two != nil {
		y := m.realReg(a.Args[1])
		return func() {
			for i := range dst {
				dst[i] = float32(f.Two(float64(x[i]), float64(y[i])))
			}
		}
	}
	return func() {
		for i := range dst {
			dst[i] = float32(f.One(float64(x[i])))
		}
	}
}
