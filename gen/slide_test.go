package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestSlide: an element that slides through a tile of a window is loaded once for
// all taps that use it, in the middle of the image and at its borders.
func TestSlide(t *testing.T) {
	p := proved(t, "conv2d", "N=1 H=28 W=28 C=32 K=32 R=3 S=3 pad=1 groups=32")
	for _, target := range []machine.Target{machine.AVX2, machine.AVX512} {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		text := programs[0].String()
		loads, terms := strings.Count(text, "load x["), strings.Count(text, "= fma ")
		if loads == 0 || 2*loads > terms {
			t.Errorf("%s: x is loaded %d times for %d terms", target.Name, loads, terms)
		}
	}
}

// TestTapsAbreast: where registers hold all taps of a window, the gradient of its
// weights has them at once.
func TestTapsAbreast(t *testing.T) {
	for _, c := range []struct {
		target machine.Target
		size   string
	}{{machine.AVX2, "H=28 W=28"}, {machine.AVX512, "H=112 W=112"}} {
		_, programs, err := passes(proved(t, "conv2d", c.size+" N=1 C=32 K=32 R=3 S=3 pad=1 groups=32"), c.target)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(programs[1].String(), " side by side") {
			t.Errorf("%s, %s: no axis of the window is side by side in a tile", c.target.Name, c.size)
		}
	}
}

// TestSurrounded: sums that slide along a part of rows agree, and have full vectors.
func TestSurrounded(t *testing.T) {
	agreeInFile(t, "testdata/specs/surrounded.txtar")
	p := proved(t, `layer: correlation
dims: {T: , L: }
tensors:
  x: {role: input, shape: [T]}
  r: {role: output, shape: [L]}
forward: |
  r[l] = sum(t < T-L+1, x[t]*x[t+l])
backward: derive
`, "T=200 L=64")
	for _, target := range []machine.Target{machine.AVX2, machine.AVX512} {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		if text := programs[1].String(); !strings.Contains(text, "xPartPadded[") || strings.Contains(text, "store dx[t] x1") {
			t.Errorf("%s: %s", target.Name, text)
		}
	}
}

// TestOneBorder: neighbours on all sides are read from few copies with a border.
func TestOneBorder(t *testing.T) {
	p := proved(t, `layer: sobel
dims: {H: , W: }
tensors:
  x: {role: input, shape: [H, W], outside: 0}
  y: {role: output, shape: [H, W]}
forward: |
  y[h][w] = x[h-1][w-1] - x[h-1][w+1] + 2*x[h][w-1] - 2*x[h][w+1] + x[h+1][w-1] - x[h+1][w+1]
backward: derive
`, "H=9 W=20")
	for _, target := range targets {
		loops, _, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range loops {
			if n := strings.Count(l.String(), "temporary"); n > 2 {
				t.Errorf("%s: %d temporaries\n%s", target.Name, n, l)
			}
		}
		agree(t, p, target, false, rounding)
	}
}
