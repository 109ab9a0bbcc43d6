package grad_test

import (
	"strings"
	"testing"
)

// TestGeneralised declares wrong gradients and wants the right ones in terms of the dims.
func TestGeneralised(t *testing.T) {
	for _, tt := range []struct{ name, dims, want, spec string }{
		{"shift", "T=50 K=7", "dx[t] = dy[t]/K + where(t < T - 40, 3*dy[t+40], 0)", `dims: {T: steps, K: parts}
tensors:
  x: {role: input, shape: [T], outside: 0}
  y: {role: output, shape: [T]}
forward: |
  y[t] = x[t]/K + 3*x[t-40]
backward: |
  dx[t] = dy[t]
`},
		{"mirrored", "A=5 B=9", "dx[i][j] = where(j < B - 4, 2*dy[A-1-i][j+4], 0)", `dims: {A: rows, B: columns}
tensors:
  x: {role: input, shape: [A, B], outside: 0}
  y: {role: output, shape: [A, B]}
forward: |
  y[a][b] = 2*x[A-1-a][b-4]
backward: |
  dx[a][b] = dy[a][b]
`},
		{"product", "A=5 B=9", "dx[a] = 45*dy[a]", `dims: {A: rows, B: columns}
tensors:
  x: {role: input, shape: [A]}
  y: {role: output, shape: [A]}
forward: |
  y[a] = x[a]*(A*B)
backward: |
  dx[a] = dy[a]*B
`},
		{"difference", "A=5 B=9", "dx[a] = -((-A+2*B)*dy[a])", `dims: {A: rows, B: columns}
tensors:
  x: {role: input, shape: [A]}
  y: {role: output, shape: [A]}
forward: |
  y[a] = x[a]*(A - 2*B)
backward: |
  dx[a] = dy[a]*B
`},
		{"other equations at larger dims", "L=17 S=3 C=2 dil=2 stride=3", "derived from forward, for S=3 dil=2:", `dims: {L: , S: , C: , dil: {default: 1}, stride: {default: 1}, Q: {value: (L - dil*(S-1) - 1)/stride + 1}}
tensors:
  x: {role: input, shape: [L, C]}
  w: {role: param, shape: [S, C]}
  y: {role: output, shape: [Q, C], outside: 0}
forward: |
  y[q][c] = sum(s, x[q*stride+s*dil][c]*w[s][c])
backward: |
  dx[i][c] = 0*x[i][c]
  dw[s][c] = sum(q, dy[q][c]*x[q*stride+s*dil][c])
`},
	} {
		if _, err := proveAt("layer: a\n"+tt.spec, tt.dims); err == nil || !strings.Contains(err.Error(), tt.want+"\n") && !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: got %v\nwant %s", tt.name, err, tt.want)
		}
	}
}
