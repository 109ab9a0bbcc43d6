package gen

import (
	"math"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestExtremes: extremes of two tensors in tiles, and of many indices.
func TestExtremes(t *testing.T) { agreeInFile(t, "testdata/specs/extremes.txtar") }

// TestMaximaKeepNaN puts one NaN at each place of a row and of a column.
func TestMaximaKeepNaN(t *testing.T) {
	_, text, _ := strings.Cut(specs["columns"], "\n")
	p := proved(t, text, "M=5 D=19")
	for _, target := range targets {
		_, programs, err := passes(p, target)
		if err != nil {
			t.Fatal(err)
		}
		for at := range 5 * 19 {
			env := values(p, false, 5)
			env.Values["x"][at] = math.NaN()
			mem := ir.NewMemory()
			fillMemory(t, mem, programs[0], env)
			if err := ir.Run(programs[0], mem); err != nil {
				t.Fatal(err)
			}
			for m, got := range mem.F32["t"] {
				if isNaN := got != got; isNaN != (m == at/19) {
					t.Fatalf("%s: NaN at %d: maximum of row %d is %v", target.Name, at, m, got)
				}
			}
			for d, got := range mem.F32["a"] { // argmax + min
				if d == at%19 && got == got {
					t.Fatalf("%s: NaN at %d: minimum of column %d is %v", target.Name, at, d, got)
				}
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
