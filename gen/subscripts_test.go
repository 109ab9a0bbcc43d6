package gen

import "testing"

// Subscripts that are computed, leave the shape, or meet the names of other
// things.
func TestSubscripts(t *testing.T) {
	for _, c := range []struct{ name, dims, spec string }{
		{"quotients outside", "N=9 M=20", `dims: {N: length, M: reads}
tensors:
  x: {role: input, shape: [N], outside: 0}
  y: {role: output, shape: [M]}
  z: {role: output, shape: [N]}
forward: |
  y[m] = x[(m+1)/2*3-5]
  z[n] = x[(n+1)%3*4-1]
`},
		{"padding ids", "N=20 V=4 D=9", `dims: {N: ids, V: rows, D: columns}
tensors:
  id: {role: input, type: int32, shape: [N]}
  e: {role: param, shape: [V, D], outside: 0}
  y: {role: output, shape: [N, D]}
forward: |
  y[n][d] = e[id[n]][d]
`},
		{"maxima of a padded row", "L=11 C=9", `dims: {L: length, C: channels, Q: {value: (L + 2*1 - 3)/2 + 1}}
tensors:
  x: {role: input, shape: [L, C], outside: -inf}
  y: {role: output, shape: [Q, C]}
forward: |
  y[q][c] = max(r < 3, x[q*2+r-1][c])
`},
		{"maxima of transposed windows", "B=16", `dims: {B: length}
tensors:
  x: {role: input, shape: [B, B], outside: -inf}
  y: {role: output, shape: [4, B]}
forward: |
  y[q][b] = max(max(r < 4, x[q*3+r*2][b]), -9)
`},
		{"products of shifted sums", "A=5", `dims: {A: length}
tensors:
  x: {role: param, shape: [A, A]}
  y: {role: output, shape: [3*A-2, A]}
forward: |
  y[a+2*b][c] += x[c][a]*x[b][c]
`},
		{"one id for two nests", "A=1 B=2", `dims: {A: ids, B: length}
tensors:
  id1: {role: input, type: int32, shape: [A]}
  id3: {role: input, type: int32, shape: [A]}
  x: {role: param, shape: [A, B]}
  z: {role: input, shape: [A]}
  y: {role: output, shape: [A]}
forward: |
  y[a] = x[a][id1[a]]*z[id3[a]]
`},
		{"an id for each element of a row", "V=7 N=5", `dims: {V: rows, N: columns}
tensors:
  id: {role: input, type: int32, shape: [N]}
  x: {role: param, shape: [V, N]}
  y: {role: output, shape: [N]}
forward: |
  y[n] = x[id[n]][n]
`},
		{"names of the parts of an index", "A=20 B=24 V=7", `dims: {A: , B: , V: }
indices: {i: A, i1: B}
tensors:
  w: {role: param, shape: [V]}
  id: {role: input, type: int32, shape: [B]}
  x: {role: input, shape: [B]}
  y: {role: output, shape: [A, B]}
  z: {role: output, shape: [A, B]}
forward: |
  y[i][i1] = w[id[i/2]]*w[id[i1]]
  z[i][i1] = exp(-(x[i/2]*x[i1]))
`},
		{"axes a and b that are divided and joined", "N=1 A=16 B=3 K=2", `dims: {N: , A: , B: , K: }
tensors:
  x: {role: input, shape: [N, A, B]}
  e: {role: output, shape: [N, A, B]}
  u: {role: scratch, shape: [K, N, A]}
  v: {role: saved, shape: [K, N, B]}
  y: {role: output, shape: [N, A, B]}
forward: |
  e[n][a][b] = exp(x[n][a][b])
  u[k][n][a] = 1/sum(b, e[n][a][b]*where(k == 0, 1, v[k-1][n][b]))
  v[k][n][b] = 1/sum(a, e[n][a][b]*u[k][n][a])
  y[n][a][b] = u[K-1][n][a]*e[n][a][b]*v[K-1][n][b]
`},
		{"conditions of scalars that differ by one operator", "N=9", `dims: {N: elements}
tensors:
  x: {role: input, shape: [N]}
  a: {role: scalar}
  b: {role: scalar}
  y: {role: output, shape: [N]}
forward: |
  y[n] = x[n]*where(a > 0 && b > 0, 2, 3) + where(a > 0 || b > 0, 2, 3) + where(!(a > 0 && b > 0), 5, 7)
`},
		{"names of the compiler's own", "N=9", `dims: {N: length}
tensors:
  s0: {role: input, shape: []}
  number: {role: input, shape: []}
  xPadded: {role: input, shape: [N], outside: 0}
  x: {role: input, shape: [N], outside: 0}
  index: {role: input, shape: [N]}
  d0: {role: input, shape: [N]}
  n1: {role: input, shape: [N]}
  y: {role: output, shape: [N]}
  z: {role: output, shape: [2*N]}
  sum2: {role: scratch, shape: [N]}
forward: |
  z[n] = d0[n/2]*n1[n/2]
  sum2[n] = sum(i < N, x[n+i]*xPadded[n-i])
  y[n] = sum2[n]*(s0 + 2*number) + index[n/2] + sum(i, index[i])
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := proved(t, "layer: test\n"+c.spec+"backward: derive\n", c.dims)
			for _, target := range targets {
				agree(t, p, target, false, rounding)
			}
		})
	}
}
