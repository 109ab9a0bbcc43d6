package grad

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// compare evaluates both passes at a point of trial t, the k-th.
func (p *proof) compare(t *trial, m mode, k int) {
	at := t.gradients(m)
	if at == nil {
		return
	}
	p.points++
	for _, g := range t.l.Gradients {
		p.told[g.Name] = p.told[g.Name] || anyNonzero(at.want.Values[g.Name])
	}
	p.judge(t, at)
	if k%linearEach == 0 && p.errs.Len() == 0 {
		by := [...]float64{t.draw.above, 1.0 / (1 << 14), 1 << 7}
		p.judge(t, t.scaled(at, by[(k/linearEach+len(p.tried)-1)%len(by)]))
	}
}

// linearEach says at which points it is tested that gradients are linear in those of the
// outputs.
const linearEach = int(modeCount) + 1

// judge complains about the first elements in which gradients differ at a point.
func (p *proof) judge(t *trial, at *point) {
	var slack map[string][]float64
	for _, g := range t.l.Gradients {
		c := at.of(g.Name)
		if p.wrong[g.Name] {
			continue
		}
		first := c.firstDifference(0)
		if first < 0 {
			p.alike[g.Name] = p.alike[g.Name] || anyNonzero(c.want)
			continue
		}
		if slack == nil { // rounding may be all of it
			slack = t.rounding(at)
		}
		c.slack = slack[g.Name]
		if k := t.wrong(at, g, c); k >= 0 {
			p.wrong[g.Name] = true
			p.complain(t.l, g, k, c.got[k], c.want[k], at)
		} else if c.firstDifference(0) < 0 && anyNonzero(c.want) && p.excused[g.Name] == nil {
			p.excused[g.Name] = func() { p.complain(t.l, g, first, c.got[first], c.want[first], at) }
		}
	}
}

// neverAlike complains about gradients that differ at all points, each time by no more than
// rounding may do: what chooses among equal numbers may, but not always.
func (p *proof) neverAlike(l *layer.Layer) {
	for _, g := range l.Gradients {
		if complain := p.excused[g.Name]; complain != nil && !p.alike[g.Name] && !p.wrong[g.Name] {
			p.wrong[g.Name] = true
			complain()
		}
	}
}

// wrong is the first element of a gradient that differs, or -1. At a tie where the sum is
// smooth, what is declared may be the derivative and what is derived not; where it is so for
// many elements, it is taken to be so for all.
func (t *trial) wrong(at *point, g *layer.Tensor, c comparison) int {
	const many = 16
	k := c.firstDifference(0)
	for n := 0; k >= 0 && at.mode == ties && t.smooth(at, g, k, c.got[k]); n++ {
		if n == many {
			return -1
		}
		k = c.firstDifference(k + 1)
	}
	return k
}

// point has what both passes make of it.
type point struct {
	// given is what is given, env that with what forward makes of it.
	given, env, want, got *eval.Env
	outputs               finite
	mode                  mode
	// far says that numbers may be large.
	far bool
	// scale is by how much the gradients of the outputs are larger than those drawn.
	scale float64
}

func (at *point) of(gradient string) comparison {
	return comparison{got: at.got.Values[gradient], want: at.want.Values[gradient], far: at.far, scale: at.scale, outputs: at.outputs}
}

// gradients draws a point at which the outputs are finite, or at least no NaN, and the
// derived gradient is somewhere; nil where there is none.
func (t *trial) gradients(m mode) *point {
	const redraws = 4
	var best *point
	for range redraws {
		at := &point{mode: m, scale: 1}
		at.given, at.far = t.draw.point(m)
		ran := t.run(at)
		t.strange[m] = t.strange[m] || at.outputs != allFinite
		if !ran || best != nil && at.outputs != allFinite {
			continue
		}
		if best = at; at.outputs == allFinite {
			break
		}
	}
	return best
}

