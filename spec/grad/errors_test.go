package grad_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

const affineSpec = `layer: affine
dims: {N: batch, I: inputs}
tensors:
  x: {role: input, shape: [N, I]}
  w: {role: param, shape: [I]}
  s: {role: scratch, shape: [N]}
  y: {role: output, shape: [N]}
forward: |
  s[n] = sum(i, x[n][i]*w[i])
  y[n] = max(s[n], 0)/N
backward: |
  g[n] = where(s[n] > 0, dy[n]/N, 0)
  dx[n][i] = g[n]*w[i]
  dw[i] = sum(n, g[n]*x[n][i])
`

const joinSpec = `layer: join
dims: {A: {}, B: {}}
tensors:
  x: {role: input, shape: [A+B]}
  y: {role: output, shape: [A+B]}
forward: |
  y[k] = x[k]*x[k]
backward: |
  dx[0+i] = 2*dy[0+i]*x[0+i]
  dx[A+j] = 2*dy[A+j]*x[A+j]
indices: {i: A, j: B}
`

const flatSpec = `layer: flat
dims: {H: {}, W: {}, C: {}}
tensors:
  x: {role: input, shape: [H, W, C]}
  y: {role: output, shape: [H*W*C], outside: 0}
forward: |
  y[i*(W*C)+j*C+c] = x[i][j][c]
backward: |
  dx[i][j][c] = dy[i*(W*C)+j*C+c]
`

const clipSpec = `layer: clip
dims: {N: }
tensors:
  x: {role: input, shape: [N]}
  y: {role: output, shape: [N], doc: clipped}
forward: |
  y[n] = where(x[n] > 500, 500, x[n])
backward: |
  dx[n] = where(x[n] > 500, 0, dy[n])
`

const addedSpec = `layer: added
dims: {N: }
tensors:
  x: {role: input, shape: [N]}
  id: {role: input, type: int32, shape: [N]}
  e: {role: param, shape: [N]}
  y: {role: output, shape: [N]}
  z: {role: output, shape: [N]}
forward: |
  y[n] = e[id[n]]*x[n]
  z[n] = 2*e[n]
backward: |
  g[n] += dy[n]*e[id[n]]/2
  g[n] += e[id[n]]*dy[n]/2
  dx[n] = g[n]
  de[id[n]] += dy[n]*x[n]
  de[n] += 2*dz[n]
`

