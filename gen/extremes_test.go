package gen

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
)

// TestExtremes: extremes of two tensors in tiles, and of many indices.
func TestExtremes(t *testing.T) { agreeInFile(t, "testdata/specs/extremes.txtar") }

// TestMaximaKeepNaN puts one NaN at each place of rows and columns: rows of less than a
// vector, of some that are side by side, and of more than those.
func TestMaximaKeepNaN(t *testing.T) {
	for _, size := range []int{3, 16, 19, 40, 70, 150} {
		for _, target := range targets {
			t.Run(fmt.Sprint(size, target.Name), func(t *testing.T) { maximaKeepNaN(t, size, target) })
		}
	}
}

func maximaKeepNaN(t *testing.T, size int, target machine.Target) {
	_, text, _ := strings.Cut(specs["columns"], "\n")
	p := proved(t, text, fmt.Sprintf("M=5 D=%d", size))
	_, programs, err := passes(p, target)
	if err != nil {
		t.Fatal(err)
	}
	env := values(p, false, 5)
	for at, x := range env.Values["x"] {
		env.Values["x"][at] = math.NaN()
		mem := ir.NewMemory()
		fillMemory(t, mem, programs[0], env)
		env.Values["x"][at] = x
		if err := ir.Run(programs[0], mem); err != nil {
			t.Fatal(err)
		}
		for m, got := range mem.F32["t"] {
			if isNaN := got != got; isNaN != (m == at/size) {
				t.Fatalf("NaN at %d: maximum of row %d is %v", at, m, got)
			}
		}
		for d, got := range mem.F32["a"] { // argmax + min
			if d == at%size && got == got {
				t.Fatalf("NaN at %d: minimum of column %d is %v", at, d, got)
			}
		}
	}
}

// TestExtremesKeepNaN puts one NaN at each place of an operand of extremes in tiles.
func TestExtremesKeepNaN(t *testing.T) {
	p := proved(t, `layer: extremes
dims: {N: , K: , M: }
tensors:
  a: {role: input, shape: [N, K]}
  b: {role: input, shape: [M, K]}
  y: {role: output, shape: [N, M]}
forward: |
  y[n][m] = max(k, a[n][k] + b[m][k])
backward: none
`, "N=7 K=5 M=40")
	for _, target := range targets {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		for at := range 7 * 5 {
			env := values(p, false, 5)
			env.Values["a"][at] = math.NaN()
			mem := ir.NewMemory()
			fillMemory(t, mem, programs[0], env)
			if err := ir.Run(programs[0], mem); err != nil {
				t.Fatal(err)
			}
			for i, got := range mem.F32["y"] {
				if isNaN := got != got; isNaN != (i/40 == at/5) {
					t.Fatalf("%s: NaN at %d: y[%d] is %v", target.Name, at, i, got)
				}
			}
		}
	}
}

// TestPlacesOfNonFinite: an argmax passes over NaN, and is 0 where nothing is larger than
// -inf, in lanes as in Go.
func TestPlacesOfNonFinite(t *testing.T) {
	p := proved(t, `layer: places
dims: {M: , D: }
tensors:
  x: {role: input, shape: [M, D]}
  p: {role: output, type: int32, shape: [M]}
forward: |
  p[m] = argmax(d, x[m][d])
backward: none
`, "M=4 D=37")
	rows := [4]func(d int) float64{
		func(int) float64 { return math.NaN() },
		func(int) float64 { return math.Inf(-1) },
		func(d int) float64 { return map[bool]float64{true: -3, false: math.NaN()}[d == 21 || d == 30] },
		func(d int) float64 { return map[bool]float64{true: math.Inf(1), false: 7}[d > 33] },
	}
	for _, target := range targets {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		if in := strings.Contains(programs[0].String(), "= hmin "); in != (target.Lanes > 1) {
			t.Errorf("%s: places in lanes: %v", target.Name, in)
		}
		env := values(p, false, 5)
		for i := range env.Values["x"] {
			env.Values["x"][i] = rows[i/37](i % 37)
		}
		mem := ir.NewMemory()
		fillMemory(t, mem, programs[0], env)
		if err := ir.Run(programs[0], mem); err != nil {
			t.Fatal(err)
		}
		if got, want := mem.I32["p"], []int32{0, 0, 21, 34}; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", target.Name, got, want)
		}
	}
}
