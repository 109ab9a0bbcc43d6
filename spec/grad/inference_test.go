package grad_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
)

// What Forward gives is the same with and without a gradient; what is there for the
// gradient alone is gone.
func TestInference(t *testing.T) {
	const ours = `layer: ours
doc: A scale that only the gradient reads, and a state.
dims: {N: rows}
tensors:
  x: {role: input, shape: [N]}
  s: {role: saved, shape: [N]}
  u: {role: saved, shape: [N]}
  h: {role: scratch, shape: [N]}
  m: {role: state, shape: [N]}
  y: {role: output, shape: [N]}
forward: |
  s[n] = exp(x[n])
  h[n] = s[n]*s[n]
  u[n] = 2*h[n]
  y[n] = s[n] + 1
  m[n] = m[n] + s[n]
backward: |
  dx[n] = dy[n]*u[n]/(2*s[n])
`
	for _, c := range []struct {
		spec string
		dims map[string]string
		gone []string
	}{
		{ours, map[string]string{"N": "3"}, []string{"u", "h"}},
		{"lstm", map[string]string{"T": "3", "N": "2", "I": "3", "H": "2"}, nil},
		{"layernorm", map[string]string{"M": "3", "D": "4"}, nil},
		{"../../examples/networks/sequence.yaml", map[string]string{"T": "3", "N": "2", "V": "5", "E": "3", "H": "4"}, nil},
	} {
		file := c.spec
		if strings.Contains(file, "\n") {
			file = filepath.Join(t.TempDir(), "ours.yaml")
			put(t, file, c.spec)
		}
		p := proved(t, file, c.dims)
		env := randomEnv(p.Layer, rand.New(rand.NewPCG(1, 7)))
		other := randomEnv(p.Layer, rand.New(rand.NewPCG(1, 7)))
		for name, v := range env.Values {
			other.Values[name] = slices.Clone(v)
		}
		if err := eval.Run(p.Forward, env); err != nil {
			t.Fatal(err)
		}
		q := grad.Inference(p)
		if q.Backward != nil {
			t.Errorf("%s: there is a backward", q.Name)
		}
		if err := eval.Run(q.Forward, other); err != nil {
			t.Fatal(err)
		}
		for _, a := range q.Forward.Args {
			if d := cmp.Diff(env.Values[a.Name], other.Values[a.Name]); d != "" {
				t.Errorf("%s: %s (-with +without gradient):\n%s", q.Name, a.Name, d)
			}
		}
		for _, u := range q.Tensors {
			if u.Role == layer.Saved || slices.Contains(c.gone, u.Name) {
				t.Errorf("%s: %s is still there", q.Name, u.Name)
			}
		}
		for _, e := range q.Forward.Equations {
			if slices.Contains(c.gone, e.T.Name) {
				t.Errorf("%s: %s is still computed", q.Name, e.T.Name)
			}
		}
	}
}
