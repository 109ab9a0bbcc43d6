package main

import (
	"math/rand/v2"

	"github.com/dlgen/dlgen/examples/mnist/kernels/act"
	"github.com/dlgen/dlgen/examples/mnist/kernels/fc1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/fc2"
	"github.com/dlgen/dlgen/examples/mnist/kernels/loss"
	"github.com/dlgen/dlgen/examples/mnist/kernels/optim"
)

// DenseParams are the weights of two dense layers.
type DenseParams struct {
	W1 fc1.W
	B1 fc1.B
	W2 fc2.W
	B2 fc2.B
}

// draw gives the weights their first values.
func (p *DenseParams) draw(rng *rand.Rand) {
	normal(rng, numbers(&p.W1), fc1.DimI)
	normal(rng, numbers(&p.W2), fc2.DimI)
}

// DensePair is two dense layers with a ReLU between them, and what they compute
// for one batch.
type DensePair struct {
	hidden, active   fc1.Y
	logits, dlogits  fc2.Y
	dhidden, dactive fc1.Y
	dinput           fc1.X
}

func (d *DensePair) forward(p *DenseParams, x *fc1.X) *fc2.Y {
	fc1.Forward(&d.hidden, x, &p.W1, &p.B1)
	act.Forward(flat[act.Y](&d.active), flat[act.X](&d.hidden))
	fc2.Forward(&d.logits, &d.active, &p.W2, &p.B2)
	return &d.logits
}

// backward computes the loss of the last forward, the gradients of the weights
// and that of the input.
func (d *DensePair) backward(grad, p *DenseParams, x *fc1.X, labels *loss.Label) (float32, error) {
	var l float32
	if err := loss.Forward(&l, &d.logits, labels); err != nil {
		return 0, err
	}
	if err := loss.Backward(&d.dlogits, 1, &d.logits, labels); err != nil {
		return 0, err
	}
	fc2.Backward(&d.dactive, &grad.W2, &grad.B2, &d.dlogits, &d.active, &p.W2)
	act.Backward(flat[act.X](&d.dhidden), flat[act.Y](&d.dactive), flat[act.X](&d.hidden))
	fc1.Backward(&d.dinput, &grad.W1, &grad.B1, &d.dhidden, x, &p.W1)
	return l, nil
}

// Perceptron has one hidden layer; it comes with the memory of one batch and
// the optimiser's moments. All parameters are one array to the optimiser.
type Perceptron struct {
	DenseParams
	grad DenseParams
	m    optim.M
	v    optim.V
	step int
	DensePair
}

// NewPerceptron draws the weights.
func NewPerceptron(rng *rand.Rand) *Perceptron {
	n := &Perceptron{}
	n.draw(rng)
	return n
}

// Forward computes the logits of a batch.
func (n *Perceptron) Forward(images *fc1.X) *fc2.Y { return n.forward(&n.DenseParams, images) }

// Train takes one step on a batch and returns the loss before it.
func (n *Perceptron) Train(images *fc1.X, labels *loss.Label, lr float32) (float32, error) {
	n.Forward(images)
	l, err := n.backward(&n.grad, &n.DenseParams, images, labels)
	if err != nil {
		return 0, err
	}
	n.step++
	optim.Forward(flat[optim.W](&n.DenseParams), &n.m, &n.v, flat[optim.Dw](&n.grad), lr, n.step)
	return l, nil
}

// Filters are the weights of the hidden units, 28 by 28.
func (n *Perceptron) Filters() [][]float32 {
	var out [][]float32
	for k := range fc1.DimO {
		out = append(out, unit(numbers(&n.W1), fc1.DimO, k))
	}
	return out
}
