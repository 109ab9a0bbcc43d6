package eval_test

import (
	"math/rand/v2"
	"testing"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// TestSpot computes elements one by one: they are those of a whole pass.
func TestSpot(t *testing.T) {
	l := bind(t, `layer: test
dims: {T: {default: 5}, N: {default: 4}}
indices: {a: 2, b: N/2, c: 2, d: 2}
tensors:
  x: {role: input, shape: [T, N], outside: 0}
  id: {role: input, type: int32, shape: [N]}
  p: {role: scratch, shape: [2*N]}
  h: {role: output, shape: [T, N]}
  y: {role: output, shape: [N]}
  z: {role: output, shape: [4, T]}
forward: |
  p[2*n] = x[0][n]
  p[2*n+1] = exp(x[1][n])
  h[t][a*(N/2)+b] = x[t+1][a*(N/2)+b] + where(t == 0, p[a], 0.5*h[t-1][N-1-a*(N/2)-b])
  y[n] = h[T-1][id[n]] + sum(t, h[t][n]*x[t][n])
  z[2*c+d][T-1-t] = h[t][c+d] + d
backward: none
`)
	env := eval.NewEnv()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		env.Values["x"] = append(env.Values["x"], rng.NormFloat64())
	}
	env.Values["id"] = []float64{3, 0, 0, 2}
	given := func(t *layer.Tensor, k int) float64 { return env.Values[t.Name][k] }
	s := eval.NewSpot(l.Forward.Equations, given, 0, func(*layer.Equation) float64 { return 1 })
	whole := env.Clone()
	if err := eval.Run(l.Forward, whole); err != nil {
		t.Fatal(err)
	}
	for _, x := range l.Tensors {
		for k := range x.Size() {
			if got, ok := s.At(x, k, 100); !ok || got != whole.Values[x.Name][k] {
				t.Errorf("%s, element %d: got %v, %v, want %v", x.Name, k, got, ok, whole.Values[x.Name][k])
			}
		}
	}
	s = eval.NewSpot(l.Forward.Equations, given, 0, func(*layer.Equation) float64 { return 1 })
	if _, ok := s.At(l.Tensors[4], 0, 3); ok {
		t.Error("an element that costs more than it may was computed")
	}
}
