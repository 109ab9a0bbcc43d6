package grad

import (
	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/layer"
)

const (
	// mostReached is how many sets of dims are looked for because of what happens at the
	// layer's own dims alone.
	mostReached = 8
	// reachCost is what evaluating such a set may cost.
	reachCost = 1_000_000
)

// reach adds sets of dims, as small as can be, at which happens what does at the layer's
// own dims and at none of those found: that a condition on indices holds or does not,
// that a read is within a shape or beyond it.
func (s *search) reach() []*layer.Layer {
	own := events(s.l)
	seen := make([][]bool, len(own))
	for e, list := range own {
		seen[e] = make([]bool, len(list))
	}
	note := func(l *layer.Layer) {
		for e, list := range events(l) {
			if e < len(own) && len(list) == len(own[e]) { // else a condition is decided
				for k, happens := range list {
					seen[e][k] = seen[e][k] || happens
				}
			}
		}
	}
	for _, l := range s.found {
		note(l)
	}
	var out []*layer.Layer
	for e := range own {
		for k, happens := range own[e] {
			if !happens || seen[e][k] || len(out) == mostReached {
				continue
			}
			if l := s.least(func(l *layer.Layer) bool {
				at := events(l)
				return e < len(at) && len(at[e]) == len(own[e]) && at[e][k]
			}); l != nil && cost(l.Forward) <= reachCost {
				note(l)
				out = append(out, l)
			}
		}
	}
	return out
}

// least makes each dim in turn as small as it can be if what the layer does is still to
// happen, taking it that it does at all larger ones; nil if not even the layer's own dims
// can be given.
func (s *search) least(happens func(*layer.Layer) bool) *layer.Layer {
	given, best := s.asGiven(), (*layer.Layer)(nil)
	at := func() *layer.Layer {
		l, err := s.rebind(given)
		if err != nil || !happens(l) || len(l.Gradients) != len(s.l.Gradients) {
			return nil
		}
		return l
	}
	if best = at(); best == nil {
		return nil
	}
	for _, n := range s.settable {
		if !n.IsDim || n.Optional {
			continue
		}
		low, high := 1, int(n.Value) // high will do, low is taken not to
		for high-low > 1 {
			mid := low + (high-low)/2
			given[n.Name] = numberText(float64(mid))
			if l := at(); l != nil {
				high, best = mid, l
			} else {
				low = mid
			}
		}
		given[n.Name] = numberText(float64(high))
	}
	return best
}

// events are, for each equation of forward and of the declared backward, what may happen
// in it at the dims of l, in the order of the text.
func events(l *layer.Layer) [][]bool {
	var out [][]bool
	for _, list := range [][]*layer.Equation{l.Forward.Equations, l.Declared} {
		for _, e := range list {
			var here []bool
			e.Walk(func(node any) bool {
				switch x := node.(type) {
				case *layer.CmpInt:
					holds, known := check.Decide(x)
					here = append(here, !known || holds, !known || !holds)
				case *layer.Read:
					for d, s := range x.Subs {
						if a, ok := layer.AffineOf(s); ok && x.T.HasOutside {
							lo, hi := extremes(a)
							size := x.T.Shape[d]
							here = append(here, lo < 0, hi >= size, hi >= 0 && lo < size)
						}
					}
				}
				return true
			})
			out = append(out, here)
		}
	}
	return out
}
