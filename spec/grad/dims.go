package grad

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

const (
	// trials is how many sets of small dims a gradient is compared on, at least,
	// and maxTrials at most; beyond fewTrials only what shows much counts.
	trials, fewTrials, maxTrials = 3, 9, 16
	// attempts is how many sets are tried to find them.
	attempts = 240
	// idle is after how many that tell nothing new the search ends, where there
	// is nothing optional to be tried by turns.
	idle = 20
	// smallCost is what evaluating a set of small dims may cost, in nodes.
	smallCost = 100_000
	// ownCost is what evaluating the layer's own dims may cost.
	ownCost = 400_000
)

// search looks for small layers.
type search struct {
	l      *layer.Layer
	rebind func(map[string]string) (*layer.Layer, error)
	rng    *rand.Rand
	seen   map[string]bool
	found  []*layer.Layer
	// mostCost is what evaluating a set of small dims may cost.
	mostCost float64
	// larger are the constants of the spec that some dims are larger than.
	larger []int
	// settable are the dims and attributes that may be given, follows has those
	// that the others decide.
	settable []*layer.Number
	follows  map[*layer.Number]bool
	// untested are equations of which no set of dims shows all.
	untested []diag.Pos
}

func newSearch(l *layer.Layer, rebind func(map[string]string) (*layer.Layer, error)) *search {
	return &search{l: l, rebind: rebind, rng: rand.New(rand.NewPCG(3, 4)), seen: map[string]bool{}, mostCost: smallCost, follows: map[*layer.Number]bool{}}
}

// own is the layer itself if it is rather small, or nil.
func (s *search) own() *layer.Layer {
	s.mostCost = ownCost
	s.try(s.asGiven())
	s.mostCost = smallCost
	if len(s.found) == 0 {
		return nil
	}
	return s.found[0]
}

// others binds the layer to random small dims and gives the most telling ones.
// Where none can be found by chance, its own dims are made smaller one by one.
func (s *search) others() []*layer.Layer {
	s.findSettable()
	plain := s.plain()
	told := map[fact]bool{}
	for k, last := 0, s.large(); k < attempts && (!plain || k-last <= idle || len(s.found) < trials); k++ {
		n := len(s.found)
		s.try(s.random(k))
		for _, l := range s.found[n:] {
			if plain && s.tells(l, told) {
				last = max(k, last)
			}
		}
	}
	if len(s.found) == 0 { // constants of the spec make even small dims cost much
		small := s.shrunk()
		s.found = []*layer.Layer{small}
		s.mostCost = max(s.mostCost, 2*cost(small.Forward))
	}
	s.passConstants()
	s.found = s.telling()
	s.passTogether()
	s.grow()
	s.reach(events, mostReached)
	s.reach(joint, mostJoint)
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
	if err == nil && cost(small.Forward) <= s.mostCost && len(small.Gradients) == len(s.l.Gradients) {
		s.found = append(s.found, small)
	}
}

