package gen

import (
	"strings"
	"testing"
)

// TestPowers: small constant exponents are products and roots, for negative numbers too;
// others are computed.
func TestPowers(t *testing.T) {
	for equation, computed := range map[string]bool{
		"y[m] = pow(x[m], 2) + pow(x[m], -3)":           false,
		"y[m] = pow(x[m], 4) - pow(x[m], 1)":            false,
		"y[m] = pow(abs(x[m]), 0.5)*pow(x[m], 0)":       false,
		"y[m] = pow(abs(x[m]) + 0.1, -1.5) + x[m]":      false,
		"y[m] = pow(abs(x[m]) + 0.1, 3.5)":              false,
		"y[m] = pow(x[m], 8) + pow(x[m], -5)":           false,
		"y[m] = pow(abs(x[m]) + 0.1, 9)":                true,
		"y[m] = pow(abs(x[m]) + 0.1, 0.25)":             true,
		"y[m] = pow(abs(x[m]) + 0.1, z[m]) - sqrt(9.0)": true,
	} {
		p := proved(t, "layer: powers\ndims: {M: }\ntensors:\n  x: {role: input, shape: [M]}\n  z: {role: input, shape: [M]}\n"+
			"  y: {role: output, shape: [M]}\nbackward: none\nforward: |\n  "+equation+" + 0*z[m]\n", "M=37")
		for _, target := range targets {
			loops, _, err := passes(p, target)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(loops[0].String(), "pow("); got != computed {
				t.Errorf("%s, %s: computed by pow: %v, want %v", target.Name, equation, got, computed)
			}
			agree(t, p, target, false, 100*rounding)
		}
	}
}
