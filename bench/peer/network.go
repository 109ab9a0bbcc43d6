package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// network is a chain of layers that the harness times as a whole: inference, or
// a step of learning. Each layer's kernels are called one after another.
type network struct {
	Layers []stage
	// Seed is that of the first parameter; the others follow.
	Seed  int
	Scale string
	// Classes is the number of labels.
	Classes int
	Rate    string
}

// stage is a layer of a network; its batch is the row's.
type stage struct {
	Layer string
	Dims  map[string]int
	// Weights is the shape of w as the harness sees it, where ours is folded.
	Weights []int
	// Axes are those of w, see data.
	Axes []int
}

var networks = map[string]network{
	"mnist": {
		Layers: []stage{
			{Layer: "conv_relu_data.yaml", Dims: map[string]int{"H": 28, "W": 28, "C": 1, "K": 8, "R": 5, "S": 5, "pad": 2}, Axes: window},
			{Layer: "maxpool2d", Dims: map[string]int{"H": 28, "W": 28, "C": 8, "R": 2, "S": 2}},
			{Layer: "conv_relu.yaml", Dims: map[string]int{"H": 14, "W": 14, "C": 8, "K": 16, "R": 5, "S": 5, "pad": 2}, Axes: window},
			{Layer: "maxpool2d", Dims: map[string]int{"H": 14, "W": 14, "C": 16, "R": 2, "S": 2}},
			{Layer: "dense_relu.yaml", Dims: map[string]int{"I": 784, "O": 128}, Weights: []int{7, 7, 16, 128}, Axes: window},
			{Layer: "dense", Dims: map[string]int{"I": 128, "O": 10}, Axes: turned},
		},
		Seed: 20, Scale: "0.2", Classes: 10, Rate: "1e-3",
	},
}

// supports reports whether the row is inference or a step of a network.
func (n network) supports(row workload) bool {
	return len(n.Layers) > 0 && len(row.Dims) == 1 && row.Dims["N"] > 0 && (row.Pass == "infer" || row.Pass == "step")
}

// chain is a network with its packages; the last two are the loss and the
// optimiser, which a step has.
type chain struct {
	network
	row      workload
	packages []*generated
	// offset is where the parameters of a layer start in the array of all.
	offset map[string]int
	size   int
}

// newChain generates the packages of a row.
func newChain(n network, row workload, generate func(layer string, dims map[string]int, inference bool) (*generated, error)) (*chain, error) {
	c := &chain{network: n, row: row, offset: map[string]int{}}
	add := func(layer string, dims map[string]int) error {
		p, err := generate(layer, dims, row.Pass == "infer")
		c.packages = append(c.packages, p)
		return err
	}
	for k, s := range n.Layers {
		dims := maps.Clone(s.Dims)
		dims["N"] = row.Dims["N"]
		if err := add(s.Layer, dims); err != nil {
			return nil, err
		}
		for _, name := range []string{"w", "b"} {
			if shape := c.packages[k].shapes[name]; shape != nil {
				c.offset[fmt.Sprint(name, k)] = c.size
				c.size += (volume(shape) + 15) / 16 * 16 // each at a cache line
			}
		}
	}
	if row.Pass == "infer" {
		return c, nil
	}
	if err := add("cross_entropy", map[string]int{"N": row.Dims["N"], "C": n.Classes}); err != nil {
		return nil, err
	}
	return c, add("sgd", map[string]int{"M": c.size})
}

