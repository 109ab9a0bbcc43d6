package grad_test

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// constants are specs in which something happens beyond a constant alone, with a wrong
// gradient that is right up to there.
var constants = []struct{ name, right, wrong, spec string }{
	{"shift", "dx[t][c] = dy[t][c] + where(t + 40 < T, 0.5*dy[t+40][c], 0)", "dx[t][c] = dy[t][c]", `forward: |
  y[t][c] = x[t][c] + 0.5*x[t-40][c]
`},
	{"condition", "dx[t][c] = dy[t][c]*where(t >= 40, 3, 1)", "dx[t][c] = dy[t][c]", `forward: |
  y[t][c] = where(t >= 40, 3, 1)*x[t][c]
`},
	{"window", "dx[t][c] = sum(s < 24, where(t + s < T, dy[t+s][c], 0))", "dx[t][c] = sum(s < 16, where(t + s < T, dy[t+s][c], 0))", `forward: |
  y[t][c] = sum(s < 24, x[t-s][c])
`},
	{"of the gradient", "dx[t][c] = 2*dy[t][c]", "dx[t][c] = where(t < 300, 2*dy[t][c], 0)", `forward: |
  y[t][c] = 2*x[t][c]
`},
}

const constantSpec = `layer: a
dims: {T: , C: }
tensors:
  x: {role: input, shape: [T, C], outside: 0}
  y: {role: output, shape: [T, C]}
`

// TestConstants proves gradients at dims that are too large to be evaluated.
func TestConstants(t *testing.T) {
	for _, tt := range constants {
		for _, backward := range []string{tt.right, tt.wrong} {
			s, err := syntax.Parse("a.yaml", []byte(constantSpec+tt.spec+"backward: |\n  "+backward+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			rebind := func(given map[string]string) (*layer.Layer, error) { return check.Check(s, given) }
			l, err := rebind(map[string]string{"T": "5000", "C": "64"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = grad.Prove(l, rebind)
			switch {
			case backward == tt.right && err != nil:
				t.Errorf("%s: %v", tt.name, err)
			case backward == tt.wrong && (err == nil || !strings.Contains(err.Error(), "wrong gradient")):
				t.Errorf("%s: %s is not refused: %v", tt.name, backward, err)
			}
		}
	}
}

// TestFarMaximum derives the gradient of a maximum that cancels up to step 40 alone.
func TestFarMaximum(t *testing.T) {
	s, err := syntax.Parse("a.yaml", []byte(`layer: a
dims: {T: , C: }
tensors:
  x: {role: input, shape: [T, C]}
  v: {role: input, shape: [T, C], outside: 0}
  m: {role: saved, shape: [C]}
  e: {role: saved, shape: [T, C]}
  y: {role: output, shape: [T, C]}
forward: |
  m[c] = max(t, x[t][c])
  e[t][c] = exp(x[t][c] - m[c])
  y[t][c] = e[t][c]*v[t-40][c]
backward: derive
`))
	if err != nil {
		t.Fatal(err)
	}
	rebind := func(given map[string]string) (*layer.Layer, error) { return check.Check(s, given) }
	l, err := rebind(map[string]string{"T": "5000", "C": "64"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := grad.Prove(l, rebind)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, e := range p.Backward.Equations {
		text += e.Text + "\n"
	}
	if !strings.Contains(text, "argmax") {
		t.Errorf("the maximum has no gradient:\n%s", text)
	}
}
