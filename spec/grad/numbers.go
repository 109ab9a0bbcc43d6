package grad

import (
	"fmt"
	"math"
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// NeverNumbers names an element of each output that is not a number at any of some random
// points, of which some are positive, negative, between 0 and 1, or tied. Layers that cost
// much to evaluate are not tried.
func NeverNumbers(l *layer.Layer) []string {
	if cost(l.Forward) > ownCost {
		return nil
	}
	p := newPoints(l, 1)
	never := map[*layer.Tensor][]bool{}
	tried := 0
	for _, m := range []mode{normal, positive, unit, ties, mixed, mixed, mixed, mixed, positive, unit} {
		env, _ := p.point(m)
		if eval.Run(l.Forward, env) != nil {
			continue // ids out of range
		}
		tried++
		for _, t := range results(l) {
			v := env.Values[t.Name]
			if never[t] == nil {
				never[t] = slices.Repeat([]bool{true}, len(v))
			}
			for i := range v {
				never[t][i] = never[t][i] && math.IsNaN(v[i])
			}
		}
	}
	if tried < 5 {
		return nil
	}
	var out []string
	for _, t := range results(l) {
		if i := slices.Index(never[t], true); i >= 0 {
			name := t.Name
			for _, k := range subscripts(t.Shape, i) {
				name += fmt.Sprintf("[%d]", k)
			}
			out = append(out, name)
		}
	}
	return out
}

// results are the real ones of a layer.
func results(l *layer.Layer) []*layer.Tensor {
	return slices.DeleteFunc(slices.Clone(l.Tensors), func(t *layer.Tensor) bool { return t.Role != layer.Output || t.Type != layer.Float32 })
}
