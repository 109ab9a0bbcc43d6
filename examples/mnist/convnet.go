package main

import (
	"math/rand/v2"

	"github.com/dlgen/dlgen/examples/mnist/kernels/conv1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/conv2"
	"github.com/dlgen/dlgen/examples/mnist/kernels/fc1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/fc2"
	"github.com/dlgen/dlgen/examples/mnist/kernels/loss"
	"github.com/dlgen/dlgen/examples/mnist/kernels/optimconv"
	"github.com/dlgen/dlgen/examples/mnist/kernels/pool1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/pool2"
	"github.com/dlgen/dlgen/examples/mnist/kernels/relu1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/relu2"
)

// ConvParams are what the convolutional network learns.
type ConvParams struct {
	K1 conv1.W
	C1 conv1.B
	K2 conv2.W
	C2 conv2.B
	DenseParams
}

// ConvNet has two convolutions, each with ReLU and pooling, and two dense
// layers. It comes with the memory of one batch and the optimiser's moments.
type ConvNet struct {
	ConvParams
	grad ConvParams
	m    optimconv.M
	v    optimconv.V
	step int

	maps1, active1 conv1.Y
	pooled1        pool1.Y
	maps2, active2 conv2.Y
	pooled2        pool2.Y
	pair           DensePair

	dimages          conv1.X
	dmaps1, dactive1 conv1.Y
	dpooled1         pool1.Y
	dmaps2, dactive2 conv2.Y

	convolving2 conv2.Workspace
}

// NewConvNet draws the weights.
func NewConvNet(rng *rand.Rand) *ConvNet {
	n := &ConvNet{}
	normal(rng, numbers(&n.K1), conv1.DimR*conv1.DimS*conv1.DimC)
	normal(rng, numbers(&n.K2), conv2.DimR*conv2.DimS*conv2.DimC)
	n.draw(rng)
	return n
}

// Forward computes the logits of a batch. The pooled maps are the input of the
// dense layers as they lie in memory.
func (n *ConvNet) Forward(images *fc1.X) *fc2.Y {
	conv1.Forward(&n.maps1, flat[conv1.X](images), &n.K1, &n.C1)
	relu1.Forward(flat[relu1.Y](&n.active1), flat[relu1.X](&n.maps1))
	pool1.Forward(&n.pooled1, &n.active1)
	conv2.Forward(&n.convolving2, &n.maps2, &n.pooled1, &n.K2, &n.C2)
	relu2.Forward(flat[relu2.Y](&n.active2), flat[relu2.X](&n.maps2))
	pool2.Forward(&n.pooled2, &n.active2)
	return n.pair.forward(&n.DenseParams, flat[fc1.X](&n.pooled2))
}

// Train takes one step on a batch and returns the loss before it.
func (n *ConvNet) Train(images *fc1.X, labels *loss.Label, lr float32) (float32, error) {
	n.Forward(images)
	g := &n.grad
	l, err := n.pair.backward(&g.DenseParams, &n.DenseParams, flat[fc1.X](&n.pooled2), labels)
	if err != nil {
		return 0, err
	}
	pool2.Backward(&n.dactive2, flat[pool2.Y](&n.pair.dinput), &n.active2)
	relu2.Backward(flat[relu2.X](&n.dmaps2), flat[relu2.Y](&n.dactive2), flat[relu2.X](&n.maps2))
	conv2.Backward(&n.convolving2, &n.dpooled1, &g.K2, &g.C2, &n.dmaps2, &n.pooled1, &n.K2)
	pool1.Backward(&n.dactive1, &n.dpooled1, &n.active1)
	relu1.Backward(flat[relu1.X](&n.dmaps1), flat[relu1.Y](&n.dactive1), flat[relu1.X](&n.maps1))
	conv1.Backward(&n.dimages, &g.K1, &g.C1, &n.dmaps1, flat[conv1.X](images), &n.K1)
	n.step++
	optimconv.Forward(flat[optimconv.W](&n.ConvParams), &n.m, &n.v, flat[optimconv.Dw](g), lr, n.step)
	return l, nil
}

// Filters are the windows of the first convolution, 5 by 5.
func (n *ConvNet) Filters() [][]float32 {
	var out [][]float32
	for k := range conv1.DimK {
		out = append(out, unit(numbers(&n.K1), conv1.DimK, k))
	}
	return out
}
