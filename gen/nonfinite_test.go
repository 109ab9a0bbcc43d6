package gen

import (
	"math"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/eval"
)

// TestNonFinite: NaN and infinities go through as the equations say, and large
// numbers do not become infinite.
func TestNonFinite(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	const places = `layer: places
dims: {N: , K: }
tensors:
  x: {role: input, shape: [N, K]}
  y: {role: output, shape: [N]}
forward: |
  y[n] = argmax(k, x[n][k])
backward: derive
`
	for _, c := range []struct {
		layer, dims, input string
		rows               [][]float64
	}{
		{"softmax", "M=6 D=9", "x", [][]float64{{nan}, {inf}, {-inf}, {1e4, -1e4}, {-1e4}, {3, nan, inf}}},
		{"log_softmax", "M=6 D=9", "x", [][]float64{{nan}, {inf}, {-inf}, {1e4, -1e4}, {-1e4}, {3, nan, inf}}},
		{"bce_with_logits", "M=17", "x", [][]float64{{1e4, -1e4, 50, -50, 0}}},
		{"layernorm", "M=4 D=9", "x", [][]float64{{nan}, {inf}, {1e4, -1e4}, {0}}},
		{"relu", "M=17", "x", [][]float64{{nan, inf, -inf}}},
		{"gelu", "M=17", "x", [][]float64{{nan, inf, 1e4, -1e4}}},
		{places, "N=9 K=4", "x", [][]float64{{nan}, {nan, 1, nan, 2}, {-inf}, {inf, nan, inf}, {1, nan, 1, -inf}, {0}, {nan, -inf, nan, 1}, {2, 3, nan, 3}, {nan, nan, nan, -1}}},
		{"attention", "N=1 A=1 T=5 S=6 D=3", "q", [][]float64{{nan}, {1e4}, {-1e4}, {0}, {1}}},
		{"attention", "N=1 A=1 T=5 S=6 D=3 causal=1", "q", [][]float64{{1e4}, {nan}, {-1e4}, {0}, {1}}},
		{"attention", "N=1 A=1 T=5 S=6 D=3 causal=1", "k", [][]float64{{1e4}, {-1e4}, {0}, {1}, {3}, {nan}}},
	} {
		t.Run(c.layer+" "+c.dims, func(t *testing.T) {
			p := proved(t, c.layer, c.dims)
			env := values(p, false, 3)
			in := env.Values[c.input]
			for r, row := range c.rows {
				copy(in[r*len(in)/len(c.rows):], row)
			}
			for _, target := range targets {
				_, programs, err := passes(p, target)
				if err != nil {
					t.Fatal(err)
				}
				want := env.Clone()
				if err := eval.Run(p.Forward, want); err != nil {
					t.Fatal(err)
				}
				mem := ir.NewMemory()
				for _, b := range workspace(programs) {
					mem.Add(b)
				}
				fillMemory(t, mem, programs[0], env)
				if err := ir.Run(programs[0], mem); err != nil {
					t.Fatal(err)
				}
				for _, u := range p.Upstreams {
					for i, w := range want.Values[u.Of.Name] {
						g := float64(mem.F32[u.Of.Name][i])
						if !(g == w || math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= 1e-4*math.Abs(w)+1e-6) {
							t.Errorf("%s: %s[%d] is %v, want %v", target.Name, u.Of.Name, i, g, w)
						}
					}
				}
			}
		})
	}
}
