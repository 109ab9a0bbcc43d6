package grad

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// compare evaluates both passes at one point.
func (p *proof) compare(t *trial, m mode) {
	at := t.gradients(m)
	if at == nil {
		return
	}
	p.points++
	var slack map[string][]float64
	for _, g := range t.l.Gradients {
		c := at.of(g.Name, m)
		p.told[g.Name] = p.told[g.Name] || anyNonzero(c.want)
		if p.wrong[g.Name] {
			continue
		}
		k := c.firstDifference()
		if k >= 0 && m != ties { // where nothing jumps, rounding may be all of it
			if slack == nil {
				slack = t.rounding(at)
			}
			c.slack = slack[g.Name]
			k = c.firstDifference()
		}
		if k >= 0 {
			p.wrong[g.Name] = true
			p.complain(t.l, g, k, c.got[k], c.want[k], m)
		}
	}
}

// point has what both passes make of it.
type point struct {
	// given is what is given, env that with what forward makes of it.
	given, env, want, got *eval.Env
	outputs               finite
}

func (at *point) of(gradient string, m mode) comparison {
	return comparison{got: at.got.Values[gradient], want: at.want.Values[gradient], mode: m, outputs: at.outputs}
}

// gradients draws a point at which the outputs are finite, or at least no NaN, and the
// derived gradient is somewhere; nil where there is none.
func (t *trial) gradients(m mode) *point {
	const redraws = 4
	var best *point
	for range redraws {
		at := &point{given: t.draw.point(m)}
		if !t.run(at) || best != nil && at.outputs != allFinite {
			continue
		}
		if best = at; at.outputs == allFinite {
			break
		}
	}
	return best
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

// jitter is far above what rounding does to a number, and far below tolerance; it is
// tried several times, since what cancels may do so in the same way by chance.
const jitter, jitters = 1e-14, 8

// rounding estimates what it does to the gradients at a point, from what jitter in all that
// is given does to them: where much cancels, that is much.
func (t *trial) rounding(at *point) map[string][]float64 {
	out := map[string][]float64{}
	for _, g := range t.l.Gradients {
		out[g.Name] = make([]float64, g.Size())
	}
	rng := rand.New(rand.NewPCG(5, 6))
	times := jitters
	if t.cost > againBudget {
		times = 1
	}
	for range times {
		moved := &point{given: at.given.Clone()}
		for _, x := range slices.Concat(t.l.Tensors, t.l.Upstreams) {
			if x.Type == layer.Float32 {
				v := moved.given.Values[x.Name]
				for k := range v {
					v[k] *= 1 + jitter*(2*rng.Float64()-1)
				}
			}
		}
		if !t.run(moved) {
			continue
		}
		for _, g := range t.l.Gradients {
			for k, slack := range out[g.Name] {
				moves := math.Abs(moved.want.Values[g.Name][k]-at.want.Values[g.Name][k]) +
					math.Abs(moved.got.Values[g.Name][k]-at.got.Values[g.Name][k])
				if isFinite(moves) {
					out[g.Name][k] = math.Max(slack, 1000*moves)
				}
			}
		}
	}
	return out
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
	mode  mode
	// outputs are all finite, or not.
	outputs finite
}

// firstDifference gives the first element that differs, or -1. Where the derivative is not
// finite, as that of log at 0, anything goes, and where an output is infinite, so it does
// where the declared one is not. Far out, more may cancel.
func (c comparison) firstDifference() int {
	scale := 0.01
	if c.mode.far() {
		scale = 1
	}
	for _, v := range c.want {
		if isFinite(v) {
			scale = math.Max(scale, math.Abs(v))
		}
	}
	for k, v := range c.want {
		if !isFinite(v) || (c.outputs != allFinite || c.mode.far()) && !isFinite(c.got[k]) {
			continue
		}
		limit := tolerance * scale
		if c.mode.far() {
			limit *= 1000
		}
		if c.slack != nil && isFinite(c.slack[k]) {
			limit = math.Max(limit, c.slack[k])
		}
		if !(math.Abs(c.got[k]-v) <= limit) {
			return k
		}
	}
	return -1
}
