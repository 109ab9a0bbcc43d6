package gen

import (
	"math"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
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
				want := env.Clone()
				if err := eval.Run(p.Forward, want); err != nil {
					t.Fatal(err)
				}
				mem := ranForward(t, p, target, env)
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

// ranForward is what the forward pass for a target leaves.
func ranForward(t *testing.T, p *layer.Proved, target machine.Target, env *eval.Env) *ir.Memory {
	t.Helper()
	_, programs, err := passes(p, target)
	if err != nil {
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
	return mem
}

// TestLargeTerms sums terms of which each is small, but made of large ones that make up for
// each other: what is added up before them is not lost.
func TestLargeTerms(t *testing.T) {
	kl := `layer: kl
dims: {N: , D: }
tensors:
  x: {role: input, shape: [N, D]}
  target: {role: input, shape: [N, D], grad: none}
  y: {role: output, shape: [N]}
forward: |
  y[n] = sum(d, max(x[n][d], 0) - x[n][d]*target[n][d] + log1p(exp(-abs(x[n][d]))))
backward: derive
`
	for _, c := range []struct{ layer, dims string }{{"bce_with_logits", "M=103"}, {kl, "N=7 D=33"}, {kl, "N=40 D=5"}} {
		for _, large := range []float64{1e4, 1e8} {
			p := proved(t, c.layer, c.dims)
			env := values(p, false, 3)
			x, right := env.Values["x"], env.Values["target"]
			for i := range x {
				switch i % 3 {
				case 0:
					x[i], right[i] = large, 1
				case 1:
					x[i], right[i] = -large, 0
				}
			}
			want := env.Clone()
			if err := eval.Run(p.Forward, want); err != nil {
				t.Fatal(err)
			}
			for _, target := range targets {
				mem := ranForward(t, p, target, env)
				for _, u := range p.Upstreams {
					for i, w := range want.Values[u.Of.Name] {
						if g := float64(mem.F32[u.Of.Name][i]); math.Abs(g-w) > 1e-6*math.Abs(w) {
							t.Errorf("%s %s with %g: %s[%d] is %v, want %v", p.Name, target.Name, large, u.Of.Name, i, g, w)
						}
					}
				}
			}
		}
	}
}

// TestLargeIntegers: what integers differ by is rounded, not these.
func TestLargeIntegers(t *testing.T) {
	p := proved(t, `layer: decay
dims: {T: }
tensors:
  time: {role: input, type: int32, shape: [T]}
  y: {role: output, shape: [T, T]}
  z: {role: output, shape: [T]}
  s: {role: output, shape: [T, T]}
forward: |
  y[i][j] = exp(-0.01*abs(time[i] - time[j]))
  z[i] = 0.5*(time[i] - 1700000000) + (3 - time[i])
  s[i][j] = time[i] + time[j] - 2*time[i]%7
backward: none
`, "T=37")
	env := values(p, false, 3)
	for i := range env.Values["time"] {
		env.Values["time"][i] = []float64{1700000000, 1700000013, -2147483648, 2147483647, 1699999950, -16777217, 5}[i%7] + float64(i/7*(i%7%2))
		if i%7 == 3 {
			env.Values["time"][i] = 2147483647 - float64(i)
		}
	}
	want := env.Clone()
	if err := eval.Run(p.Forward, want); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		mem := ranForward(t, p, target, env)
		for _, name := range []string{"y", "z", "s"} {
			for i, w := range want.Values[name] {
				if g := float64(mem.F32[name][i]); math.Abs(g-w) > 2e-6*math.Abs(w) {
					t.Errorf("%s: %s[%d] is %v, want %v", target.Name, name, i, g, w)
				}
			}
		}
	}
}
