package main

import (
	"math"
	"math/rand/v2"
	"unsafe"

	"github.com/dlgen/dlgen/examples/mnist/kernels/fc1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/fc2"
	"github.com/dlgen/dlgen/examples/mnist/kernels/loss"
)

const (
	batch   = fc1.DimN
	pixels  = fc1.DimI
	classes = fc2.DimO
)

// Network is what learns: one batch at a time, with the memory of one batch.
type Network interface {
	// Forward computes the logits of a batch.
	Forward(images *fc1.X) *fc2.Y
	// Train takes one step on a batch and returns the loss before it.
	Train(images *fc1.X, labels *loss.Label, lr float32) (float32, error)
	// Filters are the weights of the first layer, one square image for each unit.
	Filters() [][]float32
}

// networks are the networks by name, with the epochs that do them justice.
var networks = map[string]struct {
	epochs int
	make   func(*rand.Rand) Network
}{
	"dense": {5, func(rng *rand.Rand) Network { return NewPerceptron(rng) }},
	"conv":  {3, func(rng *rand.Rand) Network { return NewConvNet(rng) }},
}

// normal draws weights from a normal distribution whose width keeps the
// variance through a ReLU (He et al., 2015).
func normal(rng *rand.Rand, weights []float32, inputs int) {
	width := math.Sqrt(2 / float64(inputs))
	for i := range weights {
		weights[i] = float32(rng.NormFloat64() * width)
	}
}

// unit is column k of a matrix with one row a input: the weights of one unit.
func unit(weights []float32, units, k int) []float32 {
	var out []float32
	for i := k; i < len(weights); i += units {
		out = append(out, weights[i])
	}
	return out
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

// numbers shows the memory of an array as a slice.
func numbers[T any](p *T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(p)), unsafe.Sizeof(*p)/4)
}
