package main

import (
	"strconv"
	"strings"
)

// operation says which layer computes an operation of the harness, and where
// the data comes from and goes to.
type operation struct {
	// Layer is a library layer, or a file in specs.
	Layer string
	// Dims gives each dim or attribute of the layer: the harness's letter, a
	// product of such, or a number.
	Dims map[string]string
	// Fill are the tensors with data; the others start as zeros.
	Fill map[string]data
	// ID is an int32 tensor of rows, Rows the letter of how many there are.
	ID, Rows string
	// Passes are the passes that the harness times.
	Passes map[string]pass
	// Scalars are the run-time arguments; step counts the calls.
	Scalars map[string]string
}

// data is one of the harness's tensors. Axes lists, for each of its axes, which
// one of ours that is; nil means the same order.
type data struct {
	Seed  string
	Scale string
	Axes  []int
}

// pass is what is timed and what comes out of it.
type pass struct {
	Func    string
	Outputs []output
	// Both says that Forward is timed together with Func.
	Both bool
}

// output is a tensor under the harness's name, with axes as in data.
type output struct {
	Name, Tensor string
	Axes         []int
}

// The harness has its channels before the rows and columns of an image, and the
// inputs of a weight behind its outputs.
var (
	turned = []int{1, 0}
	gates  = []int{1, 2, 0}
	images = []int{0, 3, 1, 2}
	window = []int{3, 2, 0, 1}
)

// elementwise is an operation from x to y.
func elementwise(layer string) operation {
	return operation{
		Layer:  layer,
		Dims:   map[string]string{"M": "L"},
		Fill:   map[string]data{"x": {Seed: "SeedX", Scale: "8"}},
		Passes: map[string]pass{"fwd": {"Forward", []output{{"y", "y", nil}}, false}},
	}
}

// recurrent is an operation over steps.
func recurrent(layer, bias string) operation {
	return operation{
		Layer: layer,
		Dims:  map[string]string{"T": "T", "N": "N", "I": "I", "H": "H"},
		Fill: map[string]data{
			"x": {"SeedX", "2", nil}, "wx": {"SeedW", "0.2", gates}, "wh": {"SeedR", "0.2", gates},
			bias: {"SeedB", "1", nil}, "dy": {"SeedDY", "2", nil},
		},
		Passes: map[string]pass{
			"fwd":    {"Forward", []output{{"y", "y", nil}}, false},
			"fwdbwd": {"Backward", []output{{"dx", "dx", nil}, {"dWi", "dwx", gates}, {"dWh", "dwh", gates}, {"db", "d" + bias, nil}}, true},
		},
	}
}

