package eval_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

func bind(t testing.TB, text string) *layer.Layer {
	t.Helper()
	s, err := syntax.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const oneInput = `layer: test
dims: {N: {default: 4}}
tensors:
  x: {role: input, shape: [N], outside: OUTSIDE}
  id: {role: input, type: int32, shape: [N]}
  y: {role: output, shape: [N]}
forward: |
  EQUATION
backward: none
`

// TestEquations has one equation a case, over x = 3 -1 4 -1 and id = 2 0 3 0.
func TestEquations(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		equation string
		want     []float64
	}{
		{"y[n] = x[n] + id[n]", []float64{5, -1, 7, -1}},
		{"y[n] = x[n-1] + 10*x[n+2] + 0*id[n]", []float64{40, -7, -1, 4}},
		{"y[n] = x[2*n-2] + 0*id[n]", []float64{0, 3, 4, 0}},
		{"y[n] = x[id[n]]", []float64{4, 3, -1, 3}},
		{"y[id[n]] += x[n]", []float64{-2, 0, 3, 4}},
		{"y[n] = id[n]/2 + 0*x[n]", []float64{1, 0, 1.5, 0}},
		{"y[n] = x[(n+1)/2] + id[n]*0", []float64{3, -1, -1, 4}},
		{"y[n] = (n - 2)%3 + 0*x[id[n]]", []float64{1, 2, 0, 1}},
		{"y[n] = argmax(k, -x[k]) + 0*id[n]", []float64{1, 1, 1, 1}},
		{"y[n] = argmax(i < 2, j < 2, x[2*i+j]) + 0*id[n]", []float64{2, 2, 2, 2}},
		{"y[n] = max(k, x[k]) - min(k, x[k]) + 0*id[n]", []float64{5, 5, 5, 5}},
		{"y[n] = prod(k, where(k <= n, x[k], 1)) + 0*id[n]", []float64{3, -3, -12, 12}},
		{"y[n] = sum(i < 2, j < 3, 10*i + j) + 0*x[id[n]]", []float64{36, 36, 36, 36}},
		{"y[n] = where(n < 2 && id[n+2] == 3, 1/x[n], where(n > 2 || x[n] > 3, x[n], 7))", []float64{1. / 3, 7, 4, -1}},
		{"y[n] = where(!(x[n] < 0), sqrt(x[n]), 0) + 0*id[n]", []float64{math.Sqrt(3), 0, 2, 0}},
		{"y[n] = max(x[n], -1) + min(x[n], 3) + 0*id[n]", []float64{6, -2, 7, -2}},
		{"y[n] = pow(2, x[n]) + rsqrt(4) + 0*id[n]", []float64{8.5, 1, 16.5, 1}},
		{"y[n] = floor(x[n]/2) + abs(x[n]) + 0*id[n]", []float64{4, 0, 6, 0}},
		{"y[n] = 1/(x[n] + 1) + 0*id[n]", []float64{0.25, inf, 0.2, inf}},
	}
	for _, test := range tests {
		l := bind(t, strings.NewReplacer("EQUATION", test.equation, "OUTSIDE", "0").Replace(oneInput))
		env := eval.NewEnv()
		env.Values["x"] = []float64{3, -1, 4, -1}
		env.Values["id"] = []float64{2, 0, 3, 0}
		env.Values["y"] = []float64{9, 9, 9, 9} // overwritten, by += too
		if err := eval.Run(l.Forward, env); err != nil {
			t.Errorf("%s: %v", test.equation, err)
		} else if diff := cmp.Diff(test.want, env.Values["y"]); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.equation, diff)
		}
	}
}

