package grad_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/grad"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/link"
)

// TestNetworks compares the chained gradients of networks with finite
// differences.
func TestNetworks(t *testing.T) {
	for file, dims := range map[string]map[string]string{
		"mlp":           {"N": "2", "I": "3", "H": "4", "C": "3"},
		"transformer":   {"N": "1", "T": "3", "E": "4", "A": "2", "F": "3"},
		"autoencoder":   {"N": "2", "I": "4", "H": "3"},
		"generator":     {"N": "2", "Z": "3", "H": "4", "D": "2"},
		"discriminator": {"N": "2", "D": "3", "H": "4"},
		"cnn":           {"N": "1", "H": "4", "W": "4", "K1": "2", "K2": "2", "F": "3", "C": "3"},
		"sequence":      {"T": "3", "N": "2", "V": "4", "E": "2", "H": "2"},
		"gan":           {"N": "2", "Z": "3", "D": "4", "G": "2", "H": "3"},
	} {
		t.Run(file, func(t *testing.T) { network(t, "../../examples/networks/"+file+".yaml", dims) })
	}
}

func network(t *testing.T, file string, dims map[string]string) *layer.Proved {
	t.Helper()
	p := proved(t, file, dims)
	finiteDifferences(t, p.Layer, p.Backward)
	return p
}

