package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
)

// masked are layers in which a condition on two indices hides a part.
var masked = map[string]string{
	"attention with a bias": `A=2 T=17 S=17 D=9; A=1 T=33 S=20 D=16; A=1 T=20 S=40 D=8
layer: biased
dims: {A: heads, T: queries, S: keys, D: features}
tensors:
  q: {role: input, shape: [A, T, D]}
  k: {role: input, shape: [A, S, D]}
  v: {role: input, shape: [A, S, D]}
  bias: {role: param, shape: [T, S]}
  y: {role: output, shape: [A, T, D]}
  z: {role: scratch, shape: [A, T, S]}
  m: {role: scratch, shape: [A, T]}
  u: {role: scratch, shape: [A, T, S]}
  n: {role: scratch, shape: [A, T]}
  p: {role: saved, shape: [A, T, S]}
forward: |
  z[a][t][s] = where(s <= t, sum(d, q[a][t][d]*k[a][s][d])*(1/sqrt(D)) + bias[t][s], -inf)
  m[a][t] = max(s, z[a][t][s])
  u[a][t][s] = exp(z[a][t][s] - m[a][t])
  n[a][t] = sum(s, u[a][t][s])
  p[a][t][s] = u[a][t][s]/n[a][t]
  y[a][t][d] = sum(s, p[a][t][s]*v[a][s][d])
backward: derive
`,
	"a band": `N=40 D=9; N=17 D=33
layer: band
dims: {N: rows, D: columns}
tensors:
  x: {role: input, shape: [N, D]}
  w: {role: param, shape: [N, N]}
  y: {role: output, shape: [N, D]}
  b: {role: saved, shape: [N, N]}
forward: |
  b[i][j] = where(i - j < 5 && j - i < 3, tanh(w[i][j]), 0)
  y[i][d] = sum(j, b[i][j]*x[j][d])
backward: derive
`,
	"a triangle above": `N=33 D=17
layer: triangle
dims: {N: rows, D: columns}
tensors:
  x: {role: input, shape: [N, D]}
  w: {role: param, shape: [N, D]}
  y: {role: output, shape: [N, N]}
  t: {role: output, shape: [N]}
  g: {role: scratch, shape: [N, N]}
forward: |
  g[i][j] = where(j > i, sum(d, x[i][d]*w[j][d]), 0)
  y[i][j] = 2*g[i][j]
  t[j] = sum(i, g[i][j])
backward: derive
`,
	"a last block over the one before": `A=2 B=17; A=2 B=33
layer: sloped
dims: {A: rows, B: columns}
tensors:
  w: {role: param, shape: [B, A, A, B]}
  x: {role: input, shape: [A, B, B]}
  y: {role: output, shape: [A, A, A]}
forward: |
  y[k][i][j] = sum(b < B, c < B, where(j + 2*c <= 12, w[b][j][k][c]*x[j][b][c], 0))
backward: derive
`,
	"rows in one place": `T=57; T=64; T=70
layer: rows
dims: {T: steps}
tensors:
  q: {role: input, shape: [T, 1]}
  k: {role: input, shape: [T, 1]}
  v: {role: input, shape: [T]}
  s: {role: scratch, shape: [T, T]}
  p: {role: output, shape: [T, T]}
  y: {role: output, shape: [T]}
forward: |
  s[i][j] = where(i >= j, sum(d, q[i][d]*k[j][d]), 0)
  p[i][j] = s[i][j]/(1 + sum(u, s[i][u]*s[i][u]))
  y[i] = sum(j, where(i >= j, p[i][j]*v[j], 0))
backward: derive
`,
	"written out": `T=40 D=9; T=70 D=8
layer: running
dims: {T: steps, D: features}
tensors:
  x: {role: input, shape: [T, D]}
  y: {role: output, shape: [T, D]}
  m: {role: output, shape: [T, D]}
forward: |
  y[t][d] = sum(s, where(s <= t, x[s][d], 0))
  m[t][d] = max(s, where(s < t, x[s][d], -inf)) - max(s, where(s >= t, x[s][d], -inf))
backward: derive
`,
}

