package check

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// intervals bounds the int32 tensors that equations define, together with what is known of them
// from other equations: whatever their order is, and whatever they read of each other.
func (c *checker) intervals(list []*layer.Equation) {
	v := &values{c: c, known: map[*layer.Tensor]interval{}, open: map[*layer.Tensor]bool{}}
	for _, e := range list {
		if e.T.Type != layer.Int32 {
			continue
		}
		v.list = append(v.list, e)
		if old, ok := c.values[e.T]; ok {
			v.known[e.T] = old
		} else {
			v.open[e.T] = !e.T.HasOutside
			if e.T.HasOutside {
				c.values[e.T] = exactly(e.T.Outside)
			}
		}
	}
	v.grow()
	for range len(v.list) + 1 {
		if !v.shrink() {
			return
		}
	}
}

// values finds the bounds of what equations define.
type values struct {
	c    *checker
	list []*layer.Equation
	// known bounds what was defined before; open are the tensors of which nothing is bounded yet.
	known map[*layer.Tensor]interval
	open  map[*layer.Tensor]bool
}

// grow makes the bounds wider until each equation gives what is within them: what grows for more
// rounds than there are equations is a sum over steps, and may be anything.
func (v *values) grow() {
	for round := 0; ; round++ {
		changed := false
		for _, e := range v.list {
			r, ok := v.of(e)
			if !ok {
				continue
			}
			old, bounded := v.c.values[e.T]
			if bounded && !v.open[e.T] {
				r = r.or(old)
			}
			if v.open[e.T] || r != old {
				if changed = true; round > len(v.list) {
					r = anything
				}
				v.c.values[e.T], v.open[e.T] = r, false
			}
		}
		if !changed {
			break
		}
	}
	for t, open := range v.open {
		if open { // it is defined by itself alone
			v.c.values[t] = anything
		}
	}
}

// shrink takes the bounds that follow from those there are, and reports whether any is closer.
func (v *values) shrink() bool {
	next := maps.Clone(v.known)
	for _, e := range v.list {
		r, _ := v.of(e)
		if old, ok := next[e.T]; ok {
			r = r.or(old)
		}
		next[e.T] = r
	}
	changed := false
	for t, r := range next {
		changed = changed || v.c.values[t] != r
		v.c.values[t] = r
	}
	return changed
}

// of bounds what an equation gives; ok is false where it reads what is not bounded yet.
func (v *values) of(e *layer.Equation) (r interval, ok bool) {
	if k, isConst := layer.Constant(e.Value); isConst {
		return exactly(k), true
	}
	ok = true
	layer.Walk(e.Value, func(x any) bool {
		el, isElement := x.(*layer.Element)
		ok = ok && !(isElement && v.open[el.T])
		return ok
	})
	if r, some := v.c.full().value(e.Value, nil); some {
		return r, ok
	}
	return anything, ok
}

// value bounds what an int32 equation gives under conditions; some is false where these contradict
// each other, so that it gives nothing.
func (b box) value(x layer.Expr, on []layer.Cond) (r interval, some bool) {
	if k, isConst := layer.Constant(x); isConst {
		return exactly(k), true
	}
	switch x := x.(type) {
	case *layer.FromInt:
		r = b.computed(x.X).narrowed(under(x.X, on))
		return r, r.lo <= r.hi
	case *layer.Where:
		first, holds := b.value(x.X, append(slices.Clone(on), x.Cond))
		second, otherwise := b.value(x.Y, append(slices.Clone(on), &layer.Not{X: x.Cond}))
		switch {
		case holds && otherwise:
			return first.or(second), true
		case holds:
			return first, true
		}
		return second, otherwise
	}
	return anything, true
}

func exactly(v float64) interval { return interval{int64(v), int64(v)} }
