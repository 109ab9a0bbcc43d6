package grad

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/layer"
)

const (
	// mostReached is how many sets of dims are looked for because of what happens at the
	// layer's own dims alone.
	mostReached = 8
	// reachCost is what evaluating such a set may cost.
	reachCost = 20_000_000
	// grownCost is what evaluating a set with one large dim may cost, middleSets how many
	// there are with two dims of middle size.
	grownCost  = 50_000
	middleSets = 10
)

// grow adds sets in which one dim is as large as the layer's own, or as it can be, and the
// others are small: there it is larger than what is taken for it by mistake, and windows
// and steps have room. In some more sets two dims are of middle size.
func (s *search) grow() {
	mostCost := s.mostCost
	s.mostCost = max(grownCost, mostCost)
	var dims []*layer.Number
	for _, n := range s.settable {
		if n.IsDim && !n.Optional {
			dims = append(dims, n)
		}
	}
	small := func(choices int) map[string]string {
		given := s.asGiven()
		for _, n := range dims {
			given[n.Name] = numberText(math.Min(n.Value, float64(2+s.rng.IntN(choices))))
		}
		return given
	}
	for _, n := range dims {
		given := small(3)
		for v := n.Value; v > fewDims; v = math.Floor(v / 2) {
			had := len(s.found)
			given[n.Name] = numberText(v)
			if s.try(given); len(s.found) > had {
				break
			}
		}
	}
	var pairs [][2]*layer.Number
	for k := range dims {
		for i := range k {
			pairs = append(pairs, [2]*layer.Number{dims[i], dims[k]})
		}
	}
	s.rng.Shuffle(len(pairs), func(i, k int) { pairs[i], pairs[k] = pairs[k], pairs[i] })
	for _, pair := range pairs[:min(len(pairs), middleSets)] {
		given := small(1)
		for _, n := range pair {
			given[n.Name] = numberText(math.Min(n.Value, float64(9+s.rng.IntN(6))))
		}
		s.try(given)
	}
	s.mostCost = mostCost
}

// reach adds sets of dims, as small as can be, at which happens what does at the layer's
// own dims and at none of those found: that a condition on indices holds or does not,
// that a read is within a shape or beyond it.
func (s *search) reach() {
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
	for e, reached := 0, 0; e < len(own); e++ {
		for k, happens := range own[e] {
			if !happens || seen[e][k] {
				continue
			}
			l := s.l
			if reached < mostReached {
				l = s.least(func(l *layer.Layer) bool {
					at := events(l)
					return e < len(at) && len(at[e]) == len(own[e]) && at[e][k]
				})
			}
			at := s.equation(e).Pos
			switch {
			case l == nil:
			case reached < mostReached && cost(l.Forward) <= reachCost:
				note(l)
				s.found = append(s.found, l)
				reached++
			case !slices.Contains(s.untested, at):
				s.untested = append(s.untested, at)
			}
		}
	}
}

// equation is the e-th of events.
func (s *search) equation(e int) *layer.Equation {
	if n := len(s.l.Forward.Equations); e >= n {
		return s.l.Declared[e-n]
	}
	return s.l.Forward.Equations[e]
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
					here = append(here, may(x), may(not(x)))
				case *layer.Logic:
					here = append(here, may(x), may(not(x)))
					here = append(here, alone(x)...)
				case *layer.Read:
					for d, s := range x.Subs {
						if x.T.HasOutside {
							low, high := &layer.CmpInt{Op: "<", X: s, Y: lit(0)}, &layer.CmpInt{Op: ">=", X: s, Y: lit(x.T.Shape[d])}
							here = append(here, may(low), may(high), may(not(low)) && may(not(high)))
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

// alone reports for each of the conditions that x joins whether it may be what decides: the
// others hold and it does not, of alternatives the other way round.
func alone(x *layer.Logic) (out []bool) {
	parts := layer.Joined(x, x.Op)
	for k := range parts {
		var c layer.Cond
		for i, p := range parts {
			if (x.Op == "||") != (i == k) {
				p = not(p)
			}
			if c == nil {
				c = p
			} else {
				c = &layer.Logic{Op: "&&", X: c, Y: p}
			}
		}
		out = append(out, may(c))
	}
	return out
}

// may reports whether c holds for some values of its indices, as far as one can tell.
func may(c layer.Cond) bool {
	holds, known := check.Decide(c)
	return holds || !known
}
