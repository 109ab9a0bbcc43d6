package naive

import "github.com/dlgen/dlgen/gen/ir"

// Span is the values from lo up to but not including hi of a reduction axis.
type Span struct{ Lo, Hi int }

// Counting gives the values of axis a for which a range holds, where its other
// terms have the value rest. A range that is not about a holds for all or none.
func Counting(w ir.Range, a ir.Axis, rest int) Span {
	c := w.Sub.Coef(a.Var)
	switch {
	case c == 0 && rest >= 0 && rest < w.Size:
		return Span{0, a.Size}
	case c == 0:
		return Span{}
	}
	lo, hi := -rest, w.Size-1-rest // lo <= c*value <= hi
	if c < 0 {
		c, lo, hi = -c, -hi, -lo
	}
	return Span{max(0, CeilDiv(lo, c)), min(a.Size, CeilDiv(hi+1, c))}
}
