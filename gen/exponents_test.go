package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/machine"
)

// TestExponents checks that exp is replaced by its form for arguments that are
// not positive where that is certain, and only there.
func TestExponents(t *testing.T) {
	head := `layer: e
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  z: {role: input, shape: [M, D]}
  y: {role: output, shape: [M, D]}
backward: none
forward: |
`
	for equation, cheaper := range map[string]bool{
		"y[m][d] = exp(x[m][d] - max(j, x[m][j])) + z[m][d]":                true,
		"y[m][d] = exp(x[m][d] - max(j, x[j][d])) + z[m][d]":                true,
		"y[m][d] = exp(x[m][d] - max(i, j, x[i][j])) + z[m][d]":             true,
		"y[m][d] = exp(x[m][d] - max(j, z[m][j]))":                          false,
		"y[m][d] = exp(x[m][d] - max(j < D-1, x[m][j])) + z[m][d]":          false,
		"y[m][d] = exp(x[m][d] - min(j, x[m][j])) + z[m][d]":                false,
		"y[m][d] = exp(max(j, x[m][j]) - x[m][d]) + z[m][d]":                false,
		"y[m][d] = exp(x[m][d] - max(j, x[m][j]*2)) + z[m][d]":              false,
		"y[m][d] = exp(x[m][d] - max(j, x[0][j])) + z[m][d]":                false,
		"y[m][d] = exp(x[m][d] - where(m > 1, max(j, x[m][j]), 0))*z[m][d]": false,
		"y[m][d] = exp(-0.5*x[m][d]*x[m][d]) + z[m][d]":                     true,
		"y[m][d] = exp(0.5*-x[m][d]*x[m][d]*abs(z[m][d]))":                  true,
		"y[m][d] = exp(0.5*-x[m][d]*-x[m][d]) + z[m][d]":                    false,
		"y[m][d] = exp(-x[m][d]*x[m][d]*z[m][d])":                           false,
		"y[m][d] = exp(min(-x[m][d], x[m][d])) + z[m][d]":                   true,
		"y[m][d] = exp(min(-x[m][d], z[m][d]))":                             false,
		"y[m][d] = exp(min(x[m][d], -1) - sqrt(abs(z[m][d])))":              true,
		"y[m][d] = exp(min(x[m][d], 1) - sqrt(abs(z[m][d])))":               false,
		"y[m][d] = exp(where(z[m][d] > 0, -abs(x[m][d]), -1))":              true,
		"y[m][d] = exp(where(z[m][d] > 0, x[m][d], -1))":                    false,
	} {
		p := proved(t, head+"  "+equation+"\n", "M=4 D=9")
		_, programs, err := passes(p, machine.Portable)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(programs[0].String(), "exp_nonpos"); got != cheaper {
			t.Errorf("%s: cheaper form %v, want %v", equation, got, cheaper)
		}
		agree(t, p, machine.AVX2, false, rounding)
	}
}
