package grad

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

const (
	// mostReached is how many sets of dims are looked for because of what happens at the
	// layer's own dims alone, mostJoint because of two things that happen together.
	mostReached, mostJoint = 8, 4
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
	pairs := s.pairs(dims)
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
// that a read is within a shape or beyond it. It adds no more than most.
func (s *search) reach(happens func(*layer.Equation) []bool, most int) {
	eqs := equations(s.l)
	own, seen := make([][]bool, len(eqs)), make([][]bool, len(eqs))
	for e := range eqs {
		own[e] = happens(eqs[e])
		seen[e] = make([]bool, len(own[e]))
	}
	at := func(l *layer.Layer, e int) []bool { // what happens in its equation e, nil if a condition is decided
		if list := equations(l); e < len(list) {
			if out := happens(list[e]); len(out) == len(own[e]) {
				return out
			}
		}
		return nil
	}
	note := func(l *layer.Layer) {
		for e := range own {
			for k, does := range at(l, e) {
				seen[e][k] = seen[e][k] || does
			}
		}
	}
	for _, l := range s.found {
		note(l)
	}
	for e, reached := 0, 0; e < len(own); e++ {
		for k, does := range own[e] {
			if !does || seen[e][k] {
				continue
			}
			l := s.l
			if reached < most {
				l = s.least(func(l *layer.Layer) bool {
					list := at(l, e)
					return list != nil && list[k]
				})
			}
			switch pos := eqs[e].Pos; {
			case l == nil:
			case reached < most && cost(l.Forward) <= reachCost:
				note(l)
				s.found = append(s.found, l)
				reached++
			case !slices.Contains(s.untested, pos):
				s.untested = append(s.untested, pos)
			}
		}
	}
}

// equations are those of forward and of the declared backward.
func equations(l *layer.Layer) []*layer.Equation {
	return slices.Concat(l.Forward.Equations, l.Declared)
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
