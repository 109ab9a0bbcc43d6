package grad

import (
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
	smallCost = 200_000
)

// smallLayers binds the layer to small dims: its own, if they are, and random
// ones. Where none can be found by chance, its own dims are made smaller one by
// one.
func smallLayers(l *layer.Layer, rebind func(map[string]string) (*layer.Layer, error)) []*layer.Layer {
	var out []*layer.Layer
	seen := map[string]bool{}
	try := func(given map[string]string) bool {
		key := ""
		for _, n := range l.Numbers {
			key += given[n.Name] + " "
		}
		if seen[key] {
			return false
		}
		seen[key] = true
		small, err := rebind(given)
		if err != nil || cost(small.Forward) > smallCost || len(small.Gradients) != len(l.Gradients) {
			return false
		}
		out = append(out, small)
		return true
	}
	try(asGiven(l))
	rng := rand.New(rand.NewPCG(3, 4))
	for k := 0; k < attempts && len(out) < trials; k++ {
		try(randomDims(l, rng, k))
	}
	if len(out) == 0 {
		out = append(out, shrunk(l, rebind))
	}
	return out
}

// asGiven repeats what was given for l.
func asGiven(l *layer.Layer) map[string]string {
	given := map[string]string{}
	for _, n := range l.Numbers {
		if n.Given {
			given[n.Name] = strconv.FormatFloat(n.Value, 'g', -1, 64)
			if n.IsDim {
				given[n.Name] = strconv.Itoa(int(n.Value))
			}
		}
	}
	return given
}

// randomDims draws the dims that were given. The first sets have all of them
// from 2 on, so that every sum has several terms; every other one keeps dims
// that are small already, such as a stride.
func randomDims(l *layer.Layer, rng *rand.Rand, k int) map[string]string {
	given := asGiven(l)
	for _, n := range l.Numbers {
		if !n.Given || !n.IsDim {
			continue
		}
		keep := k%2 == 1 && n.Value <= 4
		v := 1 + rng.IntN(5+k/8)
		if k < 8 {
			v = 2 + rng.IntN(3)
		}
		if !keep {
			given[n.Name] = strconv.Itoa(v)
		}
	}
	return given
}

// shrunk gives the layer with each dim in turn as small as the spec allows.
func shrunk(l *layer.Layer, rebind func(map[string]string) (*layer.Layer, error)) *layer.Layer {
	given, best := asGiven(l), l
	for _, n := range l.Numbers {
		if !n.Given || !n.IsDim {
			continue
		}
		old := given[n.Name]
		for v := 2; v < min(int(n.Value), 40); v++ {
			given[n.Name] = strconv.Itoa(v)
			if small, err := rebind(given); err == nil {
				best, old = small, given[n.Name]
				break
			}
		}
		given[n.Name] = old
	}
	return best
}
