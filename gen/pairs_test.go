package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestPairs: equations for every other element agree with those between them.
func TestPairs(t *testing.T) { agreeInFile(t, "testdata/specs/pairs.txtar") }

// TestPairsInVectors: two equations for neighbours are stored in vectors.
func TestPairsInVectors(t *testing.T) {
	for _, equation := range []string{
		"y[t][2*d] = x[t][2*d] - x[t][2*d+1]\n  y[t][2*d+1] = x[t][2*d] + x[t][2*d+1]",
		"y[t][2*d+1] = exp(x[t][d])\n  y[t][2*d] = x[t][d]",
		"y[t][2*d] = exp(x[t][d])\n  y[t][2*d+1] = 0",
	} {
		p := proved(t, "layer: t\ndims: {T: , D: }\ntensors:\n  x: {role: input, shape: [T, D]}\n  y: {role: output, shape: [T, D]}\nindices: {d: D/2}\nforward: |\n  "+equation+"\nbackward: derive\n", "T=3 D=64")
		for _, target := range []machine.Target{machine.AVX2, machine.AVX512} {
			_, programs, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			if text := programs[0].String(); strings.Contains(text, "] x1 =") {
				t.Errorf("%s: %s\n%s", target.Name, equation, text)
			}
		}
	}
}
