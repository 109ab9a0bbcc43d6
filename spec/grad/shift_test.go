package grad_test

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// TestCancels: the gradient of a maximum vanishes where it cancels, and only
// there.
func TestCancels(t *testing.T) {
	const head = `layer: a
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  y: {role: output, shape: [M, D]}
  top: {role: scratch, shape: [M]}
  e: {role: saved, shape: [M, D]}
  total: {role: saved, shape: [M]}
forward: |
  top[m] = max(d, x[m][d])
`
	for name, c := range map[string]struct {
		forward string
		argmax  bool
	}{
		"softmax":     {"e[m][d] = exp(x[m][d] - top[m])\n  total[m] = sum(d, e[m][d])\n  y[m][d] = e[m][d]/total[m]", false},
		"another sum": {"e[m][d] = exp(x[m][d] - top[m])\n  total[m] = 1 + sum(d, e[m][d])\n  y[m][d] = e[m][d]/total[m]", true},
		"a distance":  {"e[m][d] = x[m][d] - top[m]\n  total[m] = sum(d, e[m][d])\n  y[m][d] = e[m][d]*total[m]", true},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := syntax.Parse("a.yaml", []byte(head+"  "+c.forward+"\nbackward: derive\n"))
			if err != nil {
				t.Fatal(err)
			}
			p, err := prove(s, map[string]string{"M": "3", "D": "4"})
			if err != nil {
				t.Fatal(err)
			}
			finiteDifferences(t, p.Layer, p.Backward)
			text := ""
			for _, e := range p.Backward.Equations {
				text += layer.FormatEquation(e) + "\n"
			}
			if got := strings.Contains(text, "argmax"); got != c.argmax {
				t.Errorf("the gradient of the maximum is there: %v, want %v\n%s", got, c.argmax, text)
			}
		})
	}
}
