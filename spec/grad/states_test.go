package grad_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// parts are layers with a state: one reads it as it is after its update, one as it was.
var parts = map[string]string{
	"counted": `layer: counted
dims: {N: elements}
tensors:
  x: {role: input, shape: [N]}
  m: {role: state, shape: []}
  f: {role: saved, shape: []}
  y: {role: output, shape: [N]}
forward: |
  m = m + 1
  f = 1/m
  y[n] = x[n]*f
backward: |
  dx[n] = dy[n]*f
`,
	"centred": `layer: centred
dims: {N: elements}
tensors:
  x: {role: input, shape: [N]}
  m: {role: state, shape: []}
  y: {role: output, shape: [N]}
forward: |
  m = 0.5*m + sum(n, x[n])
  y[n] = x[n]*x[n] - old(m)
backward: derive
`,
	"both": `layer: both
layers: {counted: counted.yaml, centred: centred.yaml}
dims: {N: elements}
tensors:
  x: {role: input, shape: [N]}
  m: {role: state, shape: []}
  y: {role: output, shape: [N]}
forward: |
  h = counted(x, m)
  y = centred(h, m)
backward: derive
`,
	"scaled": `layer: scaled
dims: {N: elements}
tensors:
  x: {role: input, shape: [N]}
  m: {role: state, shape: []}
  s: {role: saved, shape: []}
  y: {role: output, shape: [N]}
forward: |
  s = sum(n, x[n])
  y[n] = x[n]*s
  m = m + s
backward: |
  dx[n] = dy[n]*s + sum(k < N, dy[k]*x[k])
`,
	"times": `layer: times
dims: {N: elements}
tensors:
  x: {role: input, shape: [N]}
  f: {role: input, shape: [], grad: none}
  y: {role: output, shape: [N]}
forward: |
  y[n] = x[n]*f
backward: |
  dx[n] = dy[n]*f
`,
}

// TestStates compares layers that update states with the equations that say the same.
func TestStates(t *testing.T) {
	const tensors = `  x: {role: input, shape: [3]}
  m: {role: state, shape: []}
  y: {role: output, shape: [3]}
  z: {role: output, shape: [3]}
`
	for name, c := range map[string]struct{ applied, plain string }{
		"one layer after the other": {
			"y = counted(x, m)\n  z = counted(y, m)",
			"a = old(m) + 1\n  y[n] = x[n]/a\n  b = a + 1\n  z[n] = y[n]/b\n  m = b",
		},
		"the other way round": {
			"z = counted(y, m)\n  y = counted(x, m)",
			"a = old(m) + 1\n  y[n] = x[n]/a\n  b = a + 1\n  z[n] = y[n]/b\n  m = b",
		},
		"as it was before each": {
			"y = centred(x, m)\n  z = centred(y, m)",
			"y[n] = x[n]*x[n] - old(m)\n  a = 0.5*old(m) + sum(n, x[n])\n  z[n] = y[n]*y[n] - a\n  m = 0.5*a + sum(n, y[n])",
		},
		"in the order of the spec": {
			"y = counted(g, m)\n  z = centred(x, m)\n  g[n] = 2*x[n]",
			"a = old(m) + 1\n  y[n] = 2*x[n]/a\n  z[n] = x[n]*x[n] - a\n  m = 0.5*a + sum(n, x[n])",
		},
		"within layers": {
			"y = both(x, m)\n  z = both(y, m)",
			"a = old(m) + 1\n  g[n] = x[n]/a\n  y[n] = g[n]*g[n] - a\n  b = 0.5*a + sum(n, g[n]) + 1\n" +
				"  h[n] = y[n]/b\n  z[n] = h[n]*h[n] - b\n  m = 0.5*b + sum(n, h[n])",
		},
		"read around it": {
			"y = scaled(x, m)\n  a = old(m)\n  z[n] = y[n] + a*x[n]",
			"a = old(m)\n  y[n] = x[n]*sum(k < 3, x[k])\n  z[n] = y[n] + a*x[n]\n  m = m + sum(n, x[n])",
		},
		"written for what it gave": {
			"a = old(m)\n  y = times(x, a)\n  z[n] = y[n]\n  m = m - sum(n, y[n])",
			"a = old(m)\n  y[n] = x[n]*a\n  z[n] = y[n]\n  m = m - sum(n, y[n])",
		},
		"read first": {
			"a = old(m)\n  y = scaled(x, m)\n  z = scaled(y, m)",
			"y[n] = x[n]*sum(k < 3, x[k])\n  z[n] = y[n]*sum(k < 3, y[k])\n  m = m + sum(n, x[n]) + sum(n, y[n])",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range parts {
				put(t, filepath.Join(dir, file+".yaml"), text)
			}
			read := func(file, forward string) *layer.Proved {
				spec := "layer: whole\nlayers:\n"
				for part := range parts {
					if strings.Contains(forward, "= "+part) {
						spec += "  " + part + ": " + part + ".yaml\n"
					}
				}
				spec = strings.TrimSuffix(spec, "layers:\n")
				spec += "tensors:\n" + tensors
				for line, declared := range map[string]string{
					"a = ": "a: {role: saved, shape: [], grad: none}", "b = ": "b: {role: saved, shape: [], grad: none}",
					"g[n] = ": "g: {role: scratch, shape: [3]}", "h[n] = ": "h: {role: scratch, shape: [3]}",
				} {
					if strings.Contains("  "+forward, "  "+line) {
						spec += "  " + declared + "\n"
					}
				}
				put(t, filepath.Join(dir, file), spec+"forward: |\n  "+forward+"\nbackward: derive\n")
				return proved(t, filepath.Join(dir, file), nil)
			}
			same(t, read("applied.yaml", c.applied), read("plain.yaml", c.plain))
		})
	}
}

// same compares what two layers with the same tensors give.
func same(t *testing.T, p, q *layer.Proved) {
	t.Helper()
	one := randomEnv(p.Layer, rand.New(rand.NewPCG(1, 7)))
	other := randomEnv(q.Layer, rand.New(rand.NewPCG(1, 7)))
	for name, v := range one.Values {
		if other.Values[name] != nil {
			other.Values[name] = slices.Clone(v)
		}
	}
	for env, l := range map[*eval.Env]*layer.Proved{one: p, other: q} {
		for _, pass := range []*layer.Program{l.Forward, l.Backward} {
			if err := eval.Run(pass, env); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"y", "z", "m", "dx"} {
		for k, v := range one.Values[name] {
			if w := other.Values[name][k]; math.Abs(v-w) > 1e-9*math.Max(1, math.Abs(w)) {
				t.Errorf("%s, element %d: %v, by equations %v", name, k, v, w)
			}
		}
	}
}
