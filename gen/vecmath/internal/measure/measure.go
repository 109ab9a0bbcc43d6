package measure

import (
	"math"
	"sync"

	"github.com/dlgen/dlgen/gen/vecmath"
)

// Reference is a function in float64 and where its expansion is held to it.
type Reference struct {
	Name string
	F    func(x float64) float64
	// Lo and Hi bound the arguments whose error is measured in ulp, both
	// included. Outside, NaN must give NaN, and the result must be within
	// Outside of the true value.
	Lo, Hi  float32
	Outside float64
	// Odd says that the sign of zero must be kept.
	Odd bool
}

var inf = float32(math.Inf(1))

// References has one entry for each function of one argument, and for those from estimates.
var References = []Reference{
	{Name: "exp", F: math.Exp, Lo: -87.33654, Hi: inf, Outside: 0x1p-126},
	{Name: "exp_nonpos", F: math.Exp, Lo: -87.33654, Hi: 0, Outside: 0x1p-126},
	{Name: "expm1", F: math.Expm1, Lo: -inf, Hi: inf, Odd: true},
	{Name: "log", F: math.Log, Lo: -inf, Hi: inf},
	{Name: "log1p", F: math.Log1p, Lo: -inf, Hi: inf, Odd: true},
	{Name: "sigmoid", F: sigmoid, Lo: -87.33654, Hi: inf, Outside: 0x1p-126},
	{Name: "tanh", F: math.Tanh, Lo: -inf, Hi: inf, Odd: true},
	{Name: "erf", F: math.Erf, Lo: -inf, Hi: inf, Odd: true},
	{Name: "rsqrt", F: func(x float64) float64 { return 1 / math.Sqrt(x) }, Lo: -inf, Hi: inf},
	{Name: "rsqrt_estimated", F: func(x float64) float64 { return 1 / math.Sqrt(x) }, Lo: -inf, Hi: inf},
	{Name: "sqrt_estimated", F: math.Sqrt, Lo: -inf, Hi: inf},
	{Name: "sin", F: math.Sin, Lo: -32767.998, Hi: 32767.998, Outside: -1, Odd: true},
	{Name: "cos", F: math.Cos, Lo: -32767.998, Hi: 32767.998, Outside: -1},
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Errors sums up the errors over some arguments.
type Errors struct {
	// Max is the largest error in ulp, at At; Mean is over the arguments whose
	// result is a finite number other than zero.
	Max float64
	At  float32
	// MaxAbs is the largest absolute error, at AbsAt, of results that are at
	// most 1 in magnitude.
	MaxAbs float64
	AbsAt  float32
	sum    float64
	count  int
	// Wrong counts special values that are not what they must be; FirstWrong
	// is one of their arguments.
	Wrong      int
	FirstWrong float32
}

// Mean is the mean error in ulp.
func (e *Errors) Mean() float64 { return e.sum / math.Max(1, float64(e.count)) }

// Add merges other into e.
func (e *Errors) Add(other Errors) {
	if other.Max > e.Max {
		e.Max, e.At = other.Max, other.At
	}
	if other.MaxAbs > e.MaxAbs {
		e.MaxAbs, e.AbsAt = other.MaxAbs, other.AbsAt
	}
	if e.Wrong == 0 {
		e.FirstWrong = other.FirstWrong
	}
	e.Wrong += other.Wrong
	e.sum += other.sum
	e.count += other.count
}

func (e *Errors) wrong(x float32) {
	if e.Wrong == 0 {
		e.FirstWrong = x
	}
	e.Wrong++
}

// compare records got as the value of r at x.
func (e *Errors) compare(r *Reference, x, got float32) {
	want := r.F(float64(x))
	switch {
	case want != want:
		if got == got {
			e.wrong(x)
		}
	case x < r.Lo || x > r.Hi:
		switch {
		case r.Name == "exp_nonpos" && x > 0:
		case r.Outside < 0: // NaN is promised
			if got == got {
				e.wrong(x)
			}
		case !(math.Abs(float64(got)-want) <= r.Outside):
			e.wrong(x)
		}
	case got != got:
		e.wrong(x)
	case want == 0 || math.IsInf(want, 0):
		if float64(got) != want || r.Odd && math.Signbit(want) != math.Signbit(float64(got)) {
			e.wrong(x)
		}
	default:
		e.finite(x, got, want)
	}
}

// finite records the distance between two numbers. Infinity counts as 2^128.
func (e *Errors) finite(x, got float32, want float64) {
	g := float64(got)
	if math.IsInf(g, 0) {
		g = math.Copysign(0x1p128, g)
	}
	if math.Abs(want) > 0x1p128 { // rounds to infinity
		want = math.Copysign(0x1p128, want)
	}
	diff := math.Abs(g - want)
	u := diff / ulp(want)
	if u > e.Max {
		e.Max, e.At = u, x
	}
	if diff > e.MaxAbs && math.Abs(want) <= 1 {
		e.MaxAbs, e.AbsAt = diff, x
	}
	e.sum += u
	e.count++
}

// ulp is the distance between the float32 numbers around want.
func ulp(want float64) float64 {
	exp := int(math.Float64bits(want)>>52&0x7ff) - 1023
	return math.Float64frombits(uint64(max(-126, min(127, exp))-23+1023) << 52)
}

// Numbers measures an expansion at the given arguments.
func Numbers(r *Reference, fused bool, x []float32) Errors {
	var out Errors
	var in, res [Block]float32
	ev := NewEvaluator(vecmath.Lookup(r.Name), fused)
	for len(x) > 0 {
		n := copy(in[:], x)
		ev.Eval(&res, &in)
		for i := range n {
			out.compare(r, in[i], res[i])
		}
		x = x[n:]
	}
	return out
}

// Every measures an expansion at every inner-th of all floats from 2^-30 to
// 2^16, of both signs, and at every outer-th of the others, NaNs included, on
// as many processors as told.
func Every(r *Reference, fused bool, inner, outer uint64, workers int) Errors {
	var out Errors
	var lock sync.Mutex
	var group sync.WaitGroup
	var next uint64
	take := func(part Errors) (from uint64, more bool) {
		lock.Lock()
		defer lock.Unlock()
		out.Add(part)
		from = next
		next += binade
		return from, from < 1<<32
	}
	for range workers {
		group.Add(1)
		go func() {
			defer group.Done()
			ev := NewEvaluator(vecmath.Lookup(r.Name), fused)
			from, more := take(Errors{})
			for more {
				step := outer
				if e := int(from/binade&0xff) - 127; e >= -30 && e < 16 {
					step = inner
				}
				from, more = take(ev.scan(r, from, step))
			}
		}()
	}
	group.Wait()
	return out
}

// binade is the number of floats of one sign and exponent.
const binade = 1 << 23

// scan measures every step-th float of a binade; from are the bits of its first.
func (ev *Evaluator) scan(r *Reference, from, step uint64) Errors {
	var in, res [Block]float32
	var out Errors
	for b := (from + step - 1) / step * step; b < from+binade; b += step * Block {
		for i := range in {
			in[i] = math.Float32frombits(uint32(b + uint64(i)*step))
		}
		ev.Eval(&res, &in)
		for i := range in {
			if b+uint64(i)*step < from+binade {
				out.compare(r, in[i], res[i])
			}
		}
	}
	return out
}
