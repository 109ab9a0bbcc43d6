package grad

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

const (
	// spotCost is what single elements of a gradient at the layer's own dims may cost, in nodes.
	spotCost = 500_000
	// randomSpots is how many are looked at beside those at corners.
	randomSpots = 16
	// spotTolerance is beside the largest of them: sums over large dims round more.
	spotTolerance = 1e-6
)

// spots compares single elements at the layer's own dims where all of them would cost too
// much: what depends on sizes shows there if nowhere else. Numbers are drawn in a way in which
// the outputs of small layers were always finite, and without ties.
func (p *proof) spots(l *layer.Layer) {
	written := declared(l)
	for _, m := range [...]mode{normal, positive, unit} {
		strange := slices.ContainsFunc(p.tried, func(t *trial) bool { return t.strange[m] })
		if strange || len(p.tried) == 0 {
			continue
		}
		s := newSpots(l, m)
		got, want := s.machine(l.Forward, written), s.machine(l.Forward, p.derived)
		if got == nil || want == nil {
			return
		}
		for _, g := range l.Gradients {
			if p.wrong[g.Name] {
				continue
			}
			if k, x, y := s.difference(g, got, want); k >= 0 && !s.rounding(l, g, k, written, p.derived, x, y) {
				p.wrong[g.Name] = true
				p.complain(l, g, k, x, y, &point{mode: m, scale: 1})
			}
		}
		return
	}
}

// spots draws what single elements need.
type spots struct {
	*points
	mode  mode
	drawn map[*layer.Tensor]map[int]float64
	// moves changes what is drawn by no more than rounding does, if it is there.
	moves *rand.Rand
	// at draws the elements to be looked at.
	at *rand.Rand
}

func newSpots(l *layer.Layer, m mode) *spots {
	return &spots{points: newPoints(l, 1), mode: m, drawn: map[*layer.Tensor]map[int]float64{}, at: rand.New(rand.NewPCG(6, 7))}
}

// machine computes elements of what a pass defines.
func (s *spots) machine(forward, pass *layer.Program) *eval.Spot {
	of := func(e *layer.Equation) float64 { return nodes(e.Value) + 1 }
	return eval.NewSpot(slices.Concat(pass.Equations, forward.Equations), s.given, 5, of)
}

// given draws an element once.
func (s *spots) given(t *layer.Tensor, k int) float64 {
	of := s.drawn[t]
	if of == nil {
		of = map[int]float64{}
		s.drawn[t] = of
	}
	v, ok := of[k]
	if !ok {
		switch {
		case t.Type != layer.Float32:
			v = float64(s.whole(t, s.mode))
		case t.Role == layer.Upstream:
			v = s.rng.NormFloat64()
		default:
			v = s.real(s.mode)
		}
		of[k] = v
	}
	if s.moves != nil && t.Type == layer.Float32 {
		v *= 1 + jitter*(2*s.moves.Float64()-1)
	}
	return v
}

// difference looks for an element in which the passes differ; it gives -1 where there is none.
func (s *spots) difference(g *layer.Tensor, got, want *eval.Spot) (k int, x, y float64) {
	largest, left := 0.0, [2]float64{spotCost, spotCost}
	type seen struct {
		k    int
		x, y float64
	}
	var list []seen
	for _, k := range s.elements(g) {
		x, ok1 := got.At(g, k, left[0])
		y, ok2 := want.At(g, k, left[1])
		if !ok1 || !ok2 {
			break
		}
		left[0], left[1] = got.Left(), want.Left()
		if isFinite(x) && isFinite(y) {
			list, largest = append(list, seen{k, x, y}), math.Max(largest, math.Abs(y))
		}
	}
	for _, e := range list {
		if math.Abs(e.x-e.y) > spotTolerance*math.Max(largest, 1e-3) {
			return e.k, e.x, e.y
		}
	}
	return -1, 0, 0
}

// elements are those at the corners of g and some others.
func (s *spots) elements(g *layer.Tensor) []int {
	n := g.Size()
	if n == 0 {
		return nil
	}
	out := []int{n - 1, 0}
	step := 1
	for d := len(g.Shape) - 1; d >= 0; d-- {
		out = append(out, step*(g.Shape[d]-1), n-1-step*(g.Shape[d]-1))
		step *= g.Shape[d]
	}
	for range randomSpots {
		out = append(out, s.at.IntN(n))
	}
	return out
}

// rounding reports whether that may be all by which an element differs.
func (s *spots) rounding(l *layer.Layer, g *layer.Tensor, k int, written, derived *layer.Program, x, y float64) bool {
	s.moves = rand.New(rand.NewPCG(8, 9))
	defer func() { s.moves = nil }()
	a, ok1 := s.machine(l.Forward, written).At(g, k, spotCost)
	b, ok2 := s.machine(l.Forward, derived).At(g, k, spotCost)
	return !ok1 || !ok2 || math.Abs(x-y) <= 1000*(math.Abs(a-x)+math.Abs(b-y))
}
