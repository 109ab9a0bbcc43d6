package eval

import (
	"fmt"
	"math"

	"github.com/dlgen/dlgen/spec/layer"
)

// real compiles a real-valued expression.
func (m *Machine) real(x layer.Expr) real {
	switch x := x.(type) {
	case layer.Const:
		v := x.V
		return func() float64 { return v }
	case *layer.Read:
		return m.read(x.T, x.Subs, x.Pos)
	case *layer.FromInt:
		i := m.integer(x.X)
		return func() float64 { return float64(i()) }
	case *layer.Call:
		return m.call(x)
	case *layer.Binary:
		return m.binary(x)
	case *layer.Where:
		c, a, b := m.truth(x.Cond), m.real(x.X), m.real(x.Y)
		return func() float64 {
			if c() {
				return a()
			}
			return b()
		}
	case *layer.Reduce:
		return m.reduce(x)
	case *layer.Uniform:
		return m.uniform(x)
	}
	panic(fmt.Sprintf("eval: not an expression: %T", x))
}

// uniform takes the keys of the seed anew for each number: it is bound later.
func (m *Machine) uniform(x *layer.Uniform) real {
	k, seed := m.integer(x.K), func() uint64 { return 0 }
	if x.Seed != nil {
		a := m.array(x.Seed)
		seed = func() uint64 { return a.seed }
	}
	return func() float64 {
		a, b := layer.SeedKeys(seed() + x.Plus)
		return float64(layer.UniformAt(a, b, uint32(k())))
	}
}

func (m *Machine) binary(x *layer.Binary) real {
	a, b := m.real(x.X), m.real(x.Y)
	if m.rng != nil {
		return m.roundedBinary(x.Op, a, b)
	}
	switch x.Op {
	case '+':
		return func() float64 { return a() + b() }
	case '-':
		return func() float64 { return a() - b() }
	case '*':
		return func() float64 { return a() * b() }
	case '/':
		return func() float64 { return a() / b() }
	}
	panic(fmt.Sprintf("eval: unknown operator %q", x.Op))
}

func (m *Machine) call(x *layer.Call) real {
	a := m.real(x.Args[0])
	f, known := layer.Functions[x.Fn]
	if !known || f.Args() != len(x.Args) {
		panic(fmt.Sprintf("eval: unknown function %s of %d arguments", x.Fn, len(x.Args)))
	}
	if f.One != nil {
		if m.rng != nil && !f.Exact {
			return m.rounded(f, a)
		}
		return func() float64 { return f.One(a()) }
	}
	b := m.real(x.Args[1])
	if m.rng != nil && x.Fn == "pow" {
		return m.roundedPower(a, b)
	}
	return func() float64 { return f.Two(a(), b()) }
}

func (m *Machine) reduce(x *layer.Reduce) real {
	loops, body, frame := m.loops(x.Idx), m.real(x.Body), m.frame
	if x.Op == layer.Sum && len(loops) == 1 && m.rng == nil {
		l := loops[0]
		return func() float64 {
			s := 0.0
			for i := 0; i < l.size; i++ {
				frame[l.slot] = i
				s += body()
			}
			return s
		}
	}
	start := map[layer.ReduceOp]float64{layer.Prod: 1, layer.Max: math.Inf(-1), layer.Min: math.Inf(1)}[x.Op]
	var step func(acc, v float64) float64
	switch x.Op {
	case layer.Sum:
		step = func(acc, v float64) float64 { return acc + v }
		if m.rng != nil {
			step = m.roundedSum
		}
	case layer.Prod:
		step = func(acc, v float64) float64 { return acc * v }
		if m.rng != nil {
			step = m.roundedProduct
		}
	case layer.Max:
		step = func(a, b float64) float64 { return max(a, b) }
	case layer.Min:
		step = func(a, b float64) float64 { return min(a, b) }
	default:
		panic(fmt.Sprintf("eval: unknown reduction %d", x.Op))
	}
	return func() float64 {
		acc := start
		forEach(frame, loops, func() { acc = step(acc, body()) })
		return acc
	}
}

// integer compiles an integer expression.
func (m *Machine) integer(x layer.Int) integer {
	switch x := x.(type) {
	case layer.Lit:
		v := x.V
		return func() int { return v }
	case *layer.Var:
		frame, slot := m.frame, m.slot(x.I)
		return func() int { return frame[slot] }
	case *layer.Element:
		r := m.read(x.T, x.Subs, x.Pos)
		return func() int { return int(r()) }
	case *layer.IntOp:
		a, b := m.integer(x.X), m.integer(x.Y)
		if ofElements(x) { // what indices alone give fits
			a, b = wrapped(a), wrapped(b)
			return wrapped(operate(x.Op, a, b))
		}
		return operate(x.Op, a, b)
	case *layer.ArgMax:
		return m.argmax(x)
	}
	panic(fmt.Sprintf("eval: not an integer expression: %T", x))
}

// operate compiles an operation on integers.
func operate(op byte, a, b integer) integer {
	switch op {
	case '+':
		return func() int { return a() + b() }
	case '-':
		return func() int { return a() - b() }
	case '*':
		return func() int { return a() * b() }
	case '/':
		return func() int { return floorDiv(a(), b()) }
	case '%':
		return func() int { a, b := a(), b(); return a - b*floorDiv(a, b) }
	}
	panic(fmt.Sprintf("eval: unknown operator %q", op))
}

// wrapped is x as an int32 has it.
func wrapped(x integer) integer { return func() int { return int(int32(x())) } }

// ofElements reports whether an integer is computed from data.
func ofElements(x layer.Int) bool {
	found := false
	layer.Walk(x, func(n any) bool {
		_, is := n.(*layer.Element)
		found = found || is
		return !found
	})
	return found
}

// slot is the place of an index in the frame.
func (m *Machine) slot(i *layer.Index) int {
	s, ok := m.slots[i]
	if !ok {
		panic(fmt.Sprintf("eval: index %s is used outside its scope", i.Name))
	}
	return s
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// argmax gives the first largest; a NaN is passed over.
func (m *Machine) argmax(x *layer.ArgMax) integer {
	loops, body, frame := m.loops(x.Idx), m.real(x.Body), m.frame
	return func() int {
		best, at, k := math.Inf(-1), 0, 0
		forEach(frame, loops, func() {
			if v := body(); v > best {
				best, at = v, k
			}
			k++
		})
		return at
	}
}

// truth compiles a condition.
func (m *Machine) truth(x layer.Cond) truth {
	switch x := x.(type) {
	case *layer.CmpInt:
		return compare(x.Op, m.integer(x.X), m.integer(x.Y))
	case *layer.CmpReal:
		return compare(x.Op, m.real(x.X), m.real(x.Y))
	case *layer.Logic:
		a, b := m.truth(x.X), m.truth(x.Y)
		if x.Op == "&&" {
			return func() bool { return a() && b() }
		}
		return func() bool { return a() || b() }
	case *layer.Not:
		a := m.truth(x.X)
		return func() bool { return !a() }
	}
	panic(fmt.Sprintf("eval: not a condition: %T", x))
}

func compare[F ~func() T, T int | float64](op string, a, b F) truth {
	switch op {
	case "<":
		return func() bool { return a() < b() }
	case "<=":
		return func() bool { return a() <= b() }
	case "==":
		return func() bool { return a() == b() }
	case "!=":
		return func() bool { return a() != b() }
	case ">=":
		return func() bool { return a() >= b() }
	case ">":
		return func() bool { return a() > b() }
	}
	panic(fmt.Sprintf("eval: unknown comparison %s", op))
}
