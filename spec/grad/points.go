package grad

import (
	"math"
	"math/rand/v2"
	"slices"

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
	beyond               // on either side of the spec's larger numbers, and far out
	unit                 // between 0 and 1, for probabilities
	modeCount
)

var modes = [modeCount]mode{normal, ties, positive, wide, beyond, unit}

func (m mode) String() string {
	return [...]string{"a random point", "a point with ties", "a random positive point", "a random point", "a random point", "a random point between 0 and 1"}[m]
}

// far reports whether numbers of the mode may be large.
func (m mode) far() bool { return m == wide || m == beyond }

// points draws values for what a layer's passes are given.
type points struct {
	l *layer.Layer
	// rng draws what is near, far what is seldom drawn.
	rng, far *rand.Rand
	// grid are the values drawn for ties.
	grid []float64
	// large are the spec's numbers that the other modes do not pass.
	large []float64
	// lo and hi bound the values of an int32 tensor: lo <= v < hi.
	lo, hi map[string]int
	// near are the numbers that elements of an int32 tensor are compared with, uses its
	// elements among subscripts.
	near map[string][]int
	uses map[string][]use
	// beyond are numbers beyond the extents and the constants of the spec, and products
	// of these.
	beyond []int
	// scale is that of the point at hand, in mode beyond.
	scale float64
}

// use is an element of an int32 tensor as a subscript: values beyond size do no harm
// if any will do.
type use struct {
	id   *layer.Element
	size int
	any  bool
}

// maxLarge keeps differences of squares of large numbers exact enough; maxMost is for
// integers.
const maxLarge, maxMost = 1e6, 1 << 20

// newPoints prepares the drawing; the sequence of points is always the same for a seed.
func newPoints(l *layer.Layer, seed uint64) *points {
	p := &points{
		l:    l,
		rng:  rand.New(rand.NewPCG(1, seed)),
		far:  rand.New(rand.NewPCG(2, seed)),
		grid: []float64{0, 1, -1, 2, -2},
		lo:   map[string]int{}, hi: map[string]int{},
		near: map[string][]int{}, uses: map[string][]use{},
	}
	seen := map[float64]bool{0: true, 1: true, 2: true}
	most := 4
	for _, t := range l.Tensors {
		for _, n := range t.Shape {
			most = max(most, n+2)
		}
	}
	var constants [2]float64 // the two largest, or those that they divide by
	note := func(v float64) {
		if v > 0 && v < 1 {
			v = 1 / v
		}
		switch {
		case v > maxMost || v == constants[0]:
		case v > constants[0]:
			constants = [2]float64{v, constants[0]}
		default:
			constants[1] = max(constants[1], v)
		}
	}
	for _, eqs := range [][]*layer.Equation{l.Forward.Equations, l.Declared} {
		for _, e := range eqs {
			p.bound(e.T, e.Subs)
			e.Walk(func(node any) bool {
				switch x := node.(type) {
				case layer.Const:
					v := math.Abs(x.V)
					note(v)
					if !seen[v] && v >= 1e-3 && v <= maxLarge { // not what keeps divisors from 0
						p.grid = append(p.grid, v, -v)
					}
					if !seen[v] && v > 3 && v <= maxLarge {
						p.large = append(p.large, v, -v)
					}
					seen[v] = true
				case layer.Lit:
					note(math.Abs(float64(x.V)))
				case *layer.Read:
					p.bound(x.T, x.Subs)
				case *layer.Element:
					p.bound(x.T, x.Subs)
				case *layer.CmpInt:
					p.compared(x.X, x.Y)
					p.compared(x.Y, x.X)
				case *layer.CmpReal:
					p.comparedReal(x.X, x.Y)
					p.comparedReal(x.Y, x.X)
				}
				return true
			})
		}
	}
	p.beyond = []int{most, 3 * int(constants[0]), 3 * int(min(maxMost, constants[0]*constants[1])), 4000}
	p.beyond = slices.DeleteFunc(p.beyond, func(n int) bool { return n < 4 })
	return p
}

