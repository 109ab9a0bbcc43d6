package check

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// interval is the integers from lo to hi.
type interval struct{ lo, hi int64 }

// limit is what interval arithmetic saturates at; all that is legal is far
// below it.
const limit = 1 << 61

func clamp(v int64) int64 { return min(max(v, -limit), limit) }

func (a interval) within(b interval) bool { return a.lo >= b.lo && a.hi <= b.hi }

func (a interval) or(b interval) interval { return interval{min(a.lo, b.lo), max(a.hi, b.hi)} }

func (a interval) plus(b interval) interval {
	return interval{clamp(a.lo + b.lo), clamp(a.hi + b.hi)}
}

func (a interval) minus(b interval) interval {
	return interval{clamp(a.lo - b.hi), clamp(a.hi - b.lo)}
}

func (a interval) times(k int64) interval {
	x, y := saturatedProduct(a.lo, k), saturatedProduct(a.hi, k)
	return interval{min(x, y), max(x, y)}
}

func saturatedProduct(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	if abs(a) > limit/abs(b) {
		if (a < 0) == (b < 0) {
			return limit
		}
		return -limit
	}
	return a * b
}

// product is that of any two numbers in the intervals.
func (p interval) product(q interval) interval {
	ends := []int64{saturatedProduct(p.lo, q.lo), saturatedProduct(p.lo, q.hi), saturatedProduct(p.hi, q.lo), saturatedProduct(p.hi, q.hi)}
	return interval{slices.Min(ends), slices.Max(ends)}
}

// anything is the interval of what is known at run time only.
var anything = interval{-1 << 31, 1<<31 - 1}

// box has the ranges of indices; those that are not in it have their full
// range. values bounds the elements of computed int32 tensors.
type box struct {
	sides  map[*layer.Index]interval
	values map[*layer.Tensor]interval
}

func (c *checker) full() box { return box{values: c.values} }

func (b box) side(i *layer.Index) interval {
	if s, ok := b.sides[i]; ok {
		return s
	}
	return interval{0, int64(max(i.Size, 1)) - 1}
}

// ofAffine bounds an affine form in the box, exactly.
func (b box) ofAffine(a layer.Affine) interval {
	out := interval{int64(a.Const), int64(a.Const)}
	for _, t := range a.Terms {
		out = out.plus(b.side(t.I).times(int64(t.Coef)))
	}
	return out
}

// of bounds x in the box.
func (b box) of(x layer.Int) interval {
	if a, ok := layer.AffineOf(x); ok {
		return b.ofAffine(a)
	}
	return b.ofOther(x)
}

// computed bounds x as int32 arithmetic computes it: what gets too large on the way may be anything.
func (b box) computed(x layer.Int) interval {
	var r interval
	op, isOp := x.(*layer.IntOp)
	if _, affine := layer.AffineOf(x); isOp && !affine {
		r = operate(op, b.computed(op.X), b.computed(op.Y))
	} else {
		r = b.of(x)
	}
	if !r.within(anything) {
		return anything
	}
	return r
}

// narrowed is the part of r in which it compares so with constants.
func (r interval) narrowed(bounds []layer.Bound) interval {
	for _, b := range bounds {
		v := int64(b.V)
		switch b.Op {
		case "==":
			r = interval{max(r.lo, v), min(r.hi, v)}
		case "<":
			r.hi = min(r.hi, v-1)
		case "<=":
			r.hi = min(r.hi, v)
		case ">":
			r.lo = max(r.lo, v+1)
		case ">=":
			r.lo = max(r.lo, v)
		}
	}
	return r
}

// ofOther bounds what is not affine.
func (b box) ofOther(x layer.Int) interval {
	switch x := x.(type) {
	case *layer.Element:
		v, ok := b.values[x.T]
		if !ok {
			return anything
		}
		if x.T.HasOutside {
			v = interval{min(v.lo, int64(x.T.Outside)), max(v.hi, int64(x.T.Outside))}
		}
		return v
	case *layer.ArgMax:
		n := int64(1)
		for _, i := range x.Idx {
			n = saturatedProduct(n, int64(i.Size))
		}
		return interval{0, n - 1}
	case *layer.IntOp:
		return operate(x, b.of(x.X), b.of(x.Y))
	}
	panic("check: unknown integer expression")
}

// operate is what an operation makes of any two numbers in the intervals.
func operate(x *layer.IntOp, p, q interval) interval {
	switch x.Op {
	case '+':
		return p.plus(q)
	case '-':
		return p.minus(q)
	case '*':
		return p.product(q)
	case '/':
		return interval{floorDiv(p.lo, q.lo), floorDiv(p.hi, q.lo)}
	case '%':
		if k := floorDiv(p.lo, q.lo) * q.lo; p.hi < k+q.lo {
			return interval{p.lo - k, p.hi - k}
		}
		return interval{0, q.lo - 1}
	}
	panic("check: unknown integer operation " + string(x.Op))
}

// tri is a truth value in a box: never, always, or sometimes (or not known).
type tri uint8

const (
	never tri = iota
	always
	maybe
)

// holds evaluates a condition over all points of the box at once.
func (b box) holds(c layer.Cond) tri {
	switch c := c.(type) {
	case *layer.CmpReal:
		return maybe
	case *layer.CmpInt:
		return b.compares(c)
	case *layer.Not:
		switch b.holds(c.X) {
		case never:
			return always
		case always:
			return never
		}
		return maybe
	case *layer.Logic:
		x, y := b.holds(c.X), b.holds(c.Y)
		stop, pass := never, always
		if c.Op == "||" {
			stop, pass = always, never
		}
		switch {
		case x == stop || y == stop:
			return stop
		case x == pass && y == pass:
			return pass
		}
		return maybe
	}
	panic("check: unknown condition")
}

func (b box) compares(c *layer.CmpInt) tri {
	d := b.computed(c.X).minus(b.computed(c.Y))
	if a, ok := layer.AffineOf(&layer.IntOp{Op: '-', X: c.X, Y: c.Y}); ok {
		d = b.ofAffine(a)
	}
	truth := func(yes, no bool) tri {
		switch {
		case yes:
			return always
		case no:
			return never
		}
		return maybe
	}
	switch c.Op {
	case "<":
		return truth(d.hi < 0, d.lo >= 0)
	case "<=":
		return truth(d.hi <= 0, d.lo > 0)
	case ">":
		return truth(d.lo > 0, d.hi <= 0)
	case ">=":
		return truth(d.lo >= 0, d.hi < 0)
	case "==":
		return truth(d.lo == 0 && d.hi == 0, d.lo > 0 || d.hi < 0)
	case "!=":
		return truth(d.lo > 0 || d.hi < 0, d.lo == 0 && d.hi == 0)
	}
	panic("check: unknown comparison " + c.Op)
}

// indicesOf gives the indices of which x makes use, each once.
func indicesOf(node any) []*layer.Index {
	var out []*layer.Index
	layer.Walk(node, func(n any) bool {
		if v, ok := n.(*layer.Var); ok {
			for _, i := range out {
				if i == v.I {
					return true
				}
			}
			out = append(out, v.I)
		}
		return true
	})
	return out
}