func volume(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// network writes the function that prepares a row of a network.
func (w *writer) network(c *chain) {
	step := c.row.Pass == "step"
	for _, p := range c.packages {
		w.used[p.name] = true
	}
	w.linef("\t%q: func() *serve.Job {", c.row.Name)
	w.layers(c, step)
	w.linef("serve.FillAs(aligned.Flat[float32](x0), %#v, %#v, serve.SeedX, 2)", c.packages[0].shapes["x"], images)
	result := fmt.Sprintf("{Name: \"y\", V: aligned.Flat[float32](x%d)}", len(c.Layers))
	if step {
		w.linef("loss, label := aligned.New[[1]float32](), aligned.New[%s.Label]()", c.packages[len(c.Layers)].name)
		w.linef("serve.FillLabels(aligned.Flat[int32](label), %d)", c.Classes)
		result = "{Name: \"loss\", V: loss[:]}"
	}
	w.linef("return &serve.Job{Run: func(n int) {\nfor range n {")
	for k := range c.Layers {
		w.linef("%s", c.call(k, "Forward"))
	}
	if step {
		w.learn(c)
	}
	w.linef("}\n}, Outputs: []serve.Output{%s}}\n},", result)
}

// layers declares the memory of each layer: x0, x1 … between them, w, b and
// their gradients within the arrays of all.
func (w *writer) layers(c *chain, step bool) {
	w.linef("params := aligned.Flat[float32](aligned.New[[%d]float32]())", c.size)
	if step {
		w.linef("grads := aligned.Flat[float32](aligned.New[[%d]float32]())", c.size)
	}
	w.linef("x0 := aligned.New[%s.X]()", c.packages[0].name)
	seed := c.Seed
	for k, s := range c.Layers {
		p := c.packages[k]
		w.linef("x%d := aligned.New[%s.Y]()", k+1, p.name)
		if step {
			w.linef("dx%d := aligned.New[%s.Y]()", k+1, p.name)
		}
		if p.api.Workspace() {
			w.linef("ws%d := aligned.New[%s.Workspace]()", k, p.name)
		}
		for _, name := range []string{"w", "b"} {
			shape := p.shapes[name]
			if shape == nil {
				continue
			}
			at, typ := c.offset[fmt.Sprint(name, k)], p.name+"."+strings.ToUpper(name)
			w.linef("%s%d := aligned.As[%s](params[%d:])", name, k, typ, at)
			var axes []int
			if name == "w" {
				axes = s.Axes
				if s.Weights != nil {
					shape = s.Weights
				}
			}
			w.linef("serve.FillAs(aligned.Flat[float32](%s%d), %#v, %#v, %d, %s)", name, k, shape, axes, seed, c.Scale)
			if step {
				w.linef("d%s%d := aligned.As[%s](grads[%d:])", name, k, typ, at)
			}
			seed++
		}
	}
}

// learn writes what follows the forward calls of a step.
func (w *writer) learn(c *chain) {
	n := len(c.Layers)
	loss, sgd := c.packages[n].name, c.packages[n+1].name
	logits := fmt.Sprintf("aligned.Cast[%s.X](x%d)", loss, n)
	w.linef("serve.Must(%s.Forward(&loss[0], %s, label))", loss, logits)
	w.linef("serve.Must(%s.Backward(aligned.Cast[%s.X](dx%d), 1, %s, label))", loss, loss, n, logits)
	for k := range slices.Backward(c.Layers) {
		w.linef("%s", c.call(k, "Backward"))
	}
	w.linef("%s.Forward(aligned.As[%s.W](params), aligned.As[%s.Dw](grads), %s)", sgd, sgd, sgd, c.Rate)
}

// call is the text of a call of layer k. Its x is what the layer before made.
func (c *chain) call(k int, name string) string {
	p := c.packages[k]
	var args []string
	for _, param := range p.api[name].Params {
		typ := p.name + "." + strings.TrimPrefix(param.Type, "*")
		at := k
		if strings.HasSuffix(param.Name, "y") {
			at++
		}
		arg := fmt.Sprintf("%s%d", strings.Replace(param.Name, "y", "x", 1), at)
		if strings.HasSuffix(param.Name, "x") {
			arg = fmt.Sprintf("aligned.Cast[%s](%s)", typ, arg)
		}
		args = append(args, arg)
	}
	return fmt.Sprintf("%s.%s(%s)", p.name, name, strings.Join(args, ", "))
}
