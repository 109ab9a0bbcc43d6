package grad

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// jitter is far above what rounding does to a number, and far below tolerance; it is
// tried several times, since what cancels may do so in the same way by chance.
const jitter, jitters = 1e-14, 8

// rounding estimates what it does to the gradients at a point, from what jitter in all that
// is given, and other rounding of all that is computed, do to them: where much cancels, that
// is much.
func (t *trial) rounding(at *point) map[string][]float64 {
	out := map[string][]float64{}
	for _, g := range t.l.Gradients {
		out[g.Name] = make([]float64, g.Size())
	}
	moving := slices.Concat(t.l.Tensors, t.l.Upstreams)
	if at.mode == ties { // they are to stay
		moving = t.l.Upstreams
	}
	rng := rand.New(rand.NewPCG(5, 6))
	other := *t
	other.forward, other.declared, other.derived = eval.CompileRounding(t.l.Forward, rng), eval.CompileRounding(t.written, rng), eval.CompileRounding(t.wanted, rng)
	times := jitters
	if t.cost > againBudget {
		times = 1
	}
	for range times {
		moved := &point{given: at.given.Clone()}
		for _, x := range moving {
			if x.Type == layer.Float32 {
				v := moved.given.Values[x.Name]
				for k := range v {
					v[k] *= 1 + jitter*(2*rng.Float64()-1)
				}
			}
		}
		if !other.run(moved) {
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

// smooth reports whether forward has a derivative in an element of what g is the gradient
// of, though there may be ties, and it is d: what is declared is right then, however the
// derived gradient decides the ties.
func (t *trial) smooth(at *point, g *layer.Tensor, k int, d float64) bool {
	const step, near = 1.0 / (1 << 20), 1e-4
	if !isFinite(d) {
		return false
	}
	loss := func(by float64) float64 {
		moved := at.given.Clone()
		moved.Values[g.Of.Name][k] += by
		if t.forward.Run(moved) != nil {
			return math.NaN()
		}
		sum := 0.0
		for _, u := range t.l.Upstreams {
			for i, dy := range at.given.Values[u.Name] {
				if dy != 0 {
					sum += dy * (moved.Values[u.Of.Name][i] - at.env.Values[u.Of.Name][i])
				}
			}
		}
		return sum / by
	}
	limit := near * math.Max(math.Abs(d), at.scale)
	return math.Abs(loss(step)-d) <= limit && math.Abs(loss(-step)-d) <= limit
}
