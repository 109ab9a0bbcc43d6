package lower

import "github.com/dlgen/dlgen/spec/layer"

// Checked gives the ids of which the generated functions check all elements, and what these
// are below, in both passes.
func Checked(p *layer.Proved) map[*layer.Tensor]int {
	out := map[*layer.Tensor]int{}
	p.CheckedIDs(func(e *layer.Element, below int) {
		if least, seen := out[e.T]; e.T.Role == layer.Input && len(e.Under) == 0 && !fixed(e.Subs) && (!seen || below < least) {
			out[e.T] = below
		}
	})
	return out
}

// fixed reports whether one of the subscripts is a constant: then not all elements are meant.
func fixed(subs []layer.Int) bool {
	for _, x := range subs {
		if a, ok := layer.AffineOf(x); ok && len(a.Terms) == 0 {
			return true
		}
	}
	return false
}

// sure reports whether an id that is a subscript is below an extent, whatever the caller
// passes.
func (l *lowerer) sure(x layer.Int, extent int) bool {
	e, ok := x.(*layer.Element)
	if !ok {
		return false
	}
	below, checked := l.checked[e.T]
	return checked && below <= extent
}
