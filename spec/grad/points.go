package grad

import (
	"math"
	"math/rand/v2"
	"slices"

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
	mixed                // each tensor in a way of its own
	modeCount
)

// These are ways to draw single tensors, beside those that are for all.
const (
	negative = modeCount + iota
	above    // 1
	outer    // beyond most kinks, each of them
	small    // near 0, so that sums of products with what is large are not
	sorted   // along an axis
	equal    // in each row or in all
	sparse   // most are 0
)

// String says where a difference was found.
func (m mode) String() string {
	switch m {
	case ties:
		return "a point with ties"
	case positive:
		return "a random positive point"
	case unit:
		return "a random point between 0 and 1"
	}
	return "a random point"
}

// far reports whether numbers of the mode may be large.
func (m mode) far() bool { return m == wide || m == beyond || m == outer }

// points draws values for what a layer's passes are given.
type points struct {
	l *layer.Layer
	// rng draws what is near, far what is seldom drawn, touches where real numbers meet.
	rng, far, touches *rand.Rand
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
	// marks are the numbers that indices are compared with.
	marks map[*layer.Index][]int
	// beyond are numbers beyond the extents and the constants of the spec, and products
	// of these.
	beyond []int
	// meetings are integers that are compared with others than numbers alone, touching are
	// real numbers that are compared.
	meetings, touching []meeting
	// computed has the equations of numbers that are not given.
	computed map[*layer.Tensor]*layer.Equation
	// left is how many more numbers may be evaluated to make two meet: what is computed from
	// others many times over would take too long.
	left int
	// scale is that of the point at hand, for what is large or small; turn counts draws from near.
	scale float64
	turn  int
	// above is a power of 2 beyond the numbers of the spec.
	above float64
	// constants are the two largest numbers, or those that are divided by.
	constants [2]float64
	// drawn counts the points of each mode.
	drawn [modeCount]int
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
		l:   l,
		rng: rand.New(rand.NewPCG(1, seed)),
		far: rand.New(rand.NewPCG(2, seed)), touches: rand.New(rand.NewPCG(4, seed)),
		grid: []float64{0, 1, -1, 2, -2},
		lo:   map[string]int{}, hi: map[string]int{},
		near: map[string][]int{}, uses: map[string][]use{}, marks: map[*layer.Index][]int{},
		above: 1 << 14, computed: map[*layer.Tensor]*layer.Equation{},
	}
	for m := range p.drawn { // each layer begins with another way
		p.drawn[m] = int(seed)
	}
	for _, e := range slices.Concat(l.Forward.Equations, l.Declared) {
		p.learn(e)
	}
	most := 4
	for _, t := range l.Tensors {
		for _, n := range t.Shape {
			most = max(most, n+2)
		}
	}
	p.beyond = []int{most, 3 * int(p.constants[0]), 3 * int(min(maxMost, p.constants[0]*p.constants[1])), 4000}
	p.beyond = slices.DeleteFunc(p.beyond, func(n int) bool { return n < 4 })
	return p
}

// learn finds in an equation the numbers near which, and the places at which, something may
// happen.
func (p *points) learn(e *layer.Equation) {
	p.bound(e.T, e.Subs)
	p.defines(e)
	e.Walk(func(node any) bool {
		switch x := node.(type) {
		case layer.Const:
			p.number(math.Abs(x.V))
		case layer.Lit:
			p.constant(math.Abs(float64(x.V)))
		case *layer.Read:
			p.bound(x.T, x.Subs)
		case *layer.Element:
			p.bound(x.T, x.Subs)
		case *layer.CmpInt:
			p.compared(x.X, x.Y)
			p.compared(x.Y, x.X)
			p.meets(&layer.FromInt{X: x.X}, &layer.FromInt{X: x.Y})
		case *layer.CmpReal:
			p.comparedReal(x.X, x.Y)
			p.comparedReal(x.Y, x.X)
			p.meets(x.X, x.Y)
		case *layer.Call:
			switch x.Fn {
			case "max", "min":
				p.meets(x.Args[0], x.Args[1])
			case "abs":
				p.meets(x.Args[0], layer.Const{})
			}
		}
		return true
	})
}

// number learns of a real number of the spec.
func (p *points) number(v float64) {
	const mostScale = 1e12 // what is larger is for no gradient to be compared with
	for v < mostScale && p.above < 16*v {
		p.above *= 2
	}
	p.constant(v)
	switch {
	case slices.Contains(p.grid, v):
		return
	case v >= 1e-3 && v <= maxLarge: // not what keeps divisors from 0
		p.grid = append(p.grid, v, -v)
	}
	if v > 3 && v <= maxLarge {
		p.large = append(p.large, v, -v)
	}
}

// constant keeps the two largest numbers, or those that are divided by.
func (p *points) constant(v float64) {
	if v > 0 && v < 1 {
		v = 1 / v
	}
	switch {
	case v > maxMost || v == p.constants[0]:
	case v > p.constants[0]:
		p.constants = [2]float64{v, p.constants[0]}
	default:
		p.constants[1] = max(p.constants[1], v)
	}
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

// compared learns that an element, or an index, is compared with a number.
func (p *points) compared(x, y layer.Int) {
	a, number := layer.AffineOf(y)
	if !number || len(a.Terms) > 0 {
		return
	}
	switch x := x.(type) {
	case *layer.Element:
		p.near[x.T.Name] = append(p.near[x.T.Name], a.Const, a.Const-1, a.Const+1)
	case *layer.Var:
		for k := max(a.Const-1, 0); k <= min(a.Const+1, x.I.Size-1); k++ {
			p.marks[x.I] = append(p.marks[x.I], k)
		}
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
