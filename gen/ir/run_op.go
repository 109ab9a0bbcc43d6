package ir

import (
	"fmt"
	"math"
)

// assign compiles an operation. Every operation is done lane by lane in
// order, so that the destination may be among the operands.
func (m *machine) assign(a *Assign) code {
	switch {
	case a.Op == Copy:
		return m.copies(a)
	case a.Op == Select:
		return m.selects(a)
	case a.Op == Shuffle:
		return m.shuffle(a)
	case a.Op == Align:
		return m.align(a)
	case a.Op >= HSum && a.Op <= HSums:
		return m.horizontal(a)
	case a.Op == Apply:
		return m.apply(a)
	}
	switch Infos[a.Op].Dst {
	case Word:
		return m.wordOp(a)
	case Mask:
		return m.maskOp(a)
	}
	return m.realOp(a)
}

func (m *machine) copies(a *Assign) code {
	switch a.Dst.Kind {
	case Word:
		return mover(m.wordReg(a.Dst), m.wordReg(a.Args[0]))
	case Mask:
		return mover(m.maskReg(a.Dst), m.maskReg(a.Args[0]))
	}
	return mover(m.realReg(a.Dst), m.realReg(a.Args[0]))
}

func mover[T any](dst, src []T) code { return func() { copy(dst, src) } }

func (m *machine) selects(a *Assign) code {
	mask := m.maskReg(a.Args[0])
	if a.Dst.Kind == Word {
		return chooser(m.wordReg(a.Dst), mask, m.wordReg(a.Args[1]), m.wordReg(a.Args[2]))
	}
	return chooser(m.realReg(a.Dst), mask, m.realReg(a.Args[1]), m.realReg(a.Args[2]))
}

func chooser[T any](dst []T, mask []bool, x, y []T) code {
	return func() {
		for i := range dst {
			if mask[i] {
				dst[i] = x[i]
			} else {
				dst[i] = y[i]
			}
		}
	}
}

func fill[T any](dst []T, v T) code {
	return func() {
		for i := range dst {
			dst[i] = v
		}
	}
}

func map1[A, D any](dst []D, x []A, f func(A) D) code {
	return func() {
		for i := range dst {
			dst[i] = f(x[i])
		}
	}
}

func map2[A, D any](dst []D, x, y []A, f func(A, A) D) code {
	return func() {
		for i := range dst {
			dst[i] = f(x[i], y[i])
		}
	}
}

var realUnary = map[Op]func(float32) float32{
	Neg:     func(x float32) float32 { return -x },
	Abs:     func(x float32) float32 { return float32(math.Abs(float64(x))) },
	Sqrt:    func(x float32) float32 { return float32(math.Sqrt(float64(x))) },
	Round:   func(x float32) float32 { return float32(math.RoundToEven(float64(x))) },
	Floor:   func(x float32) float32 { return float32(math.Floor(float64(x))) },
	InvRoot: invRoot,
}

var realBinary = map[Op]func(x, y float32) float32{
	Add:   func(x, y float32) float32 { return x + y },
	Sub2:  func(x, y float32) float32 { return x - y },
	Mul:   func(x, y float32) float32 { return x * y },
	Div:   func(x, y float32) float32 { return x / y },
	MaxOp: maxOp,
	MinOp: minOp,
	Scale: scale,
}

// invRoot has the fourteen bits that count, so that the worst error occurs.
func invRoot(x float32) float32 {
	const beyond = 23 - 14
	y := float32(1 / math.Sqrt(float64(x)))
	return math.Float32frombits(math.Float32bits(y) &^ (1<<beyond - 1))
}

// scale is x*2^floor(y). An infinite y leaves 0 or infinity, even of NaN, unless the
// product is 0*inf.
func scale(x, y float32) float32 {
	if math.IsInf(float64(y), 0) {
		if x != x {
			x = 1
		}
		return x * float32(math.Exp2(float64(y)))
	}
	const beyond = 400 // takes the least float32 beyond the largest one, and back
	k := max(-beyond, min(beyond, math.Floor(float64(y))))
	return float32(float64(x) * math.Exp2(k))
}

func maxOp(x, y float32) float32 {
	if x > y {
		return x
	}
	return y
}

func minOp(x, y float32) float32 {
	if x < y {
		return x
	}
	return y
}

func (m *machine) realOp(a *Assign) code {
	dst := m.realReg(a.Dst)
	switch a.Op {
	case Const:
		return fill(dst, a.Real)
	case Param:
		return fill(dst, m.scalar(a.Scalar))
	case ToReal:
		return map1(dst, m.wordReg(a.Args[0]), func(x int32) float32 { return float32(x) })
	case RealBits:
		return map1(dst, m.wordReg(a.Args[0]), func(x int32) float32 { return math.Float32frombits(uint32(x)) })
	}
	x := m.realReg(a.Args[0])
	if f := realUnary[a.Op]; f != nil {
		return map1(dst, x, f)
	}
	y := m.realReg(a.Args[1])
	if f := realBinary[a.Op]; f != nil {
		return map2(dst, x, y, f)
	}
	z := m.realReg(a.Args[2])
	switch a.Op {
	case FMA:
		return func() {
			for i := range dst {
				dst[i] = MulAdd(x[i], y[i], z[i])
			}
		}
	case FNMA:
		return func() {
			for i := range dst {
				dst[i] = MulAdd(-x[i], y[i], z[i])
			}
		}
	case FMS:
		return func() {
			for i := range dst {
				dst[i] = MulAdd(x[i], y[i], -z[i])
			}
		}
	}
	panic(fmt.Sprintf("ir: run of %s", a.Op))
}

