package grad

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// point draws all inputs, params, states, scalars and upstream gradients, and reports
// whether numbers may be large.
func (p *points) point(m mode) (env *eval.Env, far bool) {
	env = eval.NewEnv()
	p.scale = math.Pow(10, float64(p.far.IntN(6)))
	far = m.far()
	p.drawn[m]++
	turn := p.drawn[m]
	varied := m == mixed || m == beyond || m == wide || turn%2 == 0
	for _, t := range p.l.Tensors {
		switch t.Role {
		case layer.Input, layer.Param, layer.State, layer.Scalar:
			how := m
			if varied {
				how = p.tensorMode(m)
			}
			far = far || how.far()
			p.tensor(env, t, how)
		}
	}
	p.meet(env)
	if m == ties || m == beyond {
		p.touch(env, m)
	}
	for _, t := range p.l.Tensors {
		if len(t.Limits) > 0 && t.Type != layer.Uint64 {
			env.Values[t.Name][0] = t.Within(env.Values[t.Name][0])
		}
	}
	for _, t := range p.l.Upstreams {
		env.Values[t.Name] = p.upstream(t, m == ties && turn/2%2 == 1)
	}
	return env, far
}

// upstream draws the gradient of an output: of any numbers or, as some ask whether they are
// 0 or divide by them, with some, almost all or all of them 0.
func (p *points) upstream(t *layer.Tensor, zeros bool) []float64 {
	v := make([]float64, t.Size())
	some := [...]float64{1. / 3, 1 - 1/float64(max(len(v), 1)), 1}[p.far.IntN(3)]
	for i := range v {
		if v[i] = p.rng.NormFloat64(); zeros && p.far.Float64() < some {
			v[i] = 0
		}
	}
	return v
}

// tensorMode draws how one tensor is drawn where each is drawn in its own way.
func (p *points) tensorMode(m mode) mode {
	ways := map[mode][]mode{
		ties:   {ties, ties, equal, sparse},
		wide:   {wide, outer, outer},
		beyond: {beyond, beyond, beyond, normal, small, small},
		mixed:  {normal, positive, wide, beyond, beyond, unit, negative, above, small, small, sorted, sorted},
	}[m]
	if len(ways) == 0 {
		return m
	}
	return ways[p.far.IntN(len(ways))]
}

// tensor draws the elements of one tensor.
func (p *points) tensor(env *eval.Env, t *layer.Tensor, m mode) {
	if t.Type == layer.Uint64 {
		env.Seeds[t.Name] = p.rng.Uint64()
		return
	}
	v := make([]float64, t.Size())
	run := 1 // as many elements are the same
	if n := len(t.Shape); n > 0 && (m == equal || t.Type != layer.Float32 && p.far.IntN(6) == 0) {
		if run = t.Shape[n-1]; p.far.IntN(2) == 0 {
			run = len(v)
		}
	}
	for i := range v {
		switch {
		case i%max(run, 1) != 0:
			v[i] = v[i-1]
		case t.Type != layer.Float32:
			v[i] = float64(p.whole(t, m))
		default:
			v[i] = p.real(m)
		}
	}
	if m == sorted && t.Type == layer.Float32 && len(v) > 0 {
		p.sort(v, t.Shape)
	}
	env.Values[t.Name] = v
}

// sort puts the elements in order along one of the axes, or along all.
func (p *points) sort(v []float64, shape []int) {
	axis := p.far.IntN(len(shape) + 1)
	n, step := len(v), 1
	if axis < len(shape) {
		n = shape[axis]
		for _, k := range shape[axis+1:] {
			step *= k
		}
	}
	down := p.far.IntN(2) == 0
	line := make([]float64, n)
	for first := range len(v) / n {
		from := first/step*n*step + first%step
		for k := range line {
			line[k] = v[from+k*step]
		}
		if slices.Sort(line); down {
			slices.Reverse(line)
		}
		for k := range line {
			v[from+k*step] = line[k]
		}
	}
}

// real draws a number.
func (p *points) real(m mode) float64 {
	switch m {
	case sparse:
		if p.rng.IntN(4) > 0 {
			return 0
		}
		return p.grid[p.rng.IntN(len(p.grid))]
	case ties, equal:
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
	case negative:
		return -0.1 - 1.5*p.rng.Float64()
	case above:
		return 1.1 + math.Abs(p.rng.NormFloat64())
	case unit:
		return 0.02 + 0.96*p.rng.Float64()
	}
	v := p.rng.NormFloat64()
	switch {
	case m == small:
		v /= 10 * p.scale
	case m == outer:
		v = math.Copysign(2, v) + 4*v
	case m == wide:
		v *= 4
	}
	return v
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
	if near := p.near[t.Name]; len(near) > 0 && p.rng.IntN(2) == 0 {
		p.turn++ // each of them in few points
		if v := near[p.turn%len(near)]; p.valid(t, v) {
			return v
		}
	}
	return lo + p.rng.IntN(hi-lo)
}

// valid reports whether all uses of an element of t allow it to be v.
func (p *points) valid(t *layer.Tensor, v int) bool {
	return !slices.ContainsFunc(p.uses[t.Name], func(u use) bool { return !u.any && (v < 0 || v >= u.size) && u.id.Reaches(v) })
}
