package gen

import (
	"strings"
	"testing"
)

// specs are layers that no one has tuned anything for. The first line of each
// has sets of dims.
var specs = map[string]string{
	"bilinear": `N=17 I=1 J=31 O=9; N=3 I=5 J=4 O=9; N=8 I=16 J=16 O=4; N=1 I=2 J=3 O=17
layer: bilinear
dims: {N: batch, I: left, J: right, O: out}
tensors:
  x: {role: input, shape: [N, I]}
  z: {role: input, shape: [N, J]}
  w: {role: param, shape: [I, J, O]}
  y: {role: output, shape: [N, O]}
forward: |
  y[n][o] = sum(i, j, x[n][i]*w[i][j][o]*z[n][j])
backward: derive
`,
	"transposed": `N=17 I=33 O=31; N=5 I=7 O=9; N=16 I=24 O=33; N=17 I=1 O=8
layer: transposed
dims: {N: a, I: b, O: c}
tensors:
  x: {role: input, shape: [N, I]}
  w: {role: param, shape: [O, I]}
  y: {role: output, shape: [O, N]}
forward: |
  y[o][n] = sum(i, x[n][i]*w[o][i])
backward: derive
`,
	"columns": `M=5 D=9; M=33 D=17; M=1 D=8
layer: columns
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  s: {role: output, shape: [D]}
  t: {role: output, shape: [M]}
  p: {role: output, shape: [M]}
  a: {role: output, shape: [D]}
forward: |
  s[d] = sum(m, x[m][d])
  t[m] = max(d, x[m][d])
  p[m] = prod(d, x[m][d])
  a[d] = argmax(m, x[m][d]) + min(m, x[m][d])
backward: derive
`,
	"outer": `M=5 D=9; M=8 D=16
layer: outer
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M]}
  z: {role: input, shape: [D]}
  y: {role: output, shape: [M, D]}
forward: |
  y[m][d] = x[m]*z[d] + tanh(x[m])
backward: derive
`,
	"columnsoftmax": `M=5 D=9; M=20 D=16
layer: columnsoftmax
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  y: {role: output, shape: [M, D]}
  e: {role: scratch, shape: [M, D]}
forward: |
  e[m][d] = exp(x[m][d] - max(k, x[k][d]))
  y[m][d] = e[m][d]/sum(k, e[k][d])
backward: derive
`,
	"lookup": `N=6 V=5 D=9; N=3 V=4 D=1
layer: lookup
dims: {N: n, V: v, D: d}
tensors:
  id: {role: input, shape: [N], type: int32}
  e: {role: param, shape: [V, D]}
  w: {role: param, shape: [V]}
  y: {role: output, shape: [N, D]}
forward: |
  y[n][d] = e[id[n]][d]*w[id[n]]
backward: derive
`,
	"masks": `M=37; M=16
layer: masks
dims: {M: elements}
tensors:
  x: {role: input, shape: [M]}
  seed: {role: scalar, type: uint64}
  y: {role: output, shape: [M]}
  z: {role: output, shape: [M], grad: none}
forward: |
  y = dropout(dropout(dropout(x, seed), seed + 1), 42)
  z[m] = uniform(seed + 1, m) + 2*uniform(42, m)
backward: derive
`,
	"statistics": `N=9 C=5; N=4 C=16
layer: statistics
dims: {N: rows, C: channels}
tensors:
  x: {role: input, shape: [N, C]}
  s: {role: state, shape: [C]}
  was: {role: saved, shape: [C], grad: none}
  g: {role: scratch, shape: [N, C]}
  y: {role: output, shape: [N, C]}
  now: {role: output, shape: [C], grad: none}
forward: |
  h = batchnorm{running_mean: s}(x)
  was[c] = old(s[c])
  now[c] = s[c]
  g[n][c] = h[n][c]*h[n][c]*was[c]
  y = batchnorm{running_mean: s}(g)
backward: derive
`,
	"window": `N=2 L=12 C=3 K=5 S=3 stride=1 pad=1; N=1 L=11 C=8 K=4 S=3 stride=2 pad=2
layer: window
dims:
  N: batch
  L: length
  C: channels
  K: out
  S: taps
  stride: step
  pad: zeros
  Q: {value: (L + 2*pad - S)/stride + 1}
tensors:
  x: {role: input, shape: [N, L, C], outside: 0}
  w: {role: param, shape: [S, C, K]}
  y: {role: output, shape: [N, Q, K]}
forward: |
  y[n][q][k] = sum(s, c, x[n][q*stride+s-pad][c]*w[s][c][k])
backward: derive
`,
	"layernorm": `M=5 D=9; M=3 D=40
layer: norm
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  g: {role: param, shape: [D]}
  y: {role: output, shape: [M, D]}
  u: {role: scratch, shape: [M]}
  r: {role: saved, shape: [M]}
forward: |
  u[m] = sum(d, x[m][d])/D
  r[m] = rsqrt(sum(d, (x[m][d]-u[m])*(x[m][d]-u[m]))/D + 1e-5)
  y[m][d] = (x[m][d] - u[m])*r[m]*g[d]
backward: derive
`,
	"masked": `M=9 D=9; M=17 D=12
layer: masked
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  y: {role: output, shape: [M, D]}
forward: |
  y[m][d] = where(d <= m && !(d == 3), x[m][d]*d, -x[m][d] + m)
backward: derive
`,
	"fused": `N=6 I=12 O=10; N=17 I=9 O=31
layer: fused
dims: {N: batch, I: in, O: out}
tensors:
  x: {role: input, shape: [N, I]}
  w: {role: param, shape: [I, O]}
  b: {role: param, shape: [O]}
  y: {role: output, shape: [N, O]}
forward: |
  y[n][o] = max(sum(i, x[n][i]*w[i][o]) + b[o], 0)
backward: derive
`,
	"upsample": `H=3 D=5 scale=2; H=4 D=8 scale=3
layer: upsample
dims: {H: rows, D: columns, scale: times}
tensors:
  x: {role: input, shape: [H, D]}
  y: {role: output, shape: [H*scale, D]}
forward: |
  y[h][d] = x[h/scale][d]
backward: derive
`,
	"rows": `N=5 A=3 D=10 K=2; N=4 A=1 D=7 K=1; N=2 A=9 D=1 K=3; N=3 A=40 D=10 K=1
layer: rows
dims: {N: n, A: a, D: d, K: k}
tensors:
  x: {role: input, shape: [N, A, D]}
  z: {role: input, shape: [N, A, D]}
  u: {role: input, shape: [N, D]}
  v: {role: input, shape: [K]}
  y: {role: output, shape: [N, A, D]}
  q: {role: output, shape: [N, A, D, K]}
  s: {role: scratch, shape: [N, A, D]}
forward: |
  s[n][a][d] = x[n][a][d]*z[n][a][d] + tanh(x[n][a][d])
  y[n][a][d] = s[n][a][d] + sum(b, s[n][b][d]) + u[n][d]
  q[n][a][d][k] = max(x[n][a][d], z[n][a][d])*v[k]
backward: derive
`,
	"corner": `B=2; B=5
layer: corner
dims: {B: side}
tensors:
  x: {role: input, shape: [B, B], outside: 0}
  w: {role: param, shape: [2, 4]}
  y: {role: output, shape: [1, 1]}
forward: |
  y[p][q] = sum(r < 2, s < 4, x[p*2+r][q+s-1]*w[r][s])
backward: derive
`,
	"twosums": `A=3 B=8; A=9 B=17
layer: twosums
dims: {A: columns, B: rows}
tensors:
  x: {role: input, shape: [B]}
  t: {role: scratch, shape: [B]}
  w: {role: param, shape: [B, A]}
  u: {role: param, shape: [A], grad: none}
  z: {role: output, shape: [B]}
forward: |
  t[b] = sum(c, where(c < b, x[c], 0))
  z[b] = sum(a, where(u[a] > t[b], w[b][a]*u[a], 0))
backward: derive
`,
	"antidiagonals": `A=5; A=8
layer: antidiagonals
dims: {A: side}
tensors:
  x: {role: param, shape: [A, A]}
  y: {role: output, shape: [3*A, A]}
forward: |
  y[a+2*c][b] += x[b][a]*x[c][b]
backward: derive
`,
	"shifted": `M=9 A=5 B=4
layer: shifted
dims: {M: rows, A: a, B: b}
tensors:
  a: {role: input, shape: [M, A]}
  b: {role: input, shape: [M, B]}
  y: {role: output, shape: [M, A + B]}
indices: {i: A, j: B}
forward: |
  y[m][i] = a[m][i]*2
  y[m][A+j] = b[m][j] + a[m][0]
backward: derive
`,
	"masked_columns": `A=8 C=8 D=2 E=15; A=3 C=17 D=5 E=9
layer: masked
dims: {A: a, C: c, D: d, E: e}
tensors:
  v: {role: param, shape: [E]}
  x: {role: input, shape: [A, E, C]}
  z: {role: input, shape: [D, E, A]}
  b: {role: param, shape: [A, C]}
  y: {role: output, shape: [E, A, C]}
forward: |
  y[e][a][c] = where(e < a, sum(d, v[e]*x[a][e][c]*z[d][e][a]), 0.1) + b[a][c]
backward: derive
`,
	"image": `N=2 H=5 W=6 C=3 K=9; N=1 H=7 W=7 C=8 K=16 pad=2 R=5 S=5; N=1 H=9 W=8 C=4 K=8 stride=2; N=1 H=11 W=7 C=1 K=8 stride=3 pad=0 R=2; N=1 H=9 W=17 C=2 K=3 dilation=2 pad=3; N=1 H=6 W=6 C=17 K=1 R=1 S=1 pad=1; N=1 H=12 W=9 C=9 K=17 stride=2 dilation=3 pad=2; N=2 H=4 W=4 C=5 K=24 stride=4 R=3 S=6; N=1 H=17 W=14 C=2 K=8 stride=5 R=7 S=5 pad=3
layer: image
dims:
  N: n
  H: h
  W: w
  C: c
  K: k
  R: {default: 3}
  S: {default: 3}
  P: {value: (H + 2*pad - dilation*(R-1) - 1)/stride + 1}
  Q: {value: (W + 2*pad - dilation*(S-1) - 1)/stride + 1}
attrs: {stride: {default: 1}, dilation: {default: 1}, pad: {default: 1}}
tensors:
  x: {role: input, shape: [N, H, W, C], outside: 0}
  w: {role: param, shape: [R, S, C, K]}
  b: {role: param, shape: [K]}
  y: {role: output, shape: [N, P, Q, K]}
forward: |
  y[n][p][q][k] = sum(r, s, c, x[n][p*stride+r*dilation-pad][q*stride+s*dilation-pad][c]*w[r][s][c][k]) + b[k]
backward: derive
`,
	"depthwise": `H=7 W=9 C=17 R=3; H=6 W=6 C=8 R=5 pad=2; H=9 W=12 C=9 R=3 stride=2
layer: depthwise
dims:
  H: h
  W: w
  C: c
  R: r
  P: {value: (H + 2*pad - R)/stride + 1}
  Q: {value: (W + 2*pad - R)/stride + 1}
attrs: {stride: {default: 1}, pad: {default: 1}}
tensors:
  x: {role: input, shape: [H, W, C], outside: 0}
  w: {role: param, shape: [R, R, C]}
  y: {role: output, shape: [P, Q, C]}
forward: |
  y[p][q][c] = sum(r, s, x[p*stride+r-pad][q*stride+s-pad][c]*w[r][s][c])
backward: derive
`,
	"pool": `H=8 W=8 C=9 R=2; H=9 W=7 C=8 R=3 pad=1; H=10 W=11 C=17 R=3 stride=3; H=6 W=5 C=1 R=3 stride=1 pad=1; H=15 W=20 C=9 R=7 stride=7 pad=3
layer: pool
dims:
  H: h
  W: w
  C: c
  R: r
  P: {value: (H + 2*pad - R)/stride + 1}
  Q: {value: (W + 2*pad - R)/stride + 1}
attrs: {stride: {default: 2}, pad: {default: 0}}
tensors:
  x: {role: input, shape: [H, W, C], outside: -inf}
  z: {role: input, shape: [H, W, C], outside: 0}
  y: {role: output, shape: [P, Q, C]}
  a: {role: output, shape: [P, Q, C]}
forward: |
  y[p][q][c] = max(r < R, s < R, x[p*stride+r-pad][q*stride+s-pad][c])
  a[p][q][c] = sum(r < R, s < R, z[p*stride+r-pad][q*stride+s-pad][c]) / sum(r < R, s < R, where(p*stride+r-pad >= 0 && p*stride+r-pad < H && q*stride+s-pad >= 0 && q*stride+s-pad < W, 1, 0))
backward: derive
`,
	"spread": `H=5 W=4 C=3 K=8 R=3 S=3 stride=2 pad=1; H=3 W=5 C=8 K=9 R=2 S=4 stride=3 pad=0; H=4 W=4 C=1 K=1 R=5 S=5 stride=1 pad=2
layer: spread
dims:
  H: h
  W: w
  C: c
  K: k
  R: r
  S: s
  P: {value: (H - 1)*stride - 2*pad + R}
  Q: {value: (W - 1)*stride - 2*pad + S}
attrs: {stride: {default: 1}, pad: {default: 0}}
tensors:
  x: {role: input, shape: [H, W, C]}
  w: {role: param, shape: [R, S, C, K]}
  y: {role: output, shape: [P, Q, K]}
forward: |
  y[p][q][k] = sum(r, s, c, where((p+pad-r)%stride == 0 && p+pad-r >= 0 && p+pad-r < H*stride && (q+pad-s)%stride == 0 && q+pad-s >= 0 && q+pad-s < W*stride, x[(p+pad-r)/stride][(q+pad-s)/stride][c]*w[r][s][c][k], 0))
backward: derive
`,
}

// TestSpecsAgree compares schedules with the equations for layers of all kinds.
func TestSpecsAgree(t *testing.T) {
	for name, source := range specs {
		dims, text, _ := strings.Cut(source, "\n")
		for _, d := range strings.Split(dims, ";") {
			t.Run(name+" "+strings.TrimSpace(d), func(t *testing.T) {
				p := proved(t, text, d)
				for _, target := range targets {
					agree(t, p, target, false, rounding)
				}
			})
		}
	}
}