// telling chooses layers that show what goes wrong: first some that keep what is
// optional, such as a stride, as it is in the layer itself, then any, each the one
// that shows most of what those before do not.
func (s *search) telling() []*layer.Layer {
	var kept []*layer.Layer
	for _, l := range s.found {
		if s.keepsOptions(l) {
			kept = append(kept, l)
		}
	}
	told := map[fact]bool{}
	out := s.pick(kept, trials, told, nil)
	out = s.pick(s.found, maxTrials, told, out)
	for _, l := range s.found {
		if len(out) < trials && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

func (s *search) keepsOptions(small *layer.Layer) bool {
	for k, n := range s.l.Numbers {
		if n.Optional && small.Numbers[k].Value != n.Value {
			return false
		}
	}
	return true
}

// pick adds to out the layer that tells most of what is not told yet, until
// nothing is left to be told or there are n.
func (s *search) pick(from []*layer.Layer, n int, told map[fact]bool, out []*layer.Layer) []*layer.Layer {
	for len(out) < n {
		var best *layer.Layer
		most := 0
		for _, l := range from {
			gain := 0
			for _, f := range s.facts(l) {
				if !told[f] {
					gain += f.weight()
				}
			}
			if gain > most {
				best, most = l, gain
			}
		}
		if best == nil || len(out) >= fewTrials && most < (fact{kind: another}).weight() {
			break
		}
		for _, f := range s.facts(best) {
			told[f] = true
		}
		out = append(out, best)
	}
	return out
}

// large is how many sets at the beginning have no size 1.
func (s *search) large() int {
	if s.plain() {
		return idle
	}
	return attempts / 4
}

// plain reports whether nothing optional can be given.
func (s *search) plain() bool {
	return !slices.ContainsFunc(s.settable, func(n *layer.Number) bool { return n.Optional })
}

// asGiven repeats what was given for the layer.
func (s *search) asGiven() map[string]string {
	given := map[string]string{}
	for _, n := range s.l.Numbers {
		if n.Given && !s.follows[n] {
			given[n.Name] = numberText(n.Value)
		}
	}
	return given
}

func numberText(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// findSettable tries for each number whether it can be given; those that follow
// from others cannot, and are not given even if the user did.
func (s *search) findSettable() {
	for _, n := range s.l.Numbers {
		given := s.asGiven()
		if n.Optional {
			given[n.Name] = numberText(n.Value)
		} else {
			delete(given, n.Name)
		}
		if _, err := s.rebind(given); (err == nil) == n.Optional {
			s.settable = append(s.settable, n)
		} else if !n.Optional {
			s.follows[n] = true
		}
	}
}

// random draws numbers. The first sets have all sizes from 2 on, so that every
// sum has several terms. Every other set keeps what has a default as it is. Of the
// rest, one in two changes one or two such numbers, by turns; in the others each
// is another in one of three, or, where large ones were given, those are small and
// what was a multiple of them stays one.
func (s *search) random(k int) map[string]string {
	given := s.asGiven()
	fixed := map[*layer.Number]float64{}
	switch k % 4 {
	case 1:
		s.change(fixed, k/4)
	case 3:
		s.multiples(fixed)
	}
	for _, n := range s.settable {
		v := n.Value
		if f, ok := fixed[n]; ok {
			given[n.Name] = numberText(f)
			continue
		}
		switch {
		case !n.Optional && k < s.large():
			v = float64(2 + s.rng.IntN(3))
		case !n.Optional || k%2 == 1 && n.IsDim && n.Given && v > 4:
			v = float64(1 + s.rng.IntN(8))
		case k%2 == 0 || len(fixed) > 0 || s.rng.IntN(3) > 0:
			continue
		default:
			v = s.other(n)
		}
		given[n.Name] = numberText(v)
	}
	return given
}

// other draws another value for a number that has a default.
func (s *search) other(n *layer.Number) float64 {
	switch {
	case n.IsDim && n.Value <= 2:
		return n.Value + float64(1+s.rng.IntN(2))
	case n.IsDim:
		return float64(s.rng.IntN(4))
	case n.Value == math.Trunc(n.Value):
		return n.Value + [...]float64{-1, 0.5, 1}[s.rng.IntN(3)]
	}
	v, _ := strconv.ParseFloat(strconv.FormatFloat(0.7*n.Value, 'g', 2, 64), 64)
	return v
}

// change draws values for one or two of the numbers that have a default, the first by
// turns, and even ones for those without, so that it may divide them.
func (s *search) change(out map[*layer.Number]float64, turn int) {
	var optional []*layer.Number
	for _, n := range s.settable {
		switch {
		case n.Optional:
			optional = append(optional, n)
		case n.IsDim:
			out[n] = float64(2 + 2*s.rng.IntN(3))
		}
	}
	if len(optional) == 0 {
		clear(out)
		return
	}
	set := func(n *layer.Number) {
		for out[n] = n.Value; out[n] == n.Value; {
			out[n] = s.other(n)
		}
	}
	set(optional[turn%len(optional)])
	if s.rng.IntN(2) == 0 {
		set(optional[s.rng.IntN(len(optional))])
	}
}

// multiples draws small values for large ones that were given though there is a
// default, such as the number of groups, and for what must be divided by them:
// as the spec is general in them, what they divide is likely meant to be divided.
func (s *search) multiples(out map[*layer.Number]float64) {
	for _, part := range s.settable {
		if !part.Optional || !part.Given || !part.IsDim || part.Value <= 4 {
			continue
		}
		small := float64(1 + s.rng.IntN(4))
		out[part] = small
		for _, n := range s.settable {
			switch _, drawn := out[n]; {
			case drawn || !n.Given || !n.IsDim || math.Mod(n.Value, part.Value) != 0:
			case n.Value == part.Value:
				out[n] = small
			default:
				out[n] = small * float64(1+s.rng.IntN(3))
			}
		}
	}
}

// shrunk gives the layer with each dim in turn as small as the spec allows, again
// and again, since one that is smaller may let another be.
func (s *search) shrunk() *layer.Layer {
	best := s.l
	for {
		next := s.shrink(best)
		if next == best {
			return best
		}
		best = next
	}
}

// shrink makes each dim of the layer as small as the others let it be, or gives
// the layer itself if it cannot be smaller.
func (s *search) shrink(l *layer.Layer) *layer.Layer {
	given, best := s.asGiven(), l
	for k, n := range s.l.Numbers {
		if n.Given && !s.follows[n] {
			given[n.Name] = numberText(l.Numbers[k].Value)
		}
	}
	for k, n := range s.l.Numbers {
		if !n.Given || !n.IsDim || s.follows[n] {
			continue
		}
		old := given[n.Name]
		for v := 2; v < min(int(l.Numbers[k].Value), 40); v++ {
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