func TestOutside(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "-inf": math.Inf(-1), "inf": math.Inf(1)} {
		l := bind(t, strings.NewReplacer("EQUATION", "y[n] = x[id[n]]", "OUTSIDE", text).Replace(oneInput))
		env := eval.NewEnv()
		env.Values["x"] = []float64{3, -1, 4, -1}
		env.Values["id"] = []float64{-1, 1, 2, 4}
		if err := eval.Run(l.Forward, env); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]float64{want, -1, 4, want}, env.Values["y"]); diff != "" {
			t.Errorf("outside %s: (-want +got)\n%s", text, diff)
		}
	}
}

func TestState(t *testing.T) {
	l := bind(t, `layer: test
dims: {M: {default: 2}}
tensors:
  w: {role: state, shape: [M]}
  m: {role: state, shape: [M]}
  g: {role: input, shape: [M], grad: none}
  lr: {role: scalar}
  t: {role: scalar, type: int}
forward: |
  w[i] = w[i] - lr*m[i]/(1 - pow(0.5, t))
  m[i] = 0.5*m[i] + g[i]
backward: none
`)
	env := eval.NewEnv()
	w, m := []float64{1, 2}, []float64{4, 8}
	env.Values = map[string][]float64{"w": w, "m": m, "g": {1, 1}, "lr": {3}, "t": {1}}
	if err := eval.Run(l.Forward, env); err != nil {
		t.Fatal(err)
	}
	// m reads its own old values, w the new ones of m.
	if diff := cmp.Diff([]float64{3, 5}, m); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{1 - 18, 2 - 30}, w); diff != "" {
		t.Error(diff)
	}
}

// TestWrapping computes integers as generated code does, in 32 bits.
func TestWrapping(t *testing.T) {
	l := bind(t, `layer: test
dims: {N: {default: 4}}
tensors:
  id: {role: input, type: int32, shape: [N]}
  k: {role: output, type: int32, shape: [N]}
  y: {role: output, shape: [N]}
forward: |
  k[n] = id[n]*65536/3
  y[n] = where(id[n] + 1 > 0, 2, 1)
backward: none
`)
	env := eval.NewEnv()
	env.Values["id"] = []float64{3, 32767, 32768, 1<<31 - 1}
	if err := eval.Run(l.Forward, env); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{65536, 715806037, -715827883, -21846}, env.Values["k"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]float64{2, 2, 2, 1}, env.Values["y"]); diff != "" {
		t.Error(diff)
	}
}

// TestUniform pins the generator: these numbers are part of the language.
func TestUniform(t *testing.T) {
	l := bind(t, `layer: test
dims: {M: {default: 4}}
tensors:
  seed: {role: scalar, type: uint64}
  y: {role: output, shape: [M]}
  z: {role: output, shape: [M]}
forward: |
  y[m] = uniform(seed, 3*m)
  z[m] = uniform(seed + 3, m) + uniform(7, m)
backward: none
`)
	env := eval.NewEnv()
	env.Seeds["seed"] = 1<<63 + 5
	if err := eval.Run(l.Forward, env); err != nil {
		t.Fatal(err)
	}
	a, b := layer.SeedKeys(1<<63 + 5)
	for m, got := range env.Values["y"] {
		h := uint32(3*m) ^ a
		for k := range 2 {
			h += uint32(k) * b
			h ^= h >> 16
			h *= 0x7feb352d
			h ^= h >> 15
			h *= 0x846ca68b
			h ^= h >> 16
		}
		if want := float64(h>>8) / (1 << 24); got != want {
			t.Errorf("number %d is %v, want %v", m, got, want)
		}
	}
	a, b = layer.SeedKeys(1<<63 + 8)
	c, d := layer.SeedKeys(7)
	for m, got := range env.Values["z"] {
		if want := float64(layer.UniformAt(a, b, uint32(m))) + float64(layer.UniformAt(c, d, uint32(m))); got != want {
			t.Errorf("sum %d is %v, want %v", m, got, want)
		}
	}
	// The mean and the spread of many seeds and positions.
	sum, square, n := 0.0, 0.0, 0.0
	for seed := range uint64(100) {
		a, b := layer.SeedKeys(seed)
		for k := range uint32(1000) {
			u := float64(layer.UniformAt(a, b, k))
			sum, square, n = sum+u, square+u*u, n+1
		}
	}
	if mean, second := sum/n, square/n; math.Abs(mean-0.5) > 0.004 || math.Abs(second-1./3) > 0.004 {
		t.Errorf("mean %v, mean square %v", mean, second)
	}
}

