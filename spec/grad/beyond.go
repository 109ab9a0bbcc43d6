package grad

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// fewDims is what all dims may be without being told to, and mostConstants how many
// constants above it are looked at.
const fewDims, mostConstants = 4, 6

// passConstants tries sets in which one dim is larger than a constant of the spec, as the
// layer's own is: only there do a shift by it, a window of its width or a condition show.
func (s *search) passConstants() {
	s.larger = s.constants()
	for _, c := range s.larger {
		for _, n := range s.settable {
			if !n.IsDim || n.Optional || int(n.Value) <= c {
				continue
			}
			for v := c + 2; v <= c+5; v++ {
				had := len(s.found)
				s.try(s.withOne(n, v))
				if len(s.found) > had {
					break
				}
			}
		}
	}
}

// withOne gives one dim a value and the others small ones.
func (s *search) withOne(one *layer.Number, v int) map[string]string {
	given := s.asGiven()
	for _, n := range s.settable {
		switch {
		case n == one:
			given[n.Name] = numberText(float64(v))
		case !n.Optional:
			given[n.Name] = numberText(float64(2 + s.rng.IntN(2)))
		}
	}
	return given
}

// constants are the larger integers of the equations that are the same whatever the dims
// are.
func (s *search) constants() []int {
	out := integers(s.l)
	for _, small := range s.found {
		in := integers(small)
		maps.DeleteFunc(out, func(c int, _ bool) bool { return !in[c] })
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
