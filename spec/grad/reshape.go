package grad

import "github.com/dlgen/dlgen/spec/layer"

// reshapedAgain makes backward read the caller's arrays themselves where an
// applied layer gives one of them another shape, as flatten does: there is
// nothing to keep that backward cannot be given.
func reshapedAgain(l *layer.Layer) {
	defined := map[*layer.Tensor]int{}
	for _, e := range l.Forward.Equations {
		defined[e.T]++
	}
	again := map[*layer.Tensor]bool{}
	for _, e := range l.Forward.Equations {
		r, ok := e.Value.(*layer.Read)
		if !ok || !e.T.Implied || e.T.Role != layer.Saved || defined[e.T] != 1 || e.Accumulate || !sameOrder(e, r) {
			continue
		}
		if r.T.Role == layer.Input || r.T.Role == layer.Param || again[r.T] {
			e.T.Role, again[e.T] = layer.Scratch, true
		}
	}
}

// sameOrder reports whether e copies all of r's tensor as it lies in memory.
func sameOrder(e *layer.Equation, r *layer.Read) bool {
	if e.T.Size() != r.T.Size() {
		return false
	}
	offset := map[*layer.Index]int{}
	rest, ok1 := addOffset(offset, e.Subs, e.T.Shape, 1)
	minus, ok2 := addOffset(offset, r.Subs, r.T.Shape, -1)
	for _, c := range offset {
		if c != 0 {
			return false
		}
	}
	return ok1 && ok2 && rest+minus == 0
}

// addOffset adds the coefficients of an element's offset, times a sign, and
// returns its constant; ok is false for one that is not affine.
func addOffset(to map[*layer.Index]int, subs []layer.Int, shape []int, sign int) (constant int, ok bool) {
	stride := sign
	for d := len(subs) - 1; d >= 0; d-- {
		a, ok := layer.AffineOf(subs[d])
		if !ok {
			return 0, false
		}
		for _, t := range a.Terms {
			to[t.I] += stride * t.Coef
		}
		constant += stride * a.Const
		stride *= shape[d]
	}
	return constant, true
}
