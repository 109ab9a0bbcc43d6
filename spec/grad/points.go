package grad

import (
	"math"
	"math/rand/v2"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// mode is a way to draw points.
type mode int

const (
	normal   mode = iota // anywhere, for what is smooth
	ties                 // small integers and the spec's own numbers, for ties and kinks
	positive             // for logarithms and roots
	wide                 // beyond most kinks
	beyond               // on either side of the spec's larger numbers
	modeCount
)

var modes = [modeCount]mode{normal, ties, positive, wide, beyond}

func (m mode) String() string {
	return [...]string{"a random point", "a point with ties", "a random positive point", "a random point", "a random point"}[m]
}

// points draws values for what a layer's passes are given.
type points struct {
	l   *layer.Layer
	rng *rand.Rand
	// grid are the values drawn for ties.
	grid []float64
	// large are the spec's numbers that the other modes do not pass.
	large []float64
	// lo and hi bound the values of an int32 tensor: lo <= v < hi.
	lo, hi map[string]int
}

// maxLarge keeps differences of squares of large numbers exact enough.
const maxLarge = 1e4

// newPoints prepares the drawing; the sequence of points is always the same for a seed.
func newPoints(l *layer.Layer, seed uint64) *points {
	p := &points{
		l:    l,
		rng:  rand.New(rand.NewPCG(1, seed)),
		grid: []float64{0, 1, -1, 2, -2},
		lo:   map[string]int{}, hi: map[string]int{},
	}
	seen := map[float64]bool{0: true, 1: true, 2: true}
	for _, eqs := range [][]*layer.Equation{l.Forward.Equations, l.Declared} {
		for _, e := range eqs {
			p.bound(e.T, e.Subs)
			e.Walk(func(node any) bool {
				switch x := node.(type) {
				case layer.Const:
					v := math.Abs(x.V)
					if !seen[v] && v <= 100 {
						p.grid = append(p.grid, v, -v)
					}
					if !seen[v] && v > 3 && v <= maxLarge {
						p.large = append(p.large, v, -v)
					}
					seen[v] = true
				case *layer.Read:
					p.bound(x.T, x.Subs)
				case *layer.Element:
					p.bound(x.T, x.Subs)
				}
				return true
			})
		}
	}
	return p
}

// bound learns from an access which ids are valid.
func (p *points) bound(t *layer.Tensor, subs []layer.Int) {
	for d, s := range subs {
		id, ok := s.(*layer.Element)
		if !ok {
			continue
		}
		lo, hi := 0, t.Shape[d]
		if t.HasOutside || t.Open() || !id.Reaches(-1) {
			lo = -1
		}
		if t.HasOutside || t.Open() || !id.Reaches(hi) {
			hi++
		}
		if old, known := p.hi[id.T.Name]; !known || hi < old {
			p.lo[id.T.Name], p.hi[id.T.Name] = lo, hi
		}
	}
}

// point draws all inputs, params, states, scalars and upstream gradients.
func (p *points) point(m mode) *eval.Env {
	env := eval.NewEnv()
	for _, t := range p.l.Tensors {
		switch t.Role {
		case layer.Input, layer.Param, layer.State, layer.Scalar:
			p.tensor(env, t, m)
		}
	}
	for _, t := range p.l.Upstreams {
		v := make([]float64, t.Size())
		for i := range v {
			v[i] = p.rng.NormFloat64()
		}
		env.Values[t.Name] = v
	}
	return env
}

func (p *points) tensor(env *eval.Env, t *layer.Tensor, m mode) {
	if t.Type == layer.Uint64 {
		env.Seeds[t.Name] = p.rng.Uint64()
		return
	}
	v := make([]float64, t.Size())
	for i := range v {
		switch t.Type {
		case layer.Int32:
			lo, hi := p.lo[t.Name], p.hi[t.Name]
			if hi <= lo {
				hi = lo + 3
			}
			v[i] = float64(lo + p.rng.IntN(hi-lo))
		case layer.GoInt:
			v[i] = float64(1 + p.rng.IntN(5))
		default:
			v[i] = p.real(m)
		}
	}
	env.Values[t.Name] = v
}

func (p *points) real(m mode) float64 {
	switch m {
	case ties:
		if p.rng.IntN(2) == 0 { // most ties are between these
			return float64(p.rng.IntN(3) - 1)
		}
		return p.grid[p.rng.IntN(len(p.grid))]
	case beyond:
		if len(p.large) > 0 && p.rng.IntN(2) == 0 {
			return p.large[p.rng.IntN(len(p.large))] * (0.5 + p.rng.Float64())
		}
	case positive:
		return 0.1 + 1.5*p.rng.Float64()
	}
	v := p.rng.NormFloat64()
	if m == wide {
		v *= 4
	}
	return v
}

// cost counts the nodes that an evaluation of the program visits.
func cost(p *layer.Program) float64 {
	total := 0.0
	for _, e := range p.Equations {
		total += times(nodes(e.Value)+1, e.Free)
	}
	return total
}

func nodes(x any) float64 {
	n := 0.0
	layer.Walk(x, func(node any) bool {
		n++
		switch r := node.(type) {
		case *layer.Reduce:
			n += times(nodes(r.Body), r.Idx)
			return false
		case *layer.ArgMax:
			n += times(nodes(r.Body), r.Idx)
			return false
		}
		return true
	})
	return n
}

func times(n float64, idx []*layer.Index) float64 {
	for _, i := range idx {
		n *= float64(i.Size)
	}
	return n
}
