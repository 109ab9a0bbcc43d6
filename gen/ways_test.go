package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// headsInside has the scores of attention where the heads share the features of a row.
const headsInside = `layer: scores
dims: {T: , N: , A: , D: }
tensors:
  q: {role: input, shape: [T, N, A*D]}
  k: {role: input, shape: [T, N, A*D]}
  s: {role: output, shape: [N, A, T, T]}
indices: {a: A, d: D}
forward: |
  s[n][a][t][u] = sum(d, q[t][n][a*D+d]*k[u][n][a*D+d])/sqrt(D)
backward: derive
`

// frames are windows that overlap, of more places than there are windows.
const frames = `layer: frames
dims: {L: , W: , hop: , B: , P: {value: (L - W)/hop + 1}}
tensors:
  x: {role: input, shape: [L]}
  w: {role: param, shape: [B, W]}
  y: {role: output, shape: [P, B]}
forward: |
  y[p][b] = sum(k, x[p*hop+k]*w[b][k])
backward: derive
`

// corners has conditions on an index that is spelled out.
const corners = `layer: corners
dims: {N: , C: }
tensors:
  x: {role: input, shape: [N]}
  w: {role: param, shape: [C]}
  y: {role: output, shape: [N]}
forward: |
  y[n] = sum(c, where(c%2 == 1, x[n], 1 - x[n])*where(c >= 4, x[n]*x[n], w[c]))
backward: derive
`

// crossing has the largest element of each column beside the sums of the rows.
const crossing = `layer: crossing
dims: {N: , M: }
tensors:
  x: {role: input, shape: [N, M]}
  top: {role: output, shape: [M]}
  s: {role: output, shape: [N]}
forward: |
  top[m] = max(n, x[n][m])
  s[n] = sum(m, exp(x[n][m]))
backward: derive
`

// bent has sums down the columns of one array beside those along the rows of another.
const bent = `layer: bent
dims: {M: , D: }
tensors:
  x: {role: input, shape: [M, D]}
  z: {role: input, shape: [D, M]}
  s: {role: output, shape: [M]}
  t: {role: output, shape: [M]}
forward: |
  s[m] = sum(d, exp(z[d][m]))
  t[m] = max(d, x[m][d] - s[m])
backward: derive
`

// TestWays: layers that are slow otherwise get the way to go through memory that is
// meant for them; that they compute the same is for other tests to say.
func TestWays(t *testing.T) {
	for _, c := range []struct {
		layer, dims string
		pass        int // 1 is backward
		sign        string
		// portable, avx2 and avx512 say whether it is there.
		portable, avx2, avx512 bool
	}{
		{"dense", "N=1 I=128 O=10", 0, "= shuffle ", false, true, true},
		{"dense", "N=1 I=128 O=10", 0, "= align ", false, true, true},
		{"dense", "N=1 I=128 O=10", 1, "= shuffle ", false, true, true},
		{"dense", "N=1 I=128 O=16", 0, "= shuffle ", false, false, false},
		{"dense", "N=1 I=64 O=7", 1, "= shuffle ", false, true, true},
		{"dense", "N=1 I=64 O=15", 1, "= shuffle ", false, false, false},
		{"dense", "N=2 I=512 O=512", 0, "o by 2 vectors", false, false, false},
		{"dense", "N=256 I=1024 O=1024", 0, "workspace xRows", false, false, true},
		{"dense", "N=256 I=1008 O=1024", 0, "workspace xRows", false, false, false},
		{"dense", "N=16 I=1024 O=1024", 0, "workspace xRows", false, false, false},
		{"dense", "N=1 I=40 O=64", 1, "// loops i; vectors along o", false, true, false},
		{"dense", "N=1 I=40 O=64", 1, "// loops i by 4; vectors along o", false, false, true},
		{"dense", "N=1 I=40 O=48", 1, "// loops i; vectors along o", false, false, false},
		{"gru", "T=20 N=1 I=16 H=160", 0, "workspace whBlocks", false, true, true},
		{"gru", "T=3 N=1 I=16 H=160", 0, "workspace whBlocks", false, false, false},
		{"lstm", "T=20 N=1 I=16 H=200", 0, "for odd t", false, true, true},
		{"lstm", "T=20 N=1 I=16 H=96", 0, "for odd t", false, false, false},
		{"rnn", "T=20 N=1 I=3 H=3", 0, "\n    call ", false, false, false},
		{"lstm", "T=20 N=4 I=16 H=160", 0, "\n    call ", false, true, true},
		{"batchnorm", "M=6272 C=64", 1, "// loops c by 8 vectors", false, true, false},
		{"batchnorm", "M=6272 C=128", 1, "// loops c by 8 vectors", false, false, true},
		{"batchnorm", "M=72 C=128", 1, "// loops c by 8 vectors", false, false, false},
		{"layernorm", "M=32 D=256", 1, "load dgamma", true, true, true},
		{"layernorm", "M=32 D=16", 1, "load dgamma", true, true, false},
		{"layernorm", "M=32 D=16", 1, "// loops m by 2; ", false, true, false},
		{"layernorm", "M=32 D=16", 1, "// loops m by 4; ", false, false, true},
		{"layernorm", "M=32 D=160", 1, "// loops m by 2; ", false, true, false},
		{"layernorm", "M=32 D=6", 1, "load dgamma", false, false, false},
		{"layernorm", "M=1 D=64", 0, "bcast mean[", false, false, false},
		{"layernorm", "M=1 D=4000", 0, "bcast mean[", false, true, true},
		{"lstm", "T=4 N=16 I=16 H=256", 0, "prefetch aAhead[", false, true, true},
		{"lstm", "T=24 N=16 I=16 H=256", 0, "prefetch soon wh[", false, true, true},
		{"lstm", "T=24 N=16 I=16 H=128", 0, "prefetch soon wh[", false, false, false},
		{"conv2d", "N=1 H=6 W=14 C=57 K=256 R=3 S=3 pad=1", 0, "prefetch soon w", false, false, true},
		{"conv2d", "N=2 H=6 W=7 C=96 K=96 R=3 S=3 pad=1 groups=6", 0, "// loops g, ", true, true, true},
		{"conv2d", "N=2 H=6 W=7 C=96 K=96 R=3 S=3 pad=1 groups=6", 1, "// loops gk by ", false, true, true},
		{"avgpool2d", "N=1 H=20 W=24 C=3 R=3 S=3 stride=1", 0, "vectors along s", false, false, false},
		{"maxpool2d", "N=1 H=20 W=24 C=3 R=3 S=3 stride=1", 0, "qc by ", false, true, true},
		{corners, "N=64 C=8", 0, "= select ", false, false, false},
		{crossing, "N=128 M=40", 0, "bcast x[", false, false, false},
		{bent, "M=100 D=40", 0, "bcast z[", false, false, false},
		{"dense", "N=8 I=512 O=2048", 0, "o by 3 vectors, n by 8", false, false, true},
		{"dense", "N=8 I=512 O=2048", 0, "= load y[", false, true, false}, // each row of w goes to one tile: no parts
		{headsInside, "T=64 N=2 A=4 D=16", 0, "panel of k, transposed", false, true, true},
		{frames, "L=2200 W=512 hop=128 B=33", 1, ", i0 by 2 vectors", false, true, true},
	} {
		p := proved(t, c.layer, c.dims)
		for target, want := range map[*machine.Target]bool{&machine.Portable: c.portable, &machine.AVX2: c.avx2, &machine.AVX512: c.avx512} {
			_, programs, err := passes(p, *target)
			if err != nil {
				t.Fatal(err)
			}
			text := programs[c.pass].String()
			if got := strings.Contains(text, c.sign); got != want {
				t.Errorf("%s, %.20q %s: %q is there: %v, want %v", target.Name, c.layer, c.dims, c.sign, got, want)
			}
		}
	}
}