// TestProveErrors changes a line of a right spec and wants the whole message.
func TestProveErrors(t *testing.T) {
	tests := []struct {
		name, spec, old, new, want string
	}{
		{"as it is", affineSpec, "", "", ""},
		{"factor", affineSpec, "dx[n][i] = g[n]*w[i]", "dx[n][i] = 2*g[n]*w[i]", `
affine.yaml:14:3: wrong gradient: dx[1][0] is 0.254265 here, but the derivative of forward is 0.127133
      dx[n][i] = 2*g[n]*w[i]
      ^
    found at a random point with N=7 I=70
    derived from forward:
      ds[n] = where(s[n] > 0, dy[n]/N, 0)
      dx[n][i] = ds[n]*w[i]
    the mistake may also be in what it reads: g (line 13)`},
		{"tie", affineSpec, "s[n] > 0", "s[n] >= 0", `
affine.yaml:14:3: wrong gradient: dx[0][0] is -0.628112 here, but the derivative of forward is 0
      dx[n][i] = g[n]*w[i]
      ^
    found at a point with ties with N=2 I=2
    derived from forward:
      ds[n] = where(s[n] > 0, dy[n]/N, 0)
      dx[n][i] = ds[n]*w[i]
    at a tie max(a, b) and min(a, b) give the gradient to b, at 0 abs has slope 0
    the mistake may also be in what it reads: g (line 13)`},
		{"piece", joinSpec, "dx[A+j] = 2*dy", "dx[A+j] = 3*dy", `
join.yaml:10:3: wrong gradient: dx[3] is -0.75109 here, but the derivative of forward is -0.500727
      dx[A+j] = 3*dy[A+j]*x[A+j]
      ^
    found at a random point with A=3 B=5
    derived from forward:
      dx[k] = 2*dy[k]*x[k]`},
		{"far away", clipSpec, "where(x[n] > 500, 0, dy[n])", "dy[n]", `
clip.yaml:9:3: wrong gradient: dx[0] is -1.06928 here, but the derivative of forward is 0
      dx[n] = dy[n]
      ^
    found at a random point with N=7
    derived from forward:
      dx[n] = where(!(x[n] > 500), dy[n], 0)`},
		{"digits", joinSpec, "dx[A+j] = 2*dy", "dx[A+j] = 2.0000001*dy", `
join.yaml:10:3: wrong gradient: dx[3] is -0.5007267 here, but the derivative of forward is -0.50072668
      dx[A+j] = 2.0000001*dy[A+j]*x[A+j]
      ^
    found at a random point with A=3 B=5
    derived from forward:
      dx[k] = 2*dy[k]*x[k]
    the two are close: numbers in equations count with all their digits, so write 1/sqrt(2) rather than 0.70710678`},
		{"other dims", flatSpec, "dy[i*(W*C)+j*C+c]", "dy[i*12+j*C+c]", `
flat.yaml:9:3: wrong gradient: dx[1][0][0] is 0 here, but the derivative of forward is -2.9177
      dx[i][j][c] = dy[i*12+j*C+c]
      ^
    found at a random point with H=3 W=2 C=2
    derived from forward, for these dims:
      dx[i][j][c] = dy[i*4+j*2+c]`},
		{"one of several", addedSpec, "e[id[n]]*dy[n]/2", "e[id[n]]*dy[n]", `
added.yaml:16:3: wrong gradient: dx[0] is -2.33309 here, but the derivative of forward is -1.5554
      dx[n] = g[n]
      ^
    found at a random point with N=7
    derived from forward:
      dx[n] = dy[n]*e[id[n]]
    the mistake may also be in what it reads: g (lines 14, 15)`},
		{"added", addedSpec, "2*dz[n]", "3*dz[n]", `
added.yaml:17:3: wrong gradient: de[0] is 3.4116 here, but the derivative of forward is 3.38864
      de[id[n]] += dy[n]*x[n]
      ^
    found at a random point with N=7
    derived from forward, for these dims:
      de[n] += 2*dz[n]
      de[id[n]] += dy[n]*x[n]
    the mistake may also be in what else is added to it (line 18)`},
		{"hopeless", affineSpec, "y[n] = max(s[n], 0)/N", "y[n] = log(-s[n]*s[n])/N", `
affine.yaml:1:8: the gradient cannot be tested: it is finite at none of the random points tried
    layer: affine
           ^`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(test.spec, test.old, test.new, 1)
			text = strings.Replace(text, "  y: {role: output, shape: [N]}\n", "  y: {role: output, shape: [N]}\n  g: {role: scratch, shape: [N]}\n", 1)
			name, _, _ := strings.Cut(strings.TrimPrefix(text, "layer: "), "\n")
			s, err := syntax.Parse(name+".yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			given := map[string]string{"N": "7", "I": "70"}
			if name == "join" {
				given = map[string]string{"A": "3", "B": "5"}
			}
			if name == "flat" {
				given = map[string]string{"H": "2", "W": "4", "C": "3"}
			}
			if name == "clip" || name == "added" {
				given = map[string]string{"N": "7"}
			}
			got := ""
			if _, err = prove(s, given); err != nil {
				var list *diag.List
				if !errors.As(err, &list) {
					t.Fatal(err)
				}
				list.Source(s.File, s.Text)
				got = "\n" + list.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestProveMissing takes away an equation: no check of the spec can be relied
// on for that here.
func TestProveMissing(t *testing.T) {
	s, err := syntax.Parse("join.yaml", []byte(joinSpec))
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, map[string]string{"A": "2", "B": "1"})
	if err != nil {
		t.Fatal(err)
	}
	l.Declared = l.Declared[:0]
	_, err = grad.Prove(l, func(map[string]string) (*layer.Layer, error) { return l, nil })
	want := `join.yaml:4:3: backward does not define dx, the gradient of x
    add to backward:
      dx[k] = 2*dy[k]*x[k]
    or say grad: none at x`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestStopped: what a tensor with grad: none is made of gets no gradient by way of it.
func TestStopped(t *testing.T) {
	const text = `layer: stopped
dims: {N: {default: 3}, I: {default: 2}}
tensors:
  x: {role: input, shape: [N, I], grad: none}
  next: {role: input, shape: [N, I], grad: none}
  w: {role: param, shape: [I]}
  v: {role: scratch, shape: [N]}
  target: {role: scratch, shape: [N], grad: none}
  loss: {role: output, shape: []}
forward: |
  v[n] = sum(i, x[n][i]*w[i])
  target[n] = 0.9*sum(i, next[n][i]*w[i])
  loss = sum(n, (v[n] - target[n])*(v[n] - target[n]))
backward: |
  dw[i] = sum(n, 2*(sum(j, x[n][j]*w[j]) - 0.9*sum(j, next[n][j]*w[j]))*x[n][i])*dloss
`
	for _, through := range []bool{false, true} {
		given := text
		if through {
			given = strings.Replace(text, "shape: [N], grad: none", "shape: [N]", 1)
		}
		s, err := syntax.Parse("test.yaml", []byte(given))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proveThere(s); (err != nil) != through {
			t.Errorf("a gradient through the target: %v; the proof says %v", through, err)
		}
	}
}

// TestState has a gradient that needs a state which forward updates.
func TestState(t *testing.T) {
	l := bind(t, []byte(`layer: state
dims: {M: {default: 3}}
tensors:
  m: {role: state, shape: [M]}
  x: {role: input, shape: [M]}
  y: {role: output, shape: [M]}
forward: |
  m[i] = 0.9*m[i] + x[i]
  y[i] = x[i]*m[i]
backward: derive
`), nil)
	_, err := grad.Derive(l)
	want := `test.yaml:8:3: the gradient reads the state m, which forward updates here
    keep what backward needs in a tensor with role: saved`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
