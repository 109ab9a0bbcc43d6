package grad_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

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
			_, err := proveAt(constantSpec+tt.spec+"backward: |\n  "+backward+"\n", "T=5000 C=64")
			switch {
			case backward == tt.right && err != nil:
				t.Errorf("%s: %v", tt.name, err)
			case backward == tt.wrong && (err == nil || !strings.Contains(err.Error(), "wrong gradient")):
				t.Errorf("%s: %s is not refused: %v", tt.name, backward, err)
			}
		}
	}
}

// kept are specs with a maximum of which the gradient does not cancel, though it does on
// small dims: up to step 40, or, as there are 64 products in any case, where x is read
// beyond its end alone.
var kept = []struct{ name, dims, spec string }{
	{"far", "T=5000 C=64", `dims: {T: , C: }
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
`},
	{"of its own", "A=40000 B=4 C=3 T=8", `dims: {A: , B: , C: , T: }
require:
  A > 30: many
tensors:
  x: {role: input, shape: [T, C]}
  m: {role: scratch, shape: [C]}
  s: {role: scratch, shape: [C]}
  y: {role: output, shape: [T, C]}
  q: {role: output, shape: [B, A]}
forward: |
  m[c] = max(t, x[t][c])
  s[c] = log(sum(t, exp(x[t][c] - m[c])))
  y[t][c] = x[t][c] - m[c] - s[c]
  q[b][a] = where(b > 2, s[b-3], 0)*a
backward: derive
`},
	{"crop", "B=208", `dims: {B: }
tensors:
  x: {role: input, shape: [B], outside: 0}
  w: {role: param, shape: [200, 64]}
  s: {role: scratch, shape: [200, 64]}
  m: {role: scratch, shape: [200]}
  y: {role: output, shape: [200]}
forward: |
  s[n][k] = x[n+8]*w[n][k]
  m[n] = max(k, s[n][k])
  y[n] = m[n]*m[n]
backward: derive
`},
}

// unreached are specs with gradients that are wrong only where small dims do not come: in
// blocks far apart, beyond an attribute, where a table is longer than a shift, or under
// conditions that seldom hold in a layer that cannot be small.
var unreached = []struct{ name, dims, spec string }{
	{"blocks", "T=1000", `dims: {T: }
tensors:
  x: {role: input, shape: [T]}
  y: {role: output, shape: [T]}
forward: |
  y[t] = x[t] + sum(s < T, where(t/16 > s/16 + 2, x[s], 0))
backward: |
  dx[t] = dy[t]
`},
	{"attribute", "T=100000", `dims: {T: }
attrs: {w: {default: 60}}
tensors:
  x: {role: input, shape: [T]}
  y: {role: output, shape: [T]}
forward: |
  y[t] = x[t] + where(t >= w, x[t%8], 0)
backward: |
  dx[t] = dy[t]
`},
	{"a dim as a shift", "N=64 T=128 C=64 W=32", `dims: {N: , T: , C: , W: }
tensors:
  x: {role: input, shape: [N, T, C], outside: 0}
  y: {role: output, shape: [N, T, C]}
forward: |
  y[n][t][c] = x[n][t][c] - x[n][t-W][c]
backward: |
  dx[n][t][c] = dy[n][t][c]
`},
	{"a dim as a window", "N=8 T=128 D=64 W=32", `dims: {N: , T: , D: , W: }
indices: {u: T}
tensors:
  q: {role: input, shape: [N, T, D]}
  k: {role: input, shape: [N, T, D], grad: none}
  y: {role: output, shape: [N, T]}
forward: |
  y[n][t] = sum(u, where(u <= t && t-u < W, sum(d, q[n][t][d]*k[n][u][d]), 0))
backward: |
  dq[n][t][d] = sum(u, where(u <= t, dy[n][t]*k[n][u][d], 0))
`},
	{"one dim for an attribute", "N=64 C=64 K=64 T=128 S=4 dil=8", `dims: {N: , T: , C: , K: , S: , dil: {default: 1}}
tensors:
  x: {role: input, shape: [N, T, C], outside: 0}
  w: {role: param, shape: [S, C, K], grad: none}
  y: {role: output, shape: [N, T, K], outside: 0}
forward: |
  y[n][t][k] = sum(s, c, x[n][t-(S-1-s)*dil][c]*w[s][c][k])
backward: |
  dx[n][t][c] = sum(s, k, where(t+(S-1-s)*C < T, dy[n][t+(S-1-s)*dil][k], 0)*w[s][c][k])
`},
	{"one dim for a stride", "N=64 L=126 C=64 stride=3", `dims: {N: , L: , C: , stride: {default: 1}, Q: {value: L/stride}}
tensors:
  x: {role: input, shape: [N, L, C]}
  y: {role: output, shape: [N, Q, C], outside: 0}
forward: |
  y[n][q][c] = x[n][q*stride][c]
backward: |
  dx[n][l][c] = where(l%stride == 0, dy[n][l/Q][c], 0)
`},
	{"two dims", "A=200000 B=20 T=6", `dims: {A: , B: , T: }
require:
  T > 5: as many as that
tensors:
  x0: {role: input, shape: [A]}
  x2: {role: input, shape: [B], outside: 0}
  s: {role: output, shape: [T]}
  q: {role: output, shape: [A]}
forward: |
  s[t] = x2[t+12]*x2[t+12]
  q[a] = x0[a]*2
backward: |
  dx2[i] = 0*x2[i]
  dx0[a] = dq[a]*2
`},
	{"seldom", "A=100", `dims: {A: }
require:
  A >= 100: so many
tensors:
  g: {role: input, shape: [2], grad: none}
  w: {role: input, shape: [A, 90]}
  x: {role: input, shape: [A]}
  q: {role: output, shape: [A]}
forward: |
  q[a] = sum(j < 90, w[a][j]*w[a][j]) + where(g[0] < -0.7 && g[1] > 0.7, x[a], 0)
backward: |
  dw[a][j] = 2*w[a][j]*dq[a]
  dx[a] = 0
`},
}

