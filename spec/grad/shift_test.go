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
  temp: {role: input, shape: [M]}
  mask: {role: input, type: int32, shape: [M, D]}
  label: {role: input, type: int32, shape: [M]}
  step: {role: scalar, type: int}
  y: {role: output, shape: [M, D]}
  z: {role: output, shape: [M]}
  top: {role: scratch, shape: [M]}
  e: {role: saved, shape: [M, D]}
  total: {role: saved, shape: [M]}
forward: |
  z[m] = (temp[m] + label[m])*step + sum(d, x[m][d]*mask[m][d])
  top[m] = max(d, x[m][d])
`
	const softmax = "e[m][d] = exp(x[m][d] - top[m])\n  total[m] = sum(d, e[m][d])\n  y[m][d] = e[m][d]/total[m]"
	for name, c := range map[string]struct {
		forward string
		argmax  bool
	}{
		"softmax":                {softmax, false},
		"another sum":            {strings.Replace(softmax, "sum(", "1 + sum(", 1), true},
		"a distance":             {"e[m][d] = x[m][d] - top[m]\n  total[m] = sum(d, e[m][d])\n  y[m][d] = e[m][d]*total[m]", true},
		"a temperature":          {"e[m][d] = exp((x[m][d] - top[m])/temp[m])\n  total[m] = sum(d, e[m][d])\n  y[m][d] = e[m][d]/total[m]", false},
		"another temperature":    {"e[m][d] = exp((x[m][d] - top[m])/temp[m])\n  total[m] = sum(d, exp((x[m][d] - top[m])/temp[0]))\n  y[m][d] = e[m][d]/total[m]", true},
		"masks":                  {"e[m][d] = where(mask[m][d] != 99, exp(x[m][d] - top[m]), 0)\n  total[m] = sum(d, e[m][d])\n  y[m][d] = where(d <= m, e[m][d]/total[m], 0)", false},
		"the logarithm of a sum": {"e[m][d] = exp(2*(x[m][d] - top[m]))\n  total[m] = sqrt(sum(d, e[m][d]))\n  y[m][d] = x[m][d] - (top[m] + log(total[m]))", false},
		"not its logarithm":      {"e[m][d] = exp(2*(x[m][d] - top[m]))\n  total[m] = sum(d, e[m][d])\n  y[m][d] = x[m][d] - (top[m] + log(total[m]))", true},
		"a label that is rare":   {softmax + " + where(3*label[m] > 700, top[m], 0)", true},
		"a step that is late":    {softmax + " + max(step/1000 - 1, 0)*top[m]", true},
		"a condition":            {softmax + " + where(top[m] > 9, 1, 0)*temp[m]*e[m][d]", true},
		"a maximum in place":     {strings.ReplaceAll(softmax, "top[m]", "max(j, x[m][j])"), false},
		"two maxima in place":    {"e[m][d] = exp(x[m][d] - max(j, x[m][j]))\n  total[m] = 0\n  y[m][d] = e[m][d]/sum(k, exp(x[m][k] - max(j, x[m][j])))", false},
		"a maximum in a sum":     {"e[m][d] = x[m][d]\n  total[m] = 0\n  y[m][d] = e[m][d] + sum(i, log(sum(j, exp(x[i][j] - max(k, x[i][k])))) + max(k, x[i][k]))", false},
		"another in a sum":       {"e[m][d] = x[m][d]\n  total[m] = 0\n  y[m][d] = e[m][d] + sum(i, log(sum(j, exp(x[i][j] - max(k, x[i][k])))) + max(k, x[i][k])*temp[i])", true},
		"a maximum of products":  {"e[m][d] = exp(x[m][d]*2 - max(j, x[m][j]*2))\n  total[m] = sum(d, e[m][d])\n  y[m][d] = e[m][d]/total[m]", false},
		"a maximum that counts":  {strings.ReplaceAll(softmax, "top[m]", "max(j, x[m][j])") + " + max(j, x[m][j])", true},
		"maxima over all rows":   {"e[m][d] = exp(x[m][d] - max(i < M, x[i][d]))\n  total[m] = sum(d, e[m][d])\n  y[m][d] = e[m][d]/total[m]", true},
		"steps":                  {"e[m][d] = x[m][d] + where(m == 0, 0, log(total[m-1]) + top[m-1])\n  total[m] = sum(d, exp(e[m][d] - top[m]))\n  y[m][d] = e[m][d]", false},
		"in some cases":          {"total[m] = where(m == 0, 0, max(d, x[m][d]))\n  e[m][d] = exp(x[m][d] - total[m])\n  y[m][d] = e[m][d]/sum(k, e[m][k])", false},
		"in others":              {"total[m] = where(m == 0, 0, max(d, x[m][d]))\n  e[m][d] = exp(x[m][d] - where(m == 1, 0, total[m]))\n  y[m][d] = e[m][d]*total[m]", true},
	} {
		t.Run(name, func(t *testing.T) {
			text := head + "  " + c.forward + "\nbackward: derive\n"
			if !strings.Contains(c.forward, "top") {
				text = strings.Replace(text, "  top: {role: scratch, shape: [M]}\n", "", 1)
				text = strings.Replace(text, "  top[m] = max(d, x[m][d])\n", "", 1)
			}
			s, err := syntax.Parse("a.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			p, err := prove(s, map[string]string{"M": "3", "D": "4"})
			if err != nil {
				t.Fatal(err)
			}
			finiteDifferences(t, p.Layer, p.Backward)
			text = ""
			for _, e := range p.Backward.Equations {
				text += layer.FormatEquation(e) + "\n"
			}
			if got := strings.Contains(text, "argmax"); got != c.argmax {
				t.Errorf("the gradient of the maximum is there: %v, want %v\n%s", got, c.argmax, text)
			}
		})
	}
}

// TestCancelsStopped: what stops the gradient of a maximum does not make up for it elsewhere.
func TestCancelsStopped(t *testing.T) {
	for name, keep := range map[string]string{"a copy": "role: scratch, grad: none", "a state": "role: state"} {
		text := `layer: a
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  y: {role: output, shape: [M, D]}
  top: {role: scratch, shape: [M]}
  keep: {` + keep + `, shape: [M]}
forward: |
  top[m] = max(d, x[m][d])
  keep[m] = top[m]
  y[m][d] = x[m][d] - top[m] + keep[m]
backward: derive
`
		p, err := proveAt(text, "M=3 D=4")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Backward.Equations {
			if e.T.Name == "dx" && !strings.Contains(layer.FormatEquation(e), "argmax") {
				t.Errorf("%s: %s", name, layer.FormatEquation(e))
			}
		}
	}
}