// MulAdd is x*y + z rounded once. The product is exact in float64. The sum is
// rounded to float64 and again to float32, which matters only if the first
// rounding ends halfway between two float32 numbers; denormals are rare enough
// to go the long way too.
func MulAdd(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	b := math.Float64bits(s)
	if b&0x1fffffff != 0x10000000 && b>>52&0x7ff > 1023-126 || s == 0 {
		return float32(s)
	}
	return mulAddOdd(x, y, z)
}

// mulAddOdd rounds the sum to odd where it is not exact, after which rounding
// to float32 gives the same as rounding the exact sum.
func mulAddOdd(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return float32(s)
	}
	t := s - p
	rest := (p - (s - t)) + (c - t)
	if rest != 0 && math.Float64bits(s)&1 == 0 {
		if (rest > 0) == (s > 0) {
			s = math.Float64frombits(math.Float64bits(s) + 1)
		} else {
			s = math.Float64frombits(math.Float64bits(s) - 1)
		}
	}
	return float32(s)
}

var wordBinary = map[Op]func(x, y int32) int32{
	IAdd: func(x, y int32) int32 { return x + y },
	ISub: func(x, y int32) int32 { return x - y },
	IMul: func(x, y int32) int32 { return x * y },
	IAnd: func(x, y int32) int32 { return x & y },
	IOr:  func(x, y int32) int32 { return x | y },
	IXor: func(x, y int32) int32 { return x ^ y },
}

var realToWord = map[Op]func(float32) int32{
	ToWord:   func(x float32) int32 { return convert(math.RoundToEven(float64(x))) },
	TruncOp:  func(x float32) int32 { return convert(math.Trunc(float64(x))) },
	WordBits: func(x float32) int32 { return int32(math.Float32bits(x)) },
}

// convert gives what CVTPS2DQ gives: the smallest int32 for what does not fit.
func convert(x float64) int32 {
	if x >= math.MinInt32 && x <= math.MaxInt32 {
		return int32(x)
	}
	return math.MinInt32
}

func (m *machine) wordOp(a *Assign) code {
	dst := m.wordReg(a.Dst)
	switch a.Op {
	case ConstWord:
		return fill(dst, a.Word)
	case KeyParam:
		return fill(dst, m.key(a.Scalar))
	case Iota:
		first, step := m.value(a.Sub), a.Step
		return func() {
			v := first()
			for i := range dst {
				dst[i] = int32(v + step*i)
			}
		}
	}
	if f := realToWord[a.Op]; f != nil {
		return map1(dst, m.realReg(a.Args[0]), f)
	}
	x, n := m.wordReg(a.Args[0]), uint(a.Word)
	switch a.Op {
	case IShl:
		return map1(dst, x, func(x int32) int32 { return x << n })
	case IShr:
		return map1(dst, x, func(x int32) int32 { return int32(uint32(x) >> n) })
	case ISar:
		return map1(dst, x, func(x int32) int32 { return x >> n })
	case Pick:
		return map1(dst, x, func(x int32) int32 { return a.Table[x&7] })
	}
	f := wordBinary[a.Op]
	if f == nil {
		panic(fmt.Sprintf("ir: run of %s", a.Op))
	}
	return map2(dst, x, m.wordReg(a.Args[1]), f)
}

var realTests = map[Op]func(x, y float32) bool{
	LT:        func(x, y float32) bool { return x < y },
	LE:        func(x, y float32) bool { return x <= y },
	EQ:        func(x, y float32) bool { return x == y },
	NE:        func(x, y float32) bool { return x != y },
	Unordered: func(x, y float32) bool { return x != x || y != y },
}

func (m *machine) maskOp(a *Assign) code {
	dst := m.maskReg(a.Dst)
	if a.Op == LaneMask {
		n := int(a.Word)
		return func() {
			for i := range dst {
				dst[i] = i < n
			}
		}
	}
	if f := realTests[a.Op]; f != nil {
		return map2(dst, m.realReg(a.Args[0]), m.realReg(a.Args[1]), f)
	}
	switch a.Op {
	case IEQ:
		return map2(dst, m.wordReg(a.Args[0]), m.wordReg(a.Args[1]), func(x, y int32) bool { return x == y })
	case IGT:
		return map2(dst, m.wordReg(a.Args[0]), m.wordReg(a.Args[1]), func(x, y int32) bool { return x > y })
	case And:
		return map2(dst, m.maskReg(a.Args[0]), m.maskReg(a.Args[1]), func(x, y bool) bool { return x && y })
	case Or:
		return map2(dst, m.maskReg(a.Args[0]), m.maskReg(a.Args[1]), func(x, y bool) bool { return x || y })
	case Not:
		return map1(dst, m.maskReg(a.Args[0]), func(x bool) bool { return !x })
	}
	panic(fmt.Sprintf("ir: run of %s", a.Op))
}