// TestShared: what two equations need in a different order of indices is computed once, as
// it lies in memory.
func TestShared(t *testing.T) {
	p := proved(t, `layer: tropical
dims: {N: , K: , M: }
tensors:
  a: {role: input, shape: [N, K]}
  b: {role: input, shape: [K, M]}
  y: {role: output, shape: [N, M]}
forward: |
  y[n][m] = max(k, a[n][k] + b[k][m])
backward: derive
`, "N=24 K=5 M=40")
	for _, target := range targets {
		loops, _, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		if text := loops[1].String(); strings.Count(text, "= argmax") != 1 || !strings.Contains(text, "argmax[n][m]") {
			t.Errorf("%s: %s", target.Name, text)
		}
		agree(t, p, target, false, rounding)
	}
}

// TestDividedOnce: what is one for a row divides it once.
func TestDividedOnce(t *testing.T) {
	for equation, most := range map[string]int{
		"y[d] = sum(e, z[e][d]/x[e])":                           6,
		"y[d] = sum(e, x[e]*(z[e][d] - 2)/(x[e]*x[e] + 1))":     6,
		"y[d] = sum(e, z[e][d]/(z[e][d]*z[e][d] + 2)) + x[d%6]": 60,
	} {
		p := proved(t, "layer: t\ndims: {D: , E: }\ntensors:\n  x: {role: input, shape: [E]}\n  z: {role: input, shape: [E, D]}\n"+
			"  y: {role: output, shape: [D]}\nforward: |\n  "+equation+"\nbackward: derive\n", "D=40 E=6")
		for _, target := range targets {
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(programs[0].String(), " = div "); n > most || most == 60 && n < 3 {
				t.Errorf("%s, %s: %d divisions, want %d at most", target.Name, equation, n, most)
			}
			agree(t, p, target, false, rounding)
		}
	}
}

// TestProductsBesideRows: a product is written beside a sum over rows as long, but not
// beside one that goes across its rows.
func TestProductsBesideRows(t *testing.T) {
	p := proved(t, `layer: experts
dims: {D: , E: }
tensors:
  p: {role: input, shape: [E]}
  x: {role: input, shape: [D]}
  w: {role: param, shape: [E, D, D]}
  y: {role: output, shape: [D]}
forward: |
  y[o] = sum(e, p[e]*sum(d, x[d]*w[e][d][o]))
backward: derive
`, "D=64 E=8")
	for _, target := range []machine.Target{machine.AVX2, machine.AVX512} {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		if text := programs[1].String(); strings.Contains(text, "// loops e, o\n") || !strings.Contains(text, "// loops e, o by ") {
			t.Errorf("%s: %s", target.Name, text)
		}
		agree(t, p, target, false, rounding)
	}
}
