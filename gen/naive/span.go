package naive

import "github.com/dlgen/dlgen/gen/ir"

// Span is the values from lo up to but not including hi of a reduction axis.
type Span struct{ Lo, Hi int }

// Counting gives the values of axis a for which a range holds, where its other
// terms have the value rest. A range that is not about a holds for all or none.
func Counting(w ir.Range, a ir.Axis, rest int) Span {
	switch c := w.Sub.Coef(a.Var); {
	case c != 0:
		s := Solving(w, a.Var, rest)
		return Span{max(0, s.Lo), min(a.Size, s.Hi)}
	case rest >= 0 && rest < w.Size:
		return Span{0, a.Size}
	}
	return Span{}
}

// Solving gives the values of a variable in a range for which the range holds, as Counting
// does, but whatever the values are that an axis has.
func Solving(w ir.Range, v *ir.Var, rest int) Span {
	c, lo, hi := w.Sub.Coef(v), -rest, w.Size-1-rest // lo <= c*value <= hi
	if c < 0 {
		c, lo, hi = -c, -hi, -lo
	}
	return Span{CeilDiv(lo, c), CeilDiv(hi+1, c)}
}