// operations are what this peer answers. The harness's dense has bias and ReLU
// in it.
var operations = map[string]operation{
	"dense": {
		Layer: "dense_relu.yaml",
		Dims:  map[string]string{"N": "N", "I": "I", "O": "O"},
		Fill: map[string]data{
			"x": {"SeedX", "2", nil}, "w": {"SeedW", "0.2", turned}, "b": {"SeedB", "1", nil}, "dy": {"SeedDY", "2", nil},
		},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", nil}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", nil}, {"dW", "dw", turned}, {"db", "db", nil}}, false},
		},
	},
	"conv": {
		Layer: "conv2d",
		Dims:  map[string]string{"N": "N", "H": "H", "W": "W", "C": "C", "K": "O", "R": "K", "S": "K", "stride": "S", "pad": "P", "groups": "G"},
		Fill: map[string]data{
			"x": {"SeedX", "2", images}, "w": {"SeedW", "0.2", window}, "b": {"SeedB", "1", nil}, "dy": {"SeedDY", "2", images},
		},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", images}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", images}, {"dW", "dw", window}, {"db", "db", nil}}, false},
		},
	},
	"maxpool": {
		Layer: "maxpool2d",
		Dims:  map[string]string{"N": "N", "H": "H", "W": "W", "C": "C", "R": "K", "S": "K", "stride": "S"},
		Fill:  map[string]data{"x": {"SeedX", "2", images}, "dy": {"SeedDY", "2", images}},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", images}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", images}}, false},
		},
	},
	"softmax": {
		Layer: "softmax",
		Dims:  map[string]string{"M": "R", "D": "C"},
		Fill:  map[string]data{"x": {"SeedX", "8", nil}, "dy": {"SeedDY", "2", nil}},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", nil}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", nil}}, false},
		},
	},
	"layernorm": {
		Layer: "layernorm",
		Dims:  map[string]string{"M": "R", "D": "C"},
		Fill: map[string]data{
			"x": {"SeedX", "2", nil}, "gamma": {"SeedGrad", "2", nil}, "beta": {"SeedB", "1", nil}, "dy": {"SeedDY", "2", nil},
		},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", nil}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", nil}, {"dg", "dgamma", nil}, {"db", "dbeta", nil}}, false},
		},
	},
	"batchnorm": {
		Layer: "batchnorm_images.yaml",
		Dims:  map[string]string{"N": "N", "H": "H", "W": "W", "C": "C"},
		Fill: map[string]data{
			"x": {"SeedX", "2", images}, "gamma": {"SeedGrad", "2", nil}, "beta": {"SeedB", "1", nil}, "dy": {"SeedDY", "2", images},
		},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", images}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", images}, {"dg", "dgamma", nil}, {"db", "dbeta", nil}}, false},
		},
	},
	"attn": {
		Layer: "attention",
		Dims:  map[string]string{"N": "1", "A": "H", "T": "S", "S": "S", "D": "D", "causal": "C"},
		Fill: map[string]data{
			"q": {"SeedX", "2", nil}, "k": {"SeedK", "2", nil}, "v": {"SeedV", "2", nil}, "dy": {"SeedDY", "2", nil},
		},
		Passes: map[string]pass{
			"fwd":    {"Forward", []output{{"y", "y", nil}}, false},
			"fwdbwd": {"Backward", []output{{"dq", "dq", nil}, {"dk", "dk", nil}, {"dv", "dv", nil}}, true},
		},
	},
	"embed": {
		Layer:  "embedding",
		Dims:   map[string]string{"N": "N", "V": "V", "D": "D"},
		Fill:   map[string]data{"e": {"SeedW", "2", nil}},
		ID:     "id",
		Rows:   "V",
		Passes: map[string]pass{"fwd": {"Forward", []output{{"y", "y", nil}}, false}},
	},
	"adam": {
		Layer:   "adam",
		Dims:    map[string]string{"M": "L"},
		Fill:    map[string]data{"w": {"SeedX", "2", nil}, "dw": {"SeedGrad", "2", nil}},
		Passes:  map[string]pass{"step": {"Forward", []output{{"p", "w", nil}}, false}},
		Scalars: map[string]string{"lr": "1e-3", "t": "step"},
	},
	"lstm":       recurrent("lstm", "b"),
	"gru":        recurrent("gru", "bx"),
	"ew_relu":    elementwise("relu"),
	"ew_sigmoid": elementwise("sigmoid"),
	"ew_tanh":    elementwise("tanh"),
	"ew_gelu":    elementwise("gelu"),
	"ew_exp":     elementwise("exp"),
}

// supports reports whether a row can be answered: the operation is known, has
// the pass, and its letters are those that the layer needs.
func (op operation) supports(w workload) bool {
	used := map[string]bool{}
	for _, product := range op.Dims {
		for letter := range strings.SplitSeq(product, "*") {
			if _, err := strconv.Atoi(letter); err != nil {
				used[letter] = true
			}
		}
	}
	for letter := range used {
		if _, ok := w.Dims[letter]; !ok {
			return false
		}
	}
	_, ok := op.Passes[w.Pass]
	return ok && len(used) == len(w.Dims)
}

// value is a dim of the layer for a row.
func (w workload) value(product string) int {
	n := 1
	for factor := range strings.SplitSeq(product, "*") {
		if v, err := strconv.Atoi(factor); err == nil {
			n *= v
		} else {
			n *= w.Dims[factor]
		}
	}
	return n
}

// own reports whether a layer is a spec of this folder.
func own(layer string) bool { return strings.HasSuffix(layer, ".yaml") }
