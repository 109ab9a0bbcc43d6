package grad

import (
	"github.com/dlgen/dlgen/spec/layer"
)

// derivedBest derives the backward pass of l without the gradients of extrema
// that cancel, as that of the maximum which a softmax subtracts does: whatever is
// subtracted there, the result is the same. That a gradient cancels is found as a
// declared pass is proved, at random points on small dims.
func derivedBest(l *layer.Layer, rebind func(map[string]string) (*layer.Layer, error)) (*layer.Program, error) {
	constant := map[string]bool{}
	whole, err := derive(l, constant)
	if err != nil || whole == nil {
		return whole, err
	}
	for _, name := range extrema(l, whole) {
		constant[name] = true
		if !cancels(l, whole, rebind, constant) {
			delete(constant, name)
		}
	}
	if len(constant) == 0 {
		return whole, nil
	}
	return derive(l, constant)
}

// maxExtrema bounds the time of the search.
const maxExtrema = 4

// extrema are the tensors that are maxima or minima and whose gradient the
// derived pass computes.
func extrema(l *layer.Layer, derived *layer.Program) []string {
	differentiated := map[*layer.Tensor]bool{}
	for _, e := range derived.Equations {
		if e.T.Of != nil {
			differentiated[e.T.Of] = true
		}
	}
	var out []string
	for _, e := range l.Forward.Equations {
		r, ok := e.Value.(*layer.Reduce)
		extreme := ok && (r.Op == layer.Max || r.Op == layer.Min)
		if extreme && differentiated[e.T] && e.T.Role != layer.Output && len(out) < maxExtrema {
			out = append(out, e.T.Name)
		}
	}
	return out
}

// cancels reports whether the gradients are those of the whole derived pass if those of
// the given tensors are taken for zero.
func cancels(l *layer.Layer, whole *layer.Program, rebind func(map[string]string) (*layer.Layer, error), constant map[string]bool) bool {
	p := &proof{wrong: map[string]bool{}, told: map[string]bool{}, candidate: func(small *layer.Layer) (*layer.Program, error) { return derive(small, constant) }}
	p.search(newSearch(l, rebind))
	return p.points > 0 && p.errs.Len() == 0 && p.untold(l, whole) == nil
}
