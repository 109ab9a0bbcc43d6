package grad

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/dlgen/dlgen/spec/layer"
)

const (
	// trials is how many sets of small dims a gradient is compared on.
	trials = 3
	// attempts is how many sets are tried to find them.
	attempts = 40
	// smallCost is what evaluating a set of small dims may cost, in nodes.
	smallCost = 50_000
)

// search looks for small layers.
type search struct {
	l      *layer.Layer
	rebind func(map[string]string) (*layer.Layer, error)
	rng    *rand.Rand
	seen   map[string]bool
	found  []*layer.Layer
	// settable are the dims and attributes that may be given.
	settable []*layer.Number
}

// smallLayers binds the layer to small dims: its own, if they are, and random
// ones. Where none can be found by chance, its own dims are made smaller one by
// one.
func smallLayers(l *layer.Layer, rebind func(map[string]string) (*layer.Layer, error)) []*layer.Layer {
	s := &search{l: l, rebind: rebind, rng: rand.New(rand.NewPCG(3, 4)), seen: map[string]bool{}}
	s.try(s.asGiven())
	s.findSettable()
	for k := 0; k < attempts && len(s.found) < trials; k++ {
		s.try(s.random(k))
	}
	if len(s.found) == 0 {
		return []*layer.Layer{s.shrunk()}
	}
	return s.found
}

// try keeps the layer with the numbers given, if there is one and it is small.
func (s *search) try(given map[string]string) {
	key := ""
	for _, n := range s.l.Numbers {
		key += given[n.Name] + " "
	}
	if s.seen[key] {
		return
	}
	s.seen[key] = true
	small, err := s.rebind(given)
	if err == nil && cost(small.Forward) <= smallCost && len(small.Gradients) == len(s.l.Gradients) {
		s.found = append(s.found, small)
	}
}

// asGiven repeats what was given for the layer.
func (s *search) asGiven() map[string]string {
	given := map[string]string{}
	for _, n := range s.l.Numbers {
		if n.Given {
			given[n.Name] = numberText(n.Value)
		}
	}
	return given
}

func numberText(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// findSettable tries for each number whether it can be given; those with a
// fixed value cannot.
func (s *search) findSettable() {
	for _, n := range s.l.Numbers {
		if !n.Given {
			given := s.asGiven()
			given[n.Name] = numberText(n.Value)
			if _, err := s.rebind(given); err != nil {
				continue
			}
		}
		s.settable = append(s.settable, n)
	}
}

// random draws numbers. The first sets have all given dims from 2 on, so that
// every sum has several terms. Every other set keeps dims that are small
// already, such as a stride; the rest vary what has a default, too.
func (s *search) random(k int) map[string]string {
	given := s.asGiven()
	for _, n := range s.settable {
		v := n.Value
		switch {
		case n.Given && n.IsDim && (k%2 == 0 || v > 4):
			v = float64(1 + s.rng.IntN(5+k/8))
			if k < 8 {
				v = float64(2 + s.rng.IntN(3))
			}
		case k%2 == 1 || s.rng.IntN(2) == 0:
			continue
		case n.IsDim:
			v = float64(s.rng.IntN(4))
		case v == math.Trunc(v):
			v++
		default:
			v, _ = strconv.ParseFloat(strconv.FormatFloat(0.7*v, 'g', 2, 64), 64)
		}
		given[n.Name] = numberText(v)
	}
	return given
}

// shrunk gives the layer with each dim in turn as small as the spec allows.
func (s *search) shrunk() *layer.Layer {
	given, best := s.asGiven(), s.l
	for _, n := range s.l.Numbers {
		if !n.Given || !n.IsDim {
			continue
		}
		old := given[n.Name]
		for v := 2; v < min(int(n.Value), 40); v++ {
			given[n.Name] = strconv.Itoa(v)
			if small, err := s.rebind(given); err == nil {
				best, old = small, given[n.Name]
				break
			}
		}
		given[n.Name] = old
	}
	return best
}