// bound learns from an access which ids are valid.
func (p *points) bound(t *layer.Tensor, subs []layer.Int) {
	for d, s := range subs {
		id, ok := s.(*layer.Element)
		if !ok {
			continue
		}
		p.uses[id.T.Name] = append(p.uses[id.T.Name], use{id, t.Shape[d], t.HasOutside || t.Open()})
		lo, hi := 0, t.Shape[d]
		if t.HasOutside || t.Open() || !id.Reaches(-1) {
			lo = -1
		}
		if t.HasOutside || t.Open() || !id.Reaches(hi) {
			hi++
		}
		if old, known := p.hi[id.T.Name]; known { // what all uses allow
			lo, hi = max(lo, p.lo[id.T.Name]), min(hi, old)
		}
		p.lo[id.T.Name], p.hi[id.T.Name] = lo, hi
	}
}

// compared learns that an element is compared with a number.
func (p *points) compared(x, y layer.Int) {
	e, ok := x.(*layer.Element)
	if a, number := layer.AffineOf(y); ok && number && len(a.Terms) == 0 {
		p.near[e.T.Name] = append(p.near[e.T.Name], a.Const, a.Const-1, a.Const+1)
	}
}

// comparedReal is compared for an integer as a real number.
func (p *points) comparedReal(x, y layer.Expr) {
	v, number := constOf(y)
	if !number || math.Abs(v) > math.MaxInt32 {
		return
	}
	switch x := x.(type) {
	case *layer.FromInt:
		p.compared(x.X, layer.Lit{V: int(math.Floor(v))})
	case *layer.Read: // of a scalar
		if x.T.Type != layer.Float32 {
			p.compared(&layer.Element{T: x.T}, layer.Lit{V: int(math.Floor(v))})
		}
	}
}

// whole draws an int, an element of a tensor or a scalar: any that is valid, or one that
// it is compared with, if that is. What is no id may be anything, but is mostly small.
func (p *points) whole(t *layer.Tensor, m mode) int {
	lo, hi := p.lo[t.Name], p.hi[t.Name]
	if hi <= lo {
		lo, hi = 0, 3
		if t.Type == layer.GoInt {
			lo, hi = 1, 6
		}
		switch p.far.IntN(3) {
		case 0:
			if m != positive && m != unit {
				lo, hi = 0, max(hi, p.beyond[p.far.IntN(len(p.beyond))])
			}
		case 1:
			if m.far() {
				hi = p.beyond[p.far.IntN(len(p.beyond))]
				lo = -hi
			}
		}
	}
	if near := p.near[t.Name]; len(near) > 0 && p.rng.IntN(3) == 0 {
		v := near[p.rng.IntN(len(near))]
		if !slices.ContainsFunc(p.uses[t.Name], func(u use) bool { return !u.any && (v < 0 || v >= u.size) && u.id.Reaches(v) }) {
			return v
		}
	}
	return lo + p.rng.IntN(hi-lo)
}

// point draws all inputs, params, states, scalars and upstream gradients.
func (p *points) point(m mode) *eval.Env {
	env := eval.NewEnv()
	p.scale = math.Pow(10, float64(p.far.IntN(6)))
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
		case layer.Int32, layer.GoInt:
			v[i] = float64(p.whole(t, m))
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
		if p.far.IntN(2) == 0 {
			return p.scale * p.far.NormFloat64()
		}
	case positive:
		return 0.1 + 1.5*p.rng.Float64()
	case unit:
		return 0.02 + 0.96*p.rng.Float64()
	}
	v := p.rng.NormFloat64()
	if m == wide {
		v *= 4
	}
	return v
}

// cost counts the nodes that an evaluation of the program visits, and the elements of its
// tensors: of a table few may be read, but all are drawn.
func cost(p *layer.Program) float64 {
	total := 0.0
	seen := map[*layer.Tensor]bool{}
	for _, e := range p.Equations {
		total += times(nodes(e.Value)+1, e.Free)
		for _, t := range append(e.Tensors(), e.T) {
			if !seen[t] {
				total, seen[t] = total+float64(t.Size()), true
			}
		}
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
