// Package naive answers questions about naive loops, and rewrites their variables.
//
// What comes in: nests of package ir, their axes and accesses. What goes out: what follows
// from their subscripts and sizes alone, or copies with other variables. What is promised:
// nothing that is given changes, and nothing depends on a machine.
package naive

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// Restricts reports whether one of the ranges is about v.
func Restricts(ranges []ir.Range, v *ir.Var) bool {
	for _, r := range ranges {
		if r.Sub.Coef(v) != 0 {
			return true
		}
	}
	return false
}

// SameRanges reports whether two reductions are restricted alike.
func SameRanges(a, b []ir.Range) bool {
	return slices.EqualFunc(a, b, func(x, y ir.Range) bool { return x.Size == y.Size && x.Sub.Equal(y.Sub) })
}

// GCD is the greatest common divisor, 0 for zeros.
func GCD(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// CeilDiv is a/b rounded up, for b > 0.
func CeilDiv(a, b int) int {
	if a >= 0 {
		return (a + b - 1) / b
	}
	return -(-a / b)
}

// Extent is the range of a form over all values of its axes.
func Extent(f ir.Sub, lists ...[]ir.Axis) (lo, hi int) {
	lo, hi = f.Const, f.Const
	for _, axes := range lists {
		for _, a := range axes {
			c := f.Coef(a.Var)
			lo, hi = lo+min(0, c*(a.Size-1)), hi+max(0, c*(a.Size-1))
		}
	}
	return lo, hi
}

// Spans reports whether s depends on all the axes.
func Spans(s ir.Sub, axes []ir.Axis) bool {
	for _, a := range axes {
		if s.Coef(a.Var) == 0 {
			return false
		}
	}
	return true
}

// TouchesAny reports whether s depends on one of the axes.
func TouchesAny(s ir.Sub, axes []ir.Axis) bool {
	for _, a := range axes {
		if s.Coef(a.Var) != 0 {
			return true
		}
	}
	return false
}

// Has reports whether v is one of the axes.
func Has(axes []ir.Axis, v *ir.Var) bool {
	for _, a := range axes {
		if a.Var == v {
			return true
		}
	}
	return false
}

// SizeOf is the size of the axis v, 0 where it is none of them.
func SizeOf(axes []ir.Axis, v *ir.Var) int {
	for _, a := range axes {
		if a.Var == v {
			return a.Size
		}
	}
	return 0
}

// Join puts lists of axes one behind the other.
func Join(lists ...[]ir.Axis) []ir.Axis {
	var out []ir.Axis
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// Volume is the product of the sizes of axes.
func Volume(axes []ir.Axis) float64 {
	v := 1.0
	for _, a := range axes {
		v *= float64(a.Size)
	}
	return v
}

// SameSizes reports whether two lists of axes have the same sizes in the same order.
func SameSizes(a, b []ir.Axis) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Size != b[i].Size {
			return false
		}
	}
	return true
}
