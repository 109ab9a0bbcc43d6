package eval

import (
	"errors"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// Spot computes single elements of what programs define, and what these need, where all of it
// would take too long.
type Spot struct {
	m       *Machine
	given   func(t *layer.Tensor, k int) float64
	defined map[string][]*spotEquation
	known   map[string]map[int]float64
	// left is what may still be spent, depth how many elements are being computed.
	left  float64
	depth int
}

// spotEquation is an equation of which elements are computed one by one.
type spotEquation struct {
	*layer.Equation
	value real
	// slots are the places of its indices, while those of other elements of it are in use.
	slots []int
	cost  float64
}

// errSpot ends what cannot be computed so.
var errSpot = errors.New("too much for a single element")

// maxDepth is how many steps of a recurrence are followed.
const maxDepth = 5000

// NewSpot makes equations ready, given what they read; it is nil if they update states. The
// cost of an element is counted by cost.
func NewSpot(equations []*layer.Equation, given func(t *layer.Tensor, k int) float64, seed uint64, cost func(e *layer.Equation) float64) *Spot {
	s := &Spot{
		m:     &Machine{byTensor: map[*layer.Tensor]*array{}, slots: map[*layer.Index]int{}},
		given: given, defined: map[string][]*spotEquation{}, known: map[string]map[int]float64{},
	}
	s.m.element = s.element
	for _, e := range equations {
		if e.T.Role == layer.State {
			return nil
		}
		s.m.count(e)
	}
	s.m.frame = make([]int, len(s.m.slots))
	done := map[*layer.Equation]bool{}
	for _, e := range equations {
		if done[e] {
			continue
		}
		done[e] = true
		x := &spotEquation{Equation: e, value: s.m.real(e.Value), cost: cost(e)}
		for _, l := range s.m.all(e) {
			x.slots = append(x.slots, l.slot)
		}
		s.defined[e.T.Name] = append(s.defined[e.T.Name], x)
		s.known[e.T.Name] = map[int]float64{}
	}
	for _, a := range s.m.tensors {
		a.seed = seed
	}
	return s
}

// At computes element k of t if that costs no more than most.
func (s *Spot) At(t *layer.Tensor, k int, most float64) (v float64, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, outside := r.(*rangeError); !outside && r != errSpot {
				panic(r)
			}
			v, ok = 0, false
		}
	}()
	s.left, s.depth = most, 0
	return s.element(t, k), true
}

// Left is what the last element left of what it could cost.
func (s *Spot) Left() float64 { return s.left }

// element is what is given, or computed from it.
func (s *Spot) element(t *layer.Tensor, k int) float64 {
	known := s.known[t.Name]
	if known == nil {
		return s.given(t, k)
	}
	v, ok := known[k]
	if ok {
		return v
	}
	if s.depth++; s.depth > maxDepth {
		panic(errSpot)
	}
	at := make([]int, len(t.Shape))
	for d, rest := len(at)-1, k; d >= 0; d-- {
		at[d] = rest % t.Shape[d]
		rest /= t.Shape[d]
	}
	for _, e := range s.defined[t.Name] {
		before := make([]int, len(e.slots))
		for n, slot := range e.slots {
			before[n] = s.m.frame[slot]
		}
		found := !e.Accumulate && s.place(e, at)
		if found {
			if s.left -= e.cost; s.left < 0 {
				panic(errSpot)
			}
			v = e.value()
		}
		for n, slot := range e.slots {
			s.m.frame[slot] = before[n]
		}
		if found {
			s.depth--
			known[k] = v
			return v
		}
	}
	panic(errSpot)
}

// place sets the indices of e to where it defines an element, if it does and its subscripts
// are numbers in mixed radix.
func (s *Spot) place(e *spotEquation, at []int) bool {
	set := map[*layer.Index]bool{}
	for d, x := range e.Subs {
		a, ok := layer.AffineOf(x)
		if !ok {
			return false
		}
		rest := at[d] - a.Const
		slices.SortFunc(a.Terms, func(x, y layer.Term) int { return max(y.Coef, -y.Coef) - max(x.Coef, -x.Coef) })
		for n, t := range a.Terms {
			v, last := rest/t.Coef, n == len(a.Terms)-1
			switch {
			case set[t.I]:
				v = s.m.frame[s.m.slot(t.I)]
			case last && rest%t.Coef != 0 || v < 0 || v >= t.I.Size || !last && (rest < 0 || t.Coef < 0):
				return false
			}
			s.m.frame[s.m.slot(t.I)], set[t.I] = v, true
			rest -= v * t.Coef
		}
		if rest != 0 {
			return false
		}
	}
	for _, i := range e.Free {
		if !set[i] {
			s.m.frame[s.m.slot(i)] = 0
		}
	}
	return true
}
