package main

import (
	"math"
	"math/rand/v2"
	"unsafe"

	"github.com/dlgen/dlgen/examples/mnist/kernels/act"
	"github.com/dlgen/dlgen/examples/mnist/kernels/fc1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/fc2"
	"github.com/dlgen/dlgen/examples/mnist/kernels/loss"
	"github.com/dlgen/dlgen/examples/mnist/kernels/optim"
)

const (
	batch   = fc1.DimN
	pixels  = fc1.DimI
	classes = fc2.DimO
)

// Params are what the network learns, one array to the optimiser.
type Params struct {
	W1 fc1.W
	B1 fc1.B
	W2 fc2.W
	B2 fc2.B
}

// Network is a perceptron with one hidden layer, together with the memory of
// one batch and the optimiser's moments.
type Network struct {
	Params
	grad Params
	m    optim.M
	v    optim.V
	step int

	hidden, active   fc1.Y
	logits, dlogits  fc2.Y
	dhidden, dactive fc1.Y
	dimages          fc1.X
}

// NewNetwork draws the weights from normal distributions whose width keeps the
// variance through a ReLU (He et al., 2015).
func NewNetwork(rng *rand.Rand) *Network {
	n := &Network{}
	for i := range n.W1 {
		normal(rng, n.W1[i][:], len(n.W1))
	}
	for i := range n.W2 {
		normal(rng, n.W2[i][:], len(n.W2))
	}
	return n
}

func normal(rng *rand.Rand, row []float32, inputs int) {
	width := math.Sqrt(2 / float64(inputs))
	for i := range row {
		row[i] = float32(rng.NormFloat64() * width)
	}
}

// Forward computes the logits of a batch.
func (n *Network) Forward(images *fc1.X) *fc2.Y {
	fc1.Forward(&n.hidden, images, &n.W1, &n.B1)
	act.Forward(flat[act.Y](&n.active), flat[act.X](&n.hidden))
	fc2.Forward(&n.logits, &n.active, &n.W2, &n.B2)
	return &n.logits
}

// Train takes one step on a batch and returns the loss before it.
func (n *Network) Train(images *fc1.X, labels *loss.Label, lr float32) (float32, error) {
	n.Forward(images)
	var l float32
	if err := loss.Forward(&l, &n.logits, labels); err != nil {
		return 0, err
	}
	if err := loss.Backward(&n.dlogits, 1, &n.logits, labels); err != nil {
		return 0, err
	}
	g := &n.grad
	fc2.Backward(&n.dactive, &g.W2, &g.B2, &n.dlogits, &n.active, &n.W2)
	act.Backward(flat[act.X](&n.dhidden), flat[act.Y](&n.dactive), flat[act.X](&n.hidden))
	fc1.Backward(&n.dimages, &g.W1, &g.B1, &n.dhidden, images, &n.W1)
	n.step++
	optim.Forward(flat[optim.W](&n.Params), &n.m, &n.v, flat[optim.Dw](g), lr, n.step)
	return l, nil
}

// flat shows the memory of arrays as one array of the same size, as the layers
// over M elements have it.
func flat[To, From any](p *From) *To {
	var to To
	if unsafe.Sizeof(to) != unsafe.Sizeof(*p) {
		panic("flat: arrays of different sizes")
	}
	return (*To)(unsafe.Pointer(p))
}