// proved is the layer of a file with its gradient.
func proved(t *testing.T, file string, dims map[string]string) *layer.Proved {
	t.Helper()
	s, err := link.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, dims)
	if err != nil {
		t.Fatal(err)
	}
	p, err := grad.Prove(l, func(given map[string]string) (*layer.Layer, error) { return check.Check(s, given) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pair has two outputs and reads beyond its input's shape.
const pair = `layer: pair
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D], outside: 0}
  w: {role: param, shape: [D]}
  lr: {role: scalar}
  y: {role: output, shape: [M, D]}
  s: {role: output, shape: [M]}
forward: |
  y[m][d] = x[m][d]*w[d] - lr*x[m][d+1]
  s[m] = sum(d, x[m][d]*x[m][d])
backward: |
  dx[m][d] = dy[m][d]*w[d] - where(d > 0, lr*dy[m][d-1], 0) + 2*ds[m]*x[m][d]
  dw[d] = sum(m, dy[m][d]*x[m][d])
`

// largest pads with minus infinity.
const largest = `layer: largest
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D], outside: -inf}
  y: {role: output, shape: [M, D]}
forward: |
  y[m][d] = max(r < 3, x[m][d+r-1])
backward: derive
`

// twice applies a layer to a single number.
const twice = `layer: twice
dims: {M: elements}
tensors:
  x: {role: input, shape: [M]}
  n: {role: scratch, shape: []}
  y: {role: output, shape: [M]}
forward: |
  n = prod(m, x[m])
  l = silu(n)
  s = tanh(x)
  y[m] = x[m]*l*l + s[m]
backward: derive
`

// scaled passes scalars on, with something to them.
const scaled = `layer: scaled
layers: {pair: pair.yaml}
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  rate: {role: scalar}
  t: {role: scalar, type: int}
  seed: {role: scalar, type: uint64}
  y: {role: output, shape: [M, D]}
forward: |
  h = dropout(x, seed + 1)
  y, _ = pair{lr: 2*rate/(1 + t)}(h)
backward: derive
`

// stepwise has an output without an upstream gradient on the way to another.
const stepwise = `layer: stepwise
dims: {M: rows, D: columns}
tensors:
  x: {role: input, shape: [M, D]}
  w: {role: param, shape: [D]}
  h: {role: output, shape: [M, D], grad: none}
  y: {role: output, shape: [M, D]}
forward: |
  h[m][d] = x[m][d]*w[d]
  y[m][d] = h[m][d]*h[m][d]
backward: |
  dx[m][d] = 2*dy[m][d]*h[m][d]*w[d]
  dw[d] = sum(m, 2*dy[m][d]*h[m][d]*x[m][d])
`

// TestChain is about what applications have in common.
func TestChain(t *testing.T) {
	for name, c := range map[string]struct {
		tensors, forward string
		// backward are equations that the chained gradient has.
		backward []string
	}{
		"one output is not used": {
			"x: {role: input, shape: [2, 3]}\n  y: {role: output, shape: [2, 3]}\n  lr: {role: scalar}", "y, _ = pair(x, y_w, lr)",
			[]string{"dx[m][d] = dy[m][d]*y_w[d] - where(d > 0, lr*dy[m][d-1], 0)"},
		},
		"the first is not used": {
			"x: {role: input, shape: [2, 3]}\n  s: {role: output, shape: [2]}", "_, s = pair(x)",
			[]string{"dx[m][d] = 2*ds[m]*x[m][d]"},
		},
		"scalars are made": {
			"x: {role: input, shape: [2, 3]}\n  y: {role: output, shape: [2, 3]}", "y = pair(x)",
			[]string{"dy_w[d] = sum(m, dy[m][d]*x[m][d])"},
		},
		"one tensor twice": {
			"x: {role: input, shape: [6]}\n  y: {role: output, shape: [6]}", "y = mul(x, x)",
			[]string{"dx[i] = dx2[i] + dx3[i]"},
		},
		"shared params": {
			"x: {role: input, shape: [2, 3]}\n  w: {role: param, shape: [3, 3]}\n  y: {role: output, shape: [2, 3]}",
			"h = tanh(dense{w: w}(x))\n  y = dense(h, w)", nil,
		},
		"extents fall together": {
			"x: {role: input, shape: [2, 3, 4]}\n  y: {role: output, shape: [2, 3, 5]}",
			"h = softmax(gelu(x))\n  y = dense{O: 5}(h)", nil,
		},
		"a flat result": {
			"x: {role: input, shape: [2, 3, 4]}\n  y: {role: output, shape: [24]}", "y = tanh(x)", nil,
		},
		"values beyond the shape differ": {
			"x: {role: input, shape: [2, 3]}\n  y: {role: output, shape: [2, 3]}",
			"g = tanh(x)\n  a = largest(g)\n  b, s = pair(g)\n  y[m][d] = a[m][d]*b[m][d] + s[m]", nil,
		},
		"equations around it": {
			"x: {role: input, shape: [2, 3]}\n  z: {role: scratch, shape: [2, 3]}\n  y: {role: output, shape: [2, 3]}",
			"y[m][d] = h[m][d]*x[m][d]\n  h = tanh(dense{O: 3}(z))\n  z[m][d] = x[m][d]*x[m][d]", nil,
		},
		"scalars are computed": {
			"x: {role: input, shape: [2, 3]}\n  y: {role: output, shape: [2, 3]}\n  lr: {role: scalar}\n  n: {role: scalar, type: int}\n  s: {role: scalar, type: uint64}",
			"h = dropout(x, 42)\n  y = scaled(h, lr/sqrt(n), n + 1, 2 + s)",
			[]string{
				"dy_h[m][d] = dy[m][d]*y_y_w[d] - where(d > 0, 2*(lr/sqrt(n))/(1 + (n + 1))*dy[m][d-1], 0)",
				"dh[m_0][m_1] = where(uniform(s + 3, m_0*3 + m_1) < 0.5, 0, dy_h[m_0][m_1]*2)",
				"dx[m_0][m_1] = where(uniform(42, m_0*3 + m_1) < 0.5, 0, dh[m_0][m_1]*2)",
			},
		},
		"single numbers": {
			"x: {role: input, shape: []}\n  t: {role: input, shape: [3], grad: none}\n  u: {role: scalar}\n  y: {role: output, shape: []}",
			"s = softplus(x)\n  v = softplus(u)\n  a = mse(s, v)\n  h[i] = s*t[i]\n  y = add(a, mul(mse(h, t), s))", nil,
		},
		"a single number within": {
			"x: {role: input, shape: []}\n  y: {role: output, shape: []}", "y = twice(x)", nil,
		},
		"a state as it was": {
			"x: {role: input, shape: [4, 3]}\n  rm: {role: state, shape: [3]}\n  y: {role: output, shape: [4, 3]}\n  o: {role: output, shape: [3], grad: none}",
			"y = batchnorm{running_mean: rm}(x)\n  o[c] = old(rm[c])", nil,
		},
		"an output of a part that is not differentiated": {
			"x: {role: input, shape: [2, 3]}\n  y: {role: output, shape: [2, 3]}", "_, y = stepwise(x)", nil,
		},
		"one that is used": {
			"x: {role: input, shape: [2, 3]}\n  y: {role: output, shape: [2, 3]}\n  z: {role: output, shape: [2, 3]}", "h, y = stepwise(x)\n  z = tanh(h)", nil,
		},
		"an output that is not differentiated": {
			"x: {role: input, shape: [2, 3]}\n  h: {role: output, shape: [2, 4], grad: none}\n  y: {role: output, shape: [2, 3]}",
			"h = tanh(dense{O: 4}(x))\n  y = dense{O: 3}(h)", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			head := "layer: whole\n"
			for file, text := range map[string]string{"pair": pair, "largest": largest, "twice": twice, "scaled": scaled, "stepwise": stepwise} {
				put(t, filepath.Join(dir, file+".yaml"), text)
				if strings.Contains(c.forward, file+"(") {
					if !strings.Contains(head, "layers:") {
						head += "layers:\n"
					}
					head += "  " + file + ": " + file + ".yaml\n"
				}
			}
			if strings.Contains(c.forward, "h[i]") {
				c.tensors += "\n  h: {role: scratch, shape: [3]}"
			}
			if strings.Contains(c.forward, "u, b: v") {
				c.tensors += "\n  u: {role: param, shape: [3, 7]}\n  v: {role: param, shape: [7]}"
			}
			if strings.Contains(c.forward, "y_w, lr") {
				c.tensors += "\n  y_w: {role: param, shape: [3]}"
			}
			put(t, filepath.Join(dir, "whole.yaml"), head+"tensors:\n  "+c.tensors+"\nforward: |\n  "+c.forward+"\nbackward: derive\n")
			p := network(t, filepath.Join(dir, "whole.yaml"), nil)
			var got []string
			for _, e := range p.Backward.Equations {
				got = append(got, e.Text)
			}
			for _, want := range c.backward {
				if !slices.Contains(got, want) {
					t.Errorf("no equation %s in\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// TestWrongPart: a layer whose gradient is wrong is refused where it is applied.
func TestWrongPart(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "pair.yaml"), strings.Replace(pair, "2*ds", "3*ds", 1))
	put(t, filepath.Join(dir, "whole.yaml"), "layer: whole\nlayers: {two: pair.yaml}\ntensors:\n  x: {role: input, shape: [2, 3]}\n"+
		"  y: {role: output, shape: [2]}\nforward: |\n  _, y = two(x)\nbackward: derive\n")
	s, err := link.Open(filepath.Join(dir, "whole.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := check.Check(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = grad.Prove(l, func(given map[string]string) (*layer.Layer, error) { return check.Check(s, maps.Clone(given)) })
	if err == nil || !strings.Contains(err.Error(), "pair.yaml:13:3: wrong gradient: dx[0][0]") {
		t.Error(err)
	}
}

// TestTakenForConstant: what a layer takes for a constant must be one, and the help says how.
func TestTakenForConstant(t *testing.T) {
	for name, c := range map[string]struct{ tensors, forward, want string }{
		"an input": {"t: {role: input, shape: [3]}", "y = mse(x, t)", "give t grad: none"},
		"an output": {"q: {role: output, shape: [3], grad: none}", "q = tanh(x)\n  y = mse(x, q)",
			"grad: none of an output does not stop a gradient; give a copy in a tensor with role: scratch and grad: none"},
		"a copy of it":   {"q: {role: output, shape: [3], grad: none}\n  k: {role: scratch, shape: [3], grad: none}", "q = tanh(x)\n  k[n] = q[n]\n  y = mse(x, k)", ""},
		"a result":       {"", "h = tanh(x)\n  y = mse(x, h)", "declare h with role: scratch and grad: none"},
		"a declared one": {"h: {role: scratch, shape: [3], grad: none}", "h = tanh(x)\n  y = mse(x, h)", ""},
		"a scalar":       {"s: {role: scratch, shape: []}", "s = sum(n, x[n])\n  h = pair(g, u, s)\n  y = mse(h, z)", "pair does not differentiate lr, and s is to be differentiated"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, filepath.Join(dir, "pair.yaml"), pair)
			head := ""
			if strings.Contains(c.forward, "pair") {
				head = "layers: {pair: pair.yaml}\n"
				c.tensors += "\n  g: {role: input, shape: [2, 3]}\n  z: {role: input, shape: [2, 3], grad: none}\n  u: {role: param, shape: [3]}"
			}
			put(t, filepath.Join(dir, "whole.yaml"), "layer: whole\n"+head+"tensors:\n  x: {role: input, shape: [3]}\n  y: {role: output, shape: []}\n  "+
				c.tensors+"\nforward: |\n  "+c.forward+"\nbackward: derive\n")
			s, err := link.Open(filepath.Join(dir, "whole.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			l, err := check.Check(s, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = grad.Derive(l)
			if got := fmt.Sprint(err); err == nil != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