// TestUnreached refuses them.
func TestUnreached(t *testing.T) {
	for _, tt := range unreached {
		if _, err := proveAt("layer: a\n"+tt.spec, tt.dims); err == nil || !strings.Contains(err.Error(), "wrong gradient") {
			t.Errorf("%s: not refused: %v", tt.name, err)
		}
	}
}

// TestKeptMaximum derives gradients at dims that are too large to be evaluated.
func TestKeptMaximum(t *testing.T) {
	for _, tt := range kept {
		p, err := proveAt("layer: a\n"+tt.spec, tt.dims)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, e := range p.Backward.Equations {
			text += e.Text + "\n"
		}
		if !strings.Contains(text, "argmax") {
			t.Errorf("%s: the maximum has no gradient:\n%s", tt.name, text)
		}
	}
}

// TestUntold refuses a declared gradient that is 0 at every point, unless those are of the
// layer's own dims.
func TestUntold(t *testing.T) {
	const spec = `layer: a
dims: {N: }
tensors:
  x: {role: input, shape: [N]}
  s: {role: scratch, shape: [N]}
  y: {role: output, shape: [N]}
forward: |
  s[n] = sum(k < 1000, floor(x[n])*0)
  y[n] = s[n]*x[n]
backward: |
  dx[n] = %s
`
	for _, tt := range []struct{ dx, dims, want string }{
		{"dy[n]*s[n]", "N=100000", "it is 0 at all of the random points"},
		{"dy[n]*s[n]", "N=3", ""},
		{"dy[n]", "N=3", "wrong gradient"},
	} {
		_, err := proveAt(strings.Replace(spec, "%s", tt.dx, 1), tt.dims)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s at %s: got %v, want %s", tt.dx, tt.dims, err, tt.want)
		}
	}
}

