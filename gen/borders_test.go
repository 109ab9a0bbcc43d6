package gen

import (
	"strings"
	"testing"
)

// TestBorders: what borders cut off is computed right, with code for few of the ways in
// which they do.
func TestBorders(t *testing.T) {
	const mostLines = 12000
	agreeInFile(t, "testdata/specs/borders.txtar")
	const wide = `layer: displacements
dims: {H: height, W: width, C: channels, R: reach}
tensors:
  a: {role: input, shape: [H, W, C]}
  b: {role: input, shape: [H, W, C], outside: 0}
  y: {role: output, shape: [H, W, 2*R+1, 2*R+1]}
forward: |
  y[h][w][u][v] = sum(c, a[h][w][c]*b[h+2*(u-R)][w+2*(v-R)][c])/C
backward: derive
`
	p := proved(t, wide, "H=48 W=64 C=32 R=10")
	for _, target := range targets {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		for _, prog := range programs {
			if n := strings.Count(prog.String(), "\n"); n > mostLines {
				t.Errorf("%s %s: %d lines", target.Name, prog.Name, n)
			}
		}
	}
}
