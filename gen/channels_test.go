package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestChannels: what normalises the images of a channel stays in one group with the sums
// over them where they are long rows, of which there are not too many.
func TestChannels(t *testing.T) {
	const norm = `layer: norm
dims: {N: , C: , P: }
tensors:
  x: {role: input, shape: [N, C, P]}
  s: {role: scratch, shape: [C]}
  y: {role: output, shape: [N, C, P]}
forward: |
  s[c] = sum(n, p, x[n][c][p])
  y[n][c][p] = x[n][c][p] - s[c]/(N*P)
backward: none
`
	for dims, want := range map[string]bool{
		"N=32 C=16 P=196":  true,
		"N=32 C=16 P=49":   true,
		"N=32 C=16 P=16":   false,
		"N=256 C=16 P=49":  false,
		"N=256 C=16 P=784": true,
	} {
		_, programs, err := passes(proved(t, norm, dims), machine.AVX2)
		if err != nil {
			t.Fatal(err)
		}
		if got := !strings.Contains(programs[0].String(), "loops n"); got != want {
			t.Errorf("%s: in one group: %v, want %v\n%s", dims, got, want, programs[0])
		}
	}
}