// TestFlags proves gradients that are 0 unless an integer has a certain value.
func TestFlags(t *testing.T) {
	const spec = `layer: a
dims: {N: }
tensors:
  flag: {role: input, type: int32, shape: [N]}
  label: {role: input, type: int32, shape: [N]}
  step: {role: scalar, type: int}
  x: {role: input, shape: [N]}
  y: {role: output, shape: [N]}
forward: |
  y[n] = where(flag[n] == 70, x[n]*x[n], 0) + where(step > 1000, 5*x[n], 0) + where(label[n] != -100, x[label[n]], 0)
backward: |
  dx[n] = where(flag[n] == 70, 2*x[n]*dy[n], 0) + where(step > 1000, 5*dy[n], 0) + sum(m, where(label[m] == n, dy[m], 0))
`
	for _, tt := range []struct{ old, new string }{
		{"", ""},
		{"2*x[n]", "3*x[n]"},
		{"5*dy[n]", "4*dy[n]"},
		{"where(label[m] == n, dy[m], 0)", "where(label[m] == n || label[m] == -100, dy[m], 0)"},
	} {
		_, err := proveAt(strings.Replace(spec, tt.old, tt.new, 1), "N=6")
		if wrong := err != nil && strings.Contains(err.Error(), "wrong gradient"); wrong != (tt.old != "") || err != nil && !wrong {
			t.Errorf("%s: %v", tt.new, err)
		}
	}
}

// TestUsesOfIDs proves a gradient with ids that are guarded at one place and not at another,
// so many of them that one drawn beyond what the other place allows would spoil every point.
func TestUsesOfIDs(t *testing.T) {
	if _, err := proveAt(`layer: a
dims: {N: , V: }
require:
  N >= 60: many
tensors:
  id: {role: input, type: int32, shape: [N]}
  e: {role: param, shape: [V]}
  y: {role: output, shape: [N]}
forward: |
  y[n] = where(id[n] >= 0, e[id[n]], 0) + 2*e[id[n]]
backward: |
  de[id[n]] += 3*dy[n]
`, "N=60 V=3"); err != nil {
		t.Error(err)
	}
}

// TestLimits: gradients need to be right where the numbers that a call is given may be, and only
// there.
func TestLimits(t *testing.T) {
	for limit, right := range map[string]bool{"min: 0": true, "above: 1, below: 1.5": true, "min: -1": false, "max: 0": false, "max: 1": false} {
		_, err := proveAt(`layer: a
dims: {N: rows}
tensors:
  x: {role: input, shape: [N]}
  s: {role: scalar, `+limit+`}
  k: {role: scalar, type: int, min: 2, max: 3}
  y: {role: output, shape: [N]}
forward: |
  y[n] = x[n]*abs(s) + where(k < 2, x[n]*x[n], 0)
backward: |
  dx[n] = dy[n]*s
`, "N=3")
		if (err == nil) != right {
			t.Errorf("%s: %v", limit, err)
		}
	}
}

// proveAt proves a spec at the dims.
func proveAt(text, dims string) (*layer.Proved, error) {
	s, err := syntax.Parse("a.yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	given := map[string]string{}
	for _, d := range strings.Fields(dims) {
		name, value, _ := strings.Cut(d, "=")
		given[name] = value
	}
	rebind := func(given map[string]string) (*layer.Layer, error) { return check.Check(s, given) }
	l, err := rebind(given)
	if err != nil {
		return nil, err
	}
	return grad.Prove(l, rebind)
}

// TestHidden: gradients that are wrong where points seldom come by chance are refused, and
// right ones are not.
func TestHidden(t *testing.T) {
	file, err := txtar.ParseFile("testdata/hidden.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range file.Files {
		name, dims, _ := strings.Cut(f.Name, " ")
		right, wrong, _ := strings.Cut(string(f.Data), "\nwrong: |\n")
		forward, _, _ := strings.Cut(right, "backward: |\n")
		t.Run(name, func(t *testing.T) {
			if _, err := proveAt(right+"\n", dims); err != nil {
				t.Errorf("the right gradient: %v", err)
			}
			if _, err := proveAt(forward+"backward: |\n"+wrong, dims); err == nil || !strings.Contains(err.Error(), "wrong gradient") {
				t.Errorf("the wrong gradient: got %v", err)
			}
		})
	}
}

// TestRight accepts gradients that are right, though they are written in another way than
// the derived ones, or hardly ever finite.
func TestRight(t *testing.T) {
	file, err := txtar.ParseFile("testdata/right.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range file.Files {
		name, dims, _ := strings.Cut(f.Name, " ")
		if _, err := proveAt(string(f.Data), dims); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
