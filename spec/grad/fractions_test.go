package grad_test

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
)

// TestFractionsInOne: the gradient of what is divided by its own sum reads the quotient, and
// is right where the sum is another one.
func TestFractionsInOne(t *testing.T) {
	for name, c := range map[string]struct {
		forward string
		again   bool
	}{
		"a softmax":         {"y[m][d] = exp(x[m][d])/sum(k, exp(x[m][k]))", false},
		"without overflow":  {"y[m][d] = exp(x[m][d] - max(k, x[m][k]))/sum(j, exp(x[m][j] - max(i, x[m][i])))", false},
		"of columns":        {"y[m][d] = exp(x[m][d])/sum(k, exp(x[k][d]))", false},
		"of all":            {"y[m][d] = exp(x[m][d])/sum(k, j, exp(x[k][j]))", false},
		"with a number":     {"y[m][d] = exp(x[m][d])/(1 + sum(k, exp(x[m][k])))", false},
		"with temperature":  {"y[m][d] = exp(x[m][d]*w[m])/sum(k, exp(x[m][k]*w[m]))", false},
		"of another one":    {"y[m][d] = exp(x[m][d])/sum(k, exp(2*x[m][k]))", true},
		"of another weight": {"y[m][d] = exp(x[m][d]*w[m])/sum(k, exp(x[m][k]*w[0]))", true},
		"and a factor":      {"y[m][d] = exp(x[m][d])/sum(k, exp(x[m][k]))*w[m]", true},
		"squares":           {"y[m][d] = x[m][d]*x[m][d]/(1 + sum(k, x[m][k]*x[m][k]))", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := ""
			if strings.Contains(c.forward, "w[") {
				w = "  w: {role: input, shape: [M]}\n"
			}
			p, err := proveAt("layer: a\ndims: {M: rows, D: columns}\ntensors:\n  x: {role: input, shape: [M, D]}\n"+w+
				"  y: {role: output, shape: [M, D]}\nforward: |\n  "+c.forward+"\nbackward: derive\n", "M=3 D=4")
			if err != nil {
				t.Fatal(err)
			}
			finiteDifferences(t, p.Layer, p.Backward)
			text := ""
			for _, e := range p.Backward.Equations {
				text += layer.FormatEquation(e) + "\n"
			}
			if got := strings.Contains(text, "exp("); got != c.again {
				t.Errorf("exp is computed again: %v, want %v\n%s", got, c.again, text)
			}
		})
	}
}
