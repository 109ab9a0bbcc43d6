package layer

import "math"

// Function is what is known of a function of real numbers that the language has. How its gradient
// is formed is known in package grad, how vectors compute it in package vecmath.
type Function struct {
	// One computes it in float64 from its only argument, Two from two of them; the other is nil.
	One func(x float64) float64
	Two func(x, y float64) float64
	// Inverse gives an argument for which One has a value, NaN where there is none; it may be nil.
	Inverse func(value float64) float64
	// Rises says that it never falls where its only argument rises, Positive that no value is
	// negative, Finite that it is finite where its arguments are, Exact that it is not rounded,
	// and Tends that it comes close to whole numbers which it does not reach.
	Rises, Positive, Finite, Exact, Tends bool
}

// Functions are those of the language, by name, and neg, which it writes as a sign.
var Functions = map[string]Function{
	"neg":     {One: negated, Inverse: negated, Finite: true, Exact: true},
	"exp":     {One: exp, Inverse: math.Log, Rises: true, Positive: true, Tends: true},
	"expm1":   {One: math.Expm1, Inverse: math.Log1p, Rises: true, Tends: true},
	"log":     {One: math.Log, Inverse: math.Exp, Rises: true},
	"log1p":   {One: math.Log1p, Inverse: math.Expm1, Rises: true},
	"sqrt":    {One: math.Sqrt, Inverse: func(v float64) float64 { return v * v }, Rises: true, Positive: true},
	"rsqrt":   {One: rsqrt, Inverse: func(v float64) float64 { return 1 / (v * v) }, Positive: true},
	"tanh":    {One: math.Tanh, Inverse: math.Atanh, Rises: true, Finite: true, Tends: true},
	"sigmoid": {One: sigmoid, Inverse: func(v float64) float64 { return math.Log(v / (1 - v)) }, Rises: true, Positive: true, Finite: true, Tends: true},
	"erf":     {One: math.Erf, Inverse: math.Erfinv, Rises: true, Finite: true, Tends: true},
	"abs":     {One: math.Abs, Inverse: same, Positive: true, Finite: true, Exact: true},
	"floor":   {One: math.Floor, Inverse: same, Rises: true, Finite: true},
	"sin":     {One: math.Sin, Inverse: math.Asin, Finite: true},
	"cos":     {One: math.Cos, Inverse: math.Acos, Finite: true},
	"pow":     {Two: math.Pow},
	"max":     {Two: func(x, y float64) float64 { return max(x, y) }, Finite: true}, // NaN if either is
	"min":     {Two: func(x, y float64) float64 { return min(x, y) }, Finite: true},
}

func same(x float64) float64 { return x }

func negated(x float64) float64 { return -x }

func rsqrt(x float64) float64 { return 1 / math.Sqrt(x) }

// Args is the number of arguments.
func (f Function) Args() int {
	if f.Two != nil {
		return 2
	}
	return 1
}

// Eval computes it from as many arguments as it has.
func (f Function) Eval(args []float64) float64 {
	if f.Two != nil {
		return f.Two(args[0], args[1])
	}
	return f.One(args[0])
}

// exp is 0 where it has no normal number, as in generated code: what follows from numbers
// of few bits would not tell whether equations are right.
func exp(x float64) float64 {
	const least = 1.0 / (1 << 511) / (1 << 511)
	if v := math.Exp(x); v >= least || v != v {
		return v
	}
	return 0
}

// sigmoid takes the exponential of a negative number only, for accuracy.
func sigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}
