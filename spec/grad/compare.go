package grad

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

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

// allFinite reports whether the outputs with these upstream gradients are finite.
func allFinite(env *eval.Env, upstreams []*layer.Tensor) bool {
	for _, u := range upstreams {
		for _, v := range env.Values[u.Of.Name] {
			if !isFinite(v) {
				return false
			}
		}
	}
	return true
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// firstDifference gives the first element that differs, or -1. Where the
// derivative is not finite, as that of log at 0, anything goes. Far out, more
// may cancel.
func firstDifference(got, want []float64, m mode) int {
	scale := 0.01
	if m == wide || m == beyond {
		scale = 1
	}
	for _, v := range want {
		if isFinite(v) {
			scale = math.Max(scale, math.Abs(v))
		}
	}
	for k, v := range want {
		if isFinite(v) && !(math.Abs(got[k]-v) <= tolerance*scale) {
			return k
		}
	}
	return -1
}