// scaled is a point with other gradients of the outputs, a power of 2 times as large: the
// derived ones are so, too, exactly.
func (t *trial) scaled(at *point, by float64) *point {
	out := *at
	out.scale, out.given, out.env, out.want = by, share(at.given), share(at.env), eval.NewEnv()
	times := func(v []float64) []float64 {
		v = slices.Clone(v)
		for k := range v {
			v[k] *= by
		}
		return v
	}
	for _, u := range t.l.Upstreams {
		v := times(at.given.Values[u.Name])
		out.given.Values[u.Name], out.env.Values[u.Name] = v, v
	}
	for _, g := range t.l.Gradients {
		out.want.Values[g.Name] = times(at.want.Values[g.Name])
	}
	if out.got = share(out.env); t.declared.Run(out.got) != nil {
		return at
	}
	return &out
}

// run evaluates the passes at a point; it is false where nothing comes of it.
func (t *trial) run(at *point) bool {
	at.env = at.given.Clone()
	if t.forward.Run(at.env) != nil {
		return false
	}
	if at.outputs = outputs(at.env, t.l.Upstreams); at.outputs == neverFinite {
		return false
	}
	at.want, at.got = share(at.env), share(at.env)
	return t.derived.Run(at.want) == nil && t.declared.Run(at.got) == nil && anyFinite(at.want, t.l.Gradients)
}

// share gives an environment with the same values, in which new ones do not
// meet those of another.
func share(env *eval.Env) *eval.Env {
	out := eval.NewEnv()
	for name, v := range env.Values {
		out.Values[name] = v
	}
	out.Seeds = env.Seeds
	return out
}

func anyFinite(env *eval.Env, tensors []*layer.Tensor) bool {
	for _, t := range tensors {
		if slices.ContainsFunc(env.Values[t.Name], isFinite) {
			return true
		}
	}
	return false
}

func anyNonzero(v []float64) bool {
	return slices.ContainsFunc(v, func(x float64) bool { return x != 0 && isFinite(x) })
}

// untold is a gradient that was 0 at all points though it is not always, or nil.
func (p *proof) untold(l *layer.Layer, derived *layer.Program) *layer.Tensor {
	for _, g := range l.Gradients {
		if !p.told[g.Name] && slices.ContainsFunc(derived.Equations, func(e *layer.Equation) bool { return e.T == g && !isConst(e.Value, 0) }) {
			return g
		}
	}
	return nil
}

// finite is what is known of a point: whether all outputs are finite there, or no NaN at
// least, as where a mask is -inf.
type finite uint8

const (
	neverFinite finite = iota
	notNaN
	allFinite
)

// outputs looks at those with these upstream gradients.
func outputs(env *eval.Env, upstreams []*layer.Tensor) finite {
	out := allFinite
	for _, u := range upstreams {
		for _, v := range env.Values[u.Of.Name] {
			switch {
			case math.IsNaN(v):
				return neverFinite
			case math.IsInf(v, 0):
				out = notNaN
			}
		}
	}
	return out
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// comparison is what two passes made of a gradient at a point.
type comparison struct {
	got, want []float64
	// slack is what rounding may amount to, an element or nil.
	slack []float64
	far   bool
	scale float64
	// outputs are all finite, or not.
	outputs finite
}

// firstDifference gives the first element from k on that differs, or -1. Where the
// derivative is not finite, as that of log at 0, anything goes, and where an output is
// infinite, so it does where the declared one is not. Far out, more may cancel. An element
// may be off by what is little beside the largest, unless that is much beside itself.
func (c comparison) firstDifference(k int) int {
	least, fine, coarse := 0.01*tolerance, tolerance, 1e4*tolerance
	if c.far {
		least, fine, coarse = 1000*tolerance, 1000*tolerance, 1e6*tolerance
	}
	least *= math.Max(1, c.scale)
	largest := 0.0
	for _, v := range c.want {
		if isFinite(v) {
			largest = math.Max(largest, math.Abs(v))
		}
	}
	for ; k < len(c.want); k++ {
		v := c.want[k]
		if !isFinite(v) || (c.outputs != allFinite || c.far) && !isFinite(c.got[k]) {
			continue
		}
		limit := math.Max(least, math.Max(fine*math.Abs(v), math.Min(coarse*math.Abs(v), fine*largest)))
		if c.slack != nil && isFinite(c.slack[k]) {
			limit = math.Max(limit, c.slack[k])
		}
		if !(math.Abs(c.got[k]-v) <= limit) {
			return k
		}
	}
	return -1
}