func TestErrors(t *testing.T) {
	l := bind(t, strings.NewReplacer("EQUATION", "y[n] = where(n == 3, 0, sum(k, x[k])) + w[id[n]]", ", outside: OUTSIDE", "",
		"  y: ", "  w: {role: param, shape: [2]}\n  y: ").Replace(oneInput))
	valid := func() *eval.Env {
		env := eval.NewEnv()
		env.Values = map[string][]float64{"x": {1, 2, 3, 4}, "w": {1, 2}, "id": {0, 1, 0, 1}}
		return env
	}
	if err := eval.Run(l.Forward, valid()); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		change func(env *eval.Env)
		want   string
	}{
		{func(env *eval.Env) { delete(env.Values, "x") }, "no values for x"},
		{func(env *eval.Env) { env.Values["x"] = make([]float64, 3) }, "x has 3 values, its shape wants 4"},
		{func(env *eval.Env) { env.Values["id"][2] = 2 }, "test.yaml:9:43: id[n] = 2 is not in [0,2) (subscript 1 of w)"},
		{func(env *eval.Env) { env.Values["id"][0] = -1 }, "test.yaml:9:43: id[n] = -1 is not in [0,2) (subscript 1 of w)"},
	}
	for _, test := range tests {
		env := valid()
		test.change(env)
		if err := eval.Run(l.Forward, env); err == nil || err.Error() != test.want {
			t.Errorf("got error %v, want %s", err, test.want)
		}
	}
}

func BenchmarkDense(b *testing.B) {
	l := bind(b, `layer: dense
dims: {N: {default: 16}, I: {default: 64}, O: {default: 32}}
tensors:
  x: {role: input, shape: [N, I]}
  w: {role: param, shape: [I, O]}
  y: {role: output, shape: [N, O]}
forward: |
  y[n][o] = sum(i, x[n][i]*w[i][o])
backward: none
`)
	env := eval.NewEnv()
	env.Values["x"] = make([]float64, 16*64)
	env.Values["w"] = make([]float64, 64*32)
	m := eval.Compile(l.Forward)
	for b.Loop() {
		if err := m.Run(env); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*16*64*32), "ns/term")
}

// TestRounding wants that only what is rounded is changed, and by little.
func TestRounding(t *testing.T) {
	l := bind(t, strings.NewReplacer("EQUATION", "y[n] = where(n < 2, x[n]*0.5 + id[n], sum(k, x[k]/3) + tanh(x[n])*x[n] - prod(k, x[k]/7))", "OUTSIDE", "0").Replace(oneInput))
	given := map[string][]float64{"x": {3, -1, 4, -1}, "id": {2, 0, 3, 0}}
	want := &eval.Env{Values: maps.Clone(given)}
	if err := eval.Run(l.Forward, want); err != nil {
		t.Fatal(err)
	}
	m := eval.CompileRounding(l.Forward, rand.New(rand.NewPCG(1, 2)))
	moved := make([]bool, 4)
	for range 20 {
		got := &eval.Env{Values: maps.Clone(given)}
		if err := m.Run(got); err != nil {
			t.Fatal(err)
		}
		for n, v := range got.Values["y"] {
			d := math.Abs(v - want.Values["y"][n])
			if moved[n] = moved[n] || d > 0; d > 1e-14 {
				t.Errorf("y[%d] is %v, want about %v", n, v, want.Values["y"][n])
			}
		}
	}
	if diff := cmp.Diff([]bool{false, false, true, true}, moved); diff != "" {
		t.Errorf("what is rounded: (-want +got)\n%s", diff)
	}
}