func TestMasked(t *testing.T) {
	for name, text := range masked {
		head, source, _ := strings.Cut(text, "\n")
		for _, dims := range strings.Split(head, ";") {
			t.Run(name+" "+strings.TrimSpace(dims), func(t *testing.T) {
				p := proved(t, source, strings.TrimSpace(dims))
				for _, target := range targets {
					agree(t, p, target, false, 2*rounding)
				}
			})
		}
	}
}

// TestHidden: the half that a mask hides costs nothing.
func TestHidden(t *testing.T) {
	all, half := work(t, "attention", "N=1 A=2 T=128 S=128 D=16"), work(t, "attention", "N=1 A=2 T=128 S=128 D=16 causal=1")
	if half > 0.62*all {
		t.Errorf("causal attention has %g fused multiplications, all of it %g", half, all)
	}
}

// TestOneColumn: a matrix of one column is as good as a vector.
func TestOneColumn(t *testing.T) {
	if got := work(t, "dense", "N=64 I=128 O=1"); got > 2*64*128/8 {
		t.Errorf("a dense layer of one output has %g fused multiplications", got)
	}
}

// TestShortRows: a gradient whose rows are short is summed with its rows and
// columns exchanged, in full vectors, and turned at the end.
func TestShortRows(t *testing.T) {
	if got, most := work(t, "dense", "N=64 I=128 O=2"), work(t, "dense", "N=64 I=128 O=8"); 3*got > most {
		t.Errorf("%v operations for two columns, %v for eight", got, most)
	}
}

// TestKnownRows: a few rows through a large matrix take it in parts of so few
// pages that their addresses are at hand for all lines of them.
func TestKnownRows(t *testing.T) {
	_, programs, err := passes(proved(t, "dense", "N=2 I=768 O=768"), machine.AVX2)
	if err != nil {
		t.Fatal(err)
	}
	var walk func(body []ir.Stmt, around *ir.Loop)
	walk = func(body []ir.Stmt, around *ir.Loop) {
		for _, st := range body {
			switch st := st.(type) {
			case *ir.Loop:
				walk(st.Body, st)
			case *ir.Load:
				if n := around.Count * st.Mem.Step(around.Var); st.Mem.Buf.Name == "w" && n > 32*1024 {
					t.Fatalf("the innermost loop goes through %d floats of w", n)
				}
			}
		}
	}
	for _, s := range programs[0].Steps {
		walk(s.Func.Body, &ir.Loop{})
	}
}

// TestOneTerm: the residues of a window that a single term counts for need no
// padded copy.
func TestOneTerm(t *testing.T) {
	_, programs, err := passes(proved(t, "maxpool2d", "N=1 H=113 W=113 C=64 R=3 S=3 stride=2"), machine.AVX2)
	if err != nil {
		t.Fatal(err)
	}
	if got := programs[1].Workspace; len(got) != 1 {
		t.Errorf("the workspace has %d arrays, not only the places of the maxima", len(got))
	}
}

// work counts the fused multiplications of a layer's passes.
func work(t *testing.T, source, dims string) float64 {
	_, programs, err := passes(proved(t, source, dims), machine.AVX2)
	if err != nil {
		t.Fatal(err)
	}
	n := 0.0
	for _, p := range programs {
		for _, s := range p.Steps {
			n += float64(s.Count) * multiplications(s.Func.Body)
		}
	}
	return n
}

// multiplications counts those that a body executes.
func multiplications(body []ir.Stmt) float64 {
	n := 0.0
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			n += float64(st.Count) * multiplications(st.Body)
		case *ir.Assign:
			if st.Op == ir.FMA {
				n++
			}
		}
	}
	return n
}
