package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestMergedLanes: groups that are narrower than a vector share one, in convolutions and in
// products of small matrices side by side, whatever strides and borders the windows have.
func TestMergedLanes(t *testing.T) {
	const blocks = `layer: blocks
dims: {N: , G: , I: , O: }
tensors:
  x: {role: input, shape: [N, "G*I"]}
  w: {role: param, shape: [G, I, O]}
  s: {role: param, shape: [O]}
  y: {role: output, shape: [N, G, O]}
forward: |
  y[n][g][o] = max(s[o] + sum(i, x[n][g*I+i]*w[g][i][o]), 0)
backward: derive
`
	const shifted = `layer: shifted
dims: {Q: , G: , I: , O: }
tensors:
  x: {role: input, shape: [G, I], outside: 0}
  w: {role: param, shape: [I, G, O]}
  y: {role: output, shape: [Q, G, O]}
forward: |
  y[q][g][o] = sum(i, x[g][i+q-1]*w[i][g][o])
backward: derive
`
	const reversed = `layer: reversed
dims: {N: , I: , O: , Q: }
tensors:
  x: {role: input, shape: [N, I], outside: 0}
  w: {role: param, shape: [Q, I, O]}
  y: {role: output, shape: [N, O, Q]}
forward: |
  y[n][o][q] = sum(i, x[n][q-i+1]*w[q][i][o])
backward: derive
`
	for _, c := range []struct {
		layer, dims  string
		avx2, avx512 string // the passes in which they do: f, b
	}{
		{"conv2d", "N=1 H=9 W=13 C=32 K=32 R=3 S=3 pad=1 groups=8", "fb", "fb"},
		{"conv2d", "N=2 H=9 W=8 C=32 K=32 R=3 S=3 stride=2 pad=1 groups=4", "", "fb"},
		{"conv2d", "N=1 H=7 W=12 C=16 K=32 R=3 S=3 pad=1 groups=16", "fb", "fb"},
		{"conv2d", "N=1 H=7 W=12 C=16 K=64 R=3 S=3 dilation=2 pad=2 groups=16", "fb", "fb"},
		{"conv2d", "N=1 H=6 W=11 C=64 K=32 R=1 S=1 groups=8", "", ""}, // what is spread is longer than a vector
		{"conv2d", "N=2 H=8 W=8 C=24 K=24 R=3 S=3 pad=1 groups=6", "fb", "fb"},
		{"conv2d", "N=1 H=8 W=8 C=12 K=12 R=3 S=3 pad=1 groups=4", "fb", "fb"},
		{"conv2d", "N=1 H=6 W=7 C=20 K=40 R=3 S=3 pad=1 groups=20", "fb", "fb"}, // more than a vector has lanes
		{"conv2d", "N=1 H=8 W=8 C=64 K=64 R=3 S=3 pad=1 groups=2", "", ""},
		{"conv2d", "N=1 H=14 W=18 C=1 K=4 R=5 S=5", "f", "f"}, // columns share vectors
		{"conv1d", "N=1 L=40 C=32 K=32 S=5 pad=2 groups=8", "fb", "fb"},
		{blocks, "N=24 G=8 I=4 O=4", "b", "fb"},
		{blocks, "N=40 G=16 I=8 O=4", "", "b"},
		{blocks, "N=9 G=4 I=3 O=2", "b", "fb"},
		{shifted, "G=2 I=2 O=2 Q=2", "fb", "fb"}, // a row of a group does not begin with a window
		{shifted, "G=3 I=2 O=5 Q=3", "fb", "fb"},
		{reversed, "N=2 I=2 O=2 Q=3", "b", "b"}, // what is spread lies in the opposite direction
		{reversed, "N=3 I=4 O=4 Q=5", "b", "b"},
	} {
		p := proved(t, c.layer, c.dims)
		for target, want := range map[*machine.Target]string{&machine.AVX2: c.avx2, &machine.AVX512: c.avx512} {
			agree(t, p, *target, true, 0)
			_, programs, err := passes(p, *target)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, prog := range programs {
				if strings.Contains(prog.String(), "= shuffle ") {
					got += "fb"[i : i+1]
				}
			}
			if got != want {
				t.Errorf("%s, %s %s: groups share vectors in %q, want %q", target.Name, strings.Fields(c.layer)[0], c.dims, got, want)
			}
		}
	}
}
