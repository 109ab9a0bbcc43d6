package grad

import (
	"math"

	"github.com/dlgen/dlgen/spec/layer"
)

// span is the real numbers from lo to hi.
type span struct{ lo, hi float64 }

// region has the ranges of indices; those that are not in it have their full range. Its
// methods bound expressions in it, and are exact where each index has one value. They
// report false for what depends on data.
type region map[*layer.Index]span

func (r region) side(i *layer.Index) span {
	if s, ok := r[i]; ok {
		return s
	}
	return span{0, float64(max(i.Size, 1) - 1)}
}

// integer bounds an integer expression.
func (r region) integer(x layer.Int) (span, bool) {
	if a, ok := layer.AffineOf(x); ok {
		out := span{float64(a.Const), float64(a.Const)}
		for _, t := range a.Terms {
			s := r.side(t.I).times(span{float64(t.Coef), float64(t.Coef)})
			out = span{out.lo + s.lo, out.hi + s.hi}
		}
		return out, true
	}
	op, ok := x.(*layer.IntOp)
	if !ok {
		return span{}, false
	}
	a, ok1 := r.integer(op.X)
	b, ok2 := r.integer(op.Y)
	if !ok1 || !ok2 {
		return span{}, false
	}
	switch op.Op {
	case '/':
		return span{math.Floor(a.lo / b.lo), math.Floor(a.hi / b.lo)}, true
	case '%':
		if q := math.Floor(a.lo / b.lo); q == math.Floor(a.hi/b.lo) {
			return span{a.lo - q*b.lo, a.hi - q*b.lo}, true
		}
		return span{0, b.lo - 1}, true
	}
	return a.combined(op.Op, b)
}

// real bounds a real expression.
func (r region) real(x layer.Expr) (span, bool) {
	switch x := x.(type) {
	case layer.Const:
		return span{x.V, x.V}, true
	case *layer.FromInt:
		return r.integer(x.X)
	case *layer.Binary:
		if a, ok := r.real(x.X); ok {
			if b, ok := r.real(x.Y); ok {
				return a.combined(x.Op, b)
			}
		}
	case *layer.Call:
		a, ok := r.real(x.Args[0])
		if !ok {
			return span{}, false
		}
		if len(x.Args) == 1 {
			return a.called(x.Fn)
		}
		b, ok := r.real(x.Args[1])
		switch {
		case ok && x.Fn == "max":
			return span{math.Max(a.lo, b.lo), math.Max(a.hi, b.hi)}, true
		case ok && x.Fn == "min":
			return span{math.Min(a.lo, b.lo), math.Min(a.hi, b.hi)}, true
		case ok && x.Fn == "pow":
			return a.power(b)
		}
	case *layer.Where:
		a, ok1 := r.real(x.X)
		b, ok2 := r.real(x.Y)
		switch r.holds(x.Cond) {
		case always:
			return a, ok1
		case never:
			return b, ok2
		}
		return span{math.Min(a.lo, b.lo), math.Max(a.hi, b.hi)}, ok1 && ok2
	}
	return span{}, false
}

func (a span) times(b span) span {
	p := [...]float64{a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi}
	out := span{p[0], p[0]}
	for _, v := range p {
		out = span{math.Min(out.lo, v), math.Max(out.hi, v)}
	}
	return out
}

// combined bounds a sum, difference, product or quotient.
func (a span) combined(op byte, b span) (out span, ok bool) {
	switch op {
	case '+':
		out = span{a.lo + b.lo, a.hi + b.hi}
	case '-':
		out = span{a.lo - b.hi, a.hi - b.lo}
	case '*':
		out = a.times(b)
	case '/':
		out = span{math.Inf(-1), math.Inf(1)}
		if b.lo > 0 || b.hi < 0 || a.lo == a.hi && b.lo == b.hi {
			out = a.times(span{1 / b.hi, 1 / b.lo})
			if a.lo == a.hi && b.lo == b.hi {
				out = span{a.lo / b.lo, a.lo / b.lo}
			}
		}
	}
	return out, !math.IsNaN(out.lo) && !math.IsNaN(out.hi)
}

// power bounds a power, closely where the base is a positive number.
func (a span) power(b span) (out span, ok bool) {
	x, y := math.Pow(a.lo, b.lo), math.Pow(a.hi, b.hi)
	if out = (span{math.Min(x, y), math.Max(x, y)}); a.lo != a.hi || a.lo <= 0 && b.lo != b.hi {
		out = span{math.Inf(-1), math.Inf(1)}
	}
	return out, !math.IsNaN(out.lo) && !math.IsNaN(out.hi)
}

// called bounds a function of one argument.
func (a span) called(fn string) (out span, ok bool) {
	f := layer.Functions[fn]
	switch {
	case fn == "neg":
		out = span{-a.hi, -a.lo}
	case fn == "abs" && a.lo <= 0 && a.hi >= 0:
		out = span{0, math.Max(-a.lo, a.hi)}
	case fn == "abs":
		out = span{math.Min(math.Abs(a.lo), math.Abs(a.hi)), math.Max(math.Abs(a.lo), math.Abs(a.hi))}
	case fn == "rsqrt":
		out = span{1 / math.Sqrt(a.hi), 1 / math.Sqrt(a.lo)}
	case fn == "sin" && a.lo == a.hi:
		out = span{math.Sin(a.lo), math.Sin(a.lo)}
	case fn == "cos" && a.lo == a.hi:
		out = span{math.Cos(a.lo), math.Cos(a.lo)}
	case fn == "sin" || fn == "cos":
		out = span{-1, 1}
	case f.Rises:
		out = span{f.One(a.lo), f.One(a.hi)}
	default:
		return a, false
	}
	return out, !math.IsNaN(out.lo) && !math.IsNaN(out.hi)
}
