package main

import (
	"math"
	"math/rand/v2"
	"unsafe"

	"github.com/dlgen/dlgen/examples/chars/kernels/cell"
	"github.com/dlgen/dlgen/examples/chars/kernels/embed"
	"github.com/dlgen/dlgen/examples/chars/kernels/fc"
	"github.com/dlgen/dlgen/examples/chars/kernels/loss"
	"github.com/dlgen/dlgen/examples/chars/kernels/optim"
)

const (
	window     = cell.DimT
	passages   = cell.DimN
	symbols    = embed.DimV
	parameters = optim.DimM

	// longest is the norm that gradients are cut down to: an LSTM has rare steps
	// with very large ones.
	longest = 1
)

// Params are what the network learns. All of them are one array to the optimiser.
type Params struct {
	E  embed.E
	Wx cell.Wx
	Wh cell.Wh
	B  cell.B
	W  fc.W
	Bo fc.B
}

// State is what the LSTM keeps from one window to the next.
type State struct {
	H cell.H0
	C cell.C0
}

// Network predicts the next character of each passage at every step. It comes
// with the memory of one window and the optimiser's moments.
type Network struct {
	Params
	m     optim.M
	v     optim.V
	state State
	step  int // taken so far

	grad            Params
	id              embed.Id
	next            loss.Label
	after           State // the window
	embedded        cell.X
	hidden          cell.Y
	logits, dlogits fc.Y
	dhidden         cell.Y
	dembedded       cell.X
	dstate          State
	none            State // no gradient comes from beyond the window

	recurring cell.Workspace
	entropy   loss.Workspace
}

// NewNetwork draws the weights.
func NewNetwork(rng *rand.Rand) *Network {
	n := &Network{}
	for i := range numbers(&n.E) {
		numbers(&n.E)[i] = float32(rng.NormFloat64())
	}
	uniform(rng, numbers(&n.Wx), cell.DimH)
	uniform(rng, numbers(&n.Wh), cell.DimH)
	uniform(rng, numbers(&n.W), fc.DimI)
	for i := range n.B[1] {
		n.B[1][i] = 1 // a new network forgets little
	}
	return n
}

// forward computes the loss of the window that is in id and next, from state on.
func (n *Network) forward(state *State) (float32, error) {
	if err := embed.Forward(flat[embed.Y](&n.embedded), &n.id, &n.E); err != nil {
		return 0, err
	}
	cell.Forward(&n.recurring, &n.hidden, &n.after.H, &n.after.C, &n.embedded, &state.H, &state.C, &n.Wx, &n.Wh, &n.B)
	fc.Forward(&n.logits, flat[fc.X](&n.hidden), &n.W, &n.Bo)
	var l float32
	err := loss.Forward(&n.entropy, &l, &n.logits, &n.next)
	return l, err
}

// backward computes the gradients of the last forward, which began at state.
func (n *Network) backward(state *State) error {
	if err := loss.Backward(&n.entropy, &n.dlogits, 1, &n.logits, &n.next); err != nil {
		return err
	}
	g := &n.grad
	fc.Backward(flat[fc.X](&n.dhidden), &g.W, &g.Bo, &n.dlogits, flat[fc.X](&n.hidden), &n.W)
	cell.Backward(&n.recurring, &n.dembedded, &n.dstate.H, &n.dstate.C, &g.Wx, &g.Wh, &g.B,
		&n.dhidden, &n.none.H, &n.none.C, &n.embedded, &state.H, &state.C, &n.Wx, &n.Wh, &n.hidden)
	return embed.Backward(&g.E, flat[embed.Y](&n.dembedded), &n.id)
}

// Train takes one step, on the window whose turn it is, and returns the loss
// before it. The state goes on to the next window, and is empty where a passage
// begins.
func (n *Network) Train(part []byte, lr float32) (float64, error) {
	w := n.step % windows(part)
	if w == 0 {
		n.state = State{}
	}
	fill(&n.id, &n.next, part, w)
	l, err := n.forward(&n.state)
	if err != nil {
		return 0, err
	}
	if err := n.backward(&n.state); err != nil {
		return 0, err
	}
	clip(numbers(&n.grad), longest)
	n.step++
	optim.Forward(flat[optim.W](&n.Params), &n.m, &n.v, flat[optim.Dw](&n.grad), lr, n.step)
	n.state = n.after
	return float64(l), nil
}

// Evaluate is the mean loss of a part of the text that the passages are read
// through once, and learns nothing.
func (n *Network) Evaluate(part []byte) (float64, error) {
	var state State
	var sum float64
	for w := range windows(part) {
		fill(&n.id, &n.next, part, w)
		l, err := n.forward(&state)
		if err != nil {
			return 0, err
		}
		sum += float64(l)
		state = n.after
	}
	return sum / float64(windows(part)), nil
}

// clip shortens a vector to a norm.
func clip(x []float32, norm float64) {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	if sum <= norm*norm {
		return
	}
	scale := float32(norm / math.Sqrt(sum))
	for i := range x {
		x[i] *= scale
	}
}

// uniform draws weights from ±1/√inputs.
func uniform(rng *rand.Rand, weights []float32, inputs int) {
	width := 1 / math.Sqrt(float64(inputs))
	for i := range weights {
		weights[i] = float32((2*rng.Float64() - 1) * width)
	}
}

// flat shows the memory of arrays as arrays of another shape and the same size.
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
