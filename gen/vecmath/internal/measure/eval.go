// Package measure finds the errors of package vecmath's expansions.
//
// What comes in: an expansion and a set of floats. What goes out: the largest
// and the mean distance to the true value in units in the last place. The
// evaluator is separate from ir's interpreter: it works on blocks of numbers,
// fast enough for all 2^32 of them.
package measure

import (
	"fmt"
	"math"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/vecmath"
)

// Block is how many numbers are evaluated at a time.
const Block = 1024

type array [Block]uint32

// Evaluator runs an expansion on blocks.
type Evaluator struct {
	params []*array
	result *array
	steps  []func()
}

// NewEvaluator compiles f. With fused set, ir.FMA and its relatives round
// once; otherwise they round the product too.
func NewEvaluator(f *vecmath.Function, fused bool) *Evaluator {
	e := &Evaluator{}
	regs := map[*ir.Reg]*array{}
	at := func(r *ir.Reg) *array {
		if regs[r] == nil {
			regs[r] = new(array)
		}
		return regs[r]
	}
	for _, p := range f.Params {
		e.params = append(e.params, at(p))
	}
	for _, s := range f.Body {
		a := s.(*ir.Assign)
		var args [3]*array
		for i, r := range a.Args {
			args[i] = at(r)
		}
		if step := compile(a, at(a.Dst), args[0], args[1], args[2], fused); step != nil {
			e.steps = append(e.steps, step)
		}
	}
	e.result = at(f.Result)
	return e
}

// Eval fills out with the function's values at x.
func (e *Evaluator) Eval(out *[Block]float32, x ...*[Block]float32) {
	for k, p := range e.params {
		for i, v := range x[k] {
			p[i] = math.Float32bits(v)
		}
	}
	for _, s := range e.steps {
		s()
	}
	for i, v := range e.result {
		out[i] = math.Float32frombits(v)
	}
}

func float(b uint32) float32 { return math.Float32frombits(b) }
func bits(f float32) uint32  { return math.Float32bits(f) }

func truth(c bool) uint32 {
	if c {
		return 1
	}
	return 0
}

// compile returns nil for a constant, which it stores at once.
func compile(a *ir.Assign, d, x, y, z *array, fused bool) func() {
	switch a.Op {
	case ir.Const, ir.ConstWord:
		v := uint32(a.Word)
		if a.Op == ir.Const {
			v = bits(a.Real)
		}
		for i := range d {
			d[i] = v
		}
		return nil
	case ir.FMA, ir.FNMA:
		sign := uint32(0)
		if a.Op == ir.FNMA {
			sign = 1 << 31
		}
		if fused {
			return func() { mulAdd(d, x, y, z, sign) }
		}
		return func() {
			for i := range d {
				d[i] = bits(float32(float(x[i]^sign)*float(y[i])) + float(z[i]))
			}
		}
	case ir.Pick:
		return func() {
			for i := range d {
				d[i] = uint32(a.Table[x[i]&7])
			}
		}
	case ir.Select:
		return func() {
			for i := range d {
				v := z[i]
				if x[i] != 0 {
					v = y[i]
				}
				d[i] = v
			}
		}
	}
	if f := compileReal(a.Op, d, x, y); f != nil {
		return f
	}
	if f := compileWord(a.Op, uint(a.Word), d, x, y); f != nil {
		return f
	}
	panic(fmt.Sprintf("measure: operation %s", a.Op))
}

// mulAdd is ir.MulAdd, whose short way stands here once more for speed.
func mulAdd(d, x, y, z *array, sign uint32) {
	for i := range d {
		a, b, c := float(x[i]^sign), float(y[i]), float(z[i])
		s := float64(a)*float64(b) + float64(c)
		w := math.Float64bits(s)
		if w&0x1fffffff != 0x10000000 && w>>52&0x7ff > 1023-126 {
			d[i] = bits(float32(s))
			continue
		}
		d[i] = bits(ir.MulAdd(a, b, c))
	}
}

func compileReal(op ir.Op, d, x, y *array) func() {
	switch op {
	case ir.Add:
		return func() {
			for i := range d {
				d[i] = bits(float(x[i]) + float(y[i]))
			}
		}
	case ir.Sub2:
		return func() {
			for i := range d {
				d[i] = bits(float(x[i]) - float(y[i]))
			}
		}
	case ir.Mul:
		return func() {
			for i := range d {
				d[i] = bits(float(x[i]) * float(y[i]))
			}
		}
	case ir.Div:
		return func() {
			for i := range d {
				d[i] = bits(float(x[i]) / float(y[i]))
			}
		}
	case ir.MaxOp:
		return func() {
			for i := range d {
				v := y[i]
				if float(x[i]) > float(v) {
					v = x[i]
				}
				d[i] = v
			}
		}
	case ir.MinOp:
		return func() {
			for i := range d {
				v := y[i]
				if float(x[i]) < float(v) {
					v = x[i]
				}
				d[i] = v
			}
		}
	case ir.Abs:
		return func() {
			for i := range d {
				d[i] = x[i] &^ (1 << 31)
			}
		}
	case ir.Sqrt:
		return func() {
			for i := range d {
				d[i] = bits(float32(math.Sqrt(float64(float(x[i])))))
			}
		}
	case ir.InvRoot:
		return func() {
			for i := range d { // no more bits than the machine promises
				d[i] = bits(float32(1/math.Sqrt(float64(float(x[i]))))) &^ (1<<9 - 1)
			}
		}
	case ir.ToReal:
		return func() {
			for i := range d {
				d[i] = bits(float32(int32(x[i])))
			}
		}
	}
	return compileTest(op, d, x, y)
}

func compileTest(op ir.Op, d, x, y *array) func() {
	switch op {
	case ir.LT:
		return func() {
			for i := range d {
				d[i] = truth(float(x[i]) < float(y[i]))
			}
		}
	case ir.LE:
		return func() {
			for i := range d {
				d[i] = truth(float(x[i]) <= float(y[i]))
			}
		}
	case ir.EQ:
		return func() {
			for i := range d {
				d[i] = truth(float(x[i]) == float(y[i]))
			}
		}
	case ir.IEQ:
		return func() {
			for i := range d {
				d[i] = truth(x[i] == y[i])
			}
		}
	}
	return nil
}

func compileWord(op ir.Op, n uint, d, x, y *array) func() {
	switch op {
	case ir.WordBits, ir.RealBits:
		return func() { *d = *x }
	case ir.IAdd:
		return func() {
			for i := range d {
				d[i] = x[i] + y[i]
			}
		}
	case ir.ISub:
		return func() {
			for i := range d {
				d[i] = x[i] - y[i]
			}
		}
	case ir.IAnd:
		return func() {
			for i := range d {
				d[i] = x[i] & y[i]
			}
		}
	case ir.IOr, ir.Or: // a mask is 0 or 1
		return func() {
			for i := range d {
				d[i] = x[i] | y[i]
			}
		}
	case ir.IXor:
		return func() {
			for i := range d {
				d[i] = x[i] ^ y[i]
			}
		}
	case ir.IShl:
		return func() {
			for i := range d {
				d[i] = x[i] << n
			}
		}
	case ir.ISar:
		return func() {
			for i := range d {
				d[i] = uint32(int32(x[i]) >> n)
			}
		}
	}
	return nil
}
