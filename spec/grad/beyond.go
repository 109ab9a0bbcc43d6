package grad

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// fewDims is what all dims may be without being told to, and mostConstants how many
// constants above it are looked at.
const fewDims, mostConstants = 4, 6

const (
	// tableCost is what evaluating a set with one dim beyond a constant may cost,
	// togetherCost one with several.
	tableCost, togetherCost = 300_000, 1_000_000
	// mostTogether is how many pairs of dims are beyond constants together.
	mostTogether = 12
)

// passConstants tries sets in which one dim is larger than a constant of the spec, as the
// layer's own is: only there do a shift by it, a window of its width or a condition show,
// or can an id be as large.
func (s *search) passConstants() {
	s.larger = s.constants()
	mostCost := s.mostCost
	s.mostCost = max(tableCost, mostCost)
	for _, c := range s.larger {
		for _, n := range s.settable {
			if !n.IsDim || n.Optional || int(n.Value) <= c {
				continue
			}
			had := len(s.found)
			for v := c + 2; v <= c+5 && len(s.found) == had; v++ {
				s.try(s.with(2+s.rng.IntN(2), map[*layer.Number]int{n: v}))
			}
			for others := 2; others > 0 && len(s.found) == had; others-- {
				s.try(s.with(others, map[*layer.Number]int{n: min(c+2, int(n.Value))}))
			}
		}
	}
	s.mostCost = mostCost
}

// passTogether adds sets in which several dims are larger than a constant at once: what is
// only there two conditions may decide together, in whatever way.
func (s *search) passTogether() {
	mostCost := s.mostCost
	s.mostCost = max(togetherCost, mostCost)
	added := 0
	for k := len(s.larger) - 1; k >= 0; k-- {
		c := s.larger[k]
		var dims []*layer.Number
		all := map[*layer.Number]int{}
		for _, n := range s.settable {
			if n.IsDim && !n.Optional && int(n.Value) > c {
				dims = append(dims, n)
				all[n] = min(c+2, int(n.Value))
			}
		}
		if len(dims) < 2 {
			continue
		}
		had := len(s.found)
		if s.try(s.with(2, all)); len(s.found) > had {
			continue
		}
		for _, pair := range s.pairs(dims) {
			if added < mostTogether {
				had := len(s.found)
				s.try(s.with(2, map[*layer.Number]int{pair[0]: all[pair[0]], pair[1]: all[pair[1]]}))
				added += len(s.found) - had
			}
		}
	}
	s.mostCost = mostCost
}

// pairs are those of dims, in random order.
func (s *search) pairs(dims []*layer.Number) (out [][2]*layer.Number) {
	for k := range dims {
		for i := range k {
			out = append(out, [2]*layer.Number{dims[i], dims[k]})
		}
	}
	s.rng.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out
}

// with gives some dims values and the others small ones.
func (s *search) with(others int, values map[*layer.Number]int) map[string]string {
	given := s.asGiven()
	for _, n := range s.settable {
		v, chosen := values[n]
		switch {
		case chosen:
			given[n.Name] = numberText(float64(v))
		case !n.Optional:
			given[n.Name] = numberText(float64(others))
		}
	}
	return given
}

// constants are the larger integers of the equations that are the same whatever the dims
// are.
func (s *search) constants() []int {
	out := integers(s.l)
	for _, small := range s.found {
		if s.keepsOptions(small) {
			in := integers(small)
			maps.DeleteFunc(out, func(c int, _ bool) bool { return !in[c] })
		}
	}
	list := slices.Sorted(maps.Keys(out))
	return list[:min(len(list), mostConstants)]
}

// integers are those in subscripts, conditions and ranges of l.
func integers(l *layer.Layer) map[int]bool {
	out := map[int]bool{}
	note := func(c int) {
		if c = max(c, -c); c > fewDims {
			out[c] = true
		}
	}
	for _, list := range [][]*layer.Equation{l.Forward.Equations, l.Declared} {
		for _, e := range list {
			e.Walk(func(node any) bool {
				switch x := node.(type) {
				case layer.Lit:
					note(x.V)
				case *layer.Reduce:
					for _, i := range x.Idx {
						note(i.Size)
					}
				case *layer.ArgMax:
					for _, i := range x.Idx {
						note(i.Size)
					}
				}
				return true
			})
		}
	}
	return out
}
