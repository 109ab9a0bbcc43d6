package main

import "strings"

// operation says which layer computes an operation of the harness, and where
// the data comes from and goes to.
type operation struct {
	// Layer is a library layer, or a file in specs.
	Layer string
	// Dims gives the harness's letter for each dim of the layer.
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

// data is one of the harness's tensors.
type data struct {
	Seed       string
	Scale      string
	Transposed bool
}

// pass is what is timed and what comes out of it.
type pass struct {
	Func    string
	Outputs []output
	// Both says that Forward is timed together with Func.
	Both bool
}

// output is a tensor under the harness's name.
type output struct {
	Name, Tensor string
	Transposed   bool
}

// elementwise is an operation from x to y.
func elementwise(layer string) operation {
	return operation{
		Layer:  layer,
		Dims:   map[string]string{"M": "L"},
		Fill:   map[string]data{"x": {Seed: "SeedX", Scale: "8"}},
		Passes: map[string]pass{"fwd": {"Forward", []output{{"y", "y", false}}, false}},
	}
}

// recurrent is an operation over steps. The harness's weights are [gate*H][I].
func recurrent(layer, bias string) operation {
	return operation{
		Layer: layer,
		Dims:  map[string]string{"T": "T", "N": "N", "I": "I", "H": "H"},
		Fill: map[string]data{
			"x": {"SeedX", "2", false}, "wx": {"SeedW", "0.2", true}, "wh": {"SeedR", "0.2", true},
			bias: {"SeedB", "1", false}, "dy": {"SeedDY", "2", false},
		},
		Passes: map[string]pass{
			"fwd":    {"Forward", []output{{"y", "y", false}}, false},
			"fwdbwd": {"Backward", []output{{"dx", "dx", false}, {"dWi", "dwx", true}, {"dWh", "dwh", true}, {"db", "d" + bias, false}}, true},
		},
	}
}

// operations are what this peer answers. The harness's dense has bias and ReLU
// in it and lays its weights out as [O][I].
var operations = map[string]operation{
	"dense": {
		Layer: "dense_relu.yaml",
		Dims:  map[string]string{"N": "N", "I": "I", "O": "O"},
		Fill: map[string]data{
			"x": {"SeedX", "2", false}, "w": {"SeedW", "0.2", true}, "b": {"SeedB", "1", false}, "dy": {"SeedDY", "2", false},
		},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", false}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", false}, {"dW", "dw", true}, {"db", "db", false}}, false},
		},
	},
	"softmax": {
		Layer: "softmax",
		Dims:  map[string]string{"M": "R", "D": "C"},
		Fill:  map[string]data{"x": {"SeedX", "8", false}, "dy": {"SeedDY", "2", false}},
		Passes: map[string]pass{
			"fwd": {"Forward", []output{{"y", "y", false}}, false},
			"bwd": {"Backward", []output{{"dx", "dx", false}}, false},
		},
	},
	"embed": {
		Layer:  "embedding",
		Dims:   map[string]string{"N": "N", "V": "V", "D": "D"},
		Fill:   map[string]data{"e": {"SeedW", "2", false}},
		ID:     "id",
		Rows:   "V",
		Passes: map[string]pass{"fwd": {"Forward", []output{{"y", "y", false}}, false}},
	},
	"adam": {
		Layer:   "adam",
		Dims:    map[string]string{"M": "L"},
		Fill:    map[string]data{"w": {"SeedX", "2", false}, "dw": {"SeedGrad", "2", false}},
		Passes:  map[string]pass{"step": {"Forward", []output{{"p", "w", false}}, false}},
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
// the pass, and its dims are those that the layer needs.
func (op operation) supports(w workload) bool {
	if _, ok := op.Passes[w.Pass]; !ok || len(op.Dims) != len(w.Dims) {
		return false
	}
	for _, letter := range op.Dims {
		if _, ok := w.Dims[letter]; !ok {
			return false
		}
	}
	return true
}

// own reports whether the layer is a spec of this folder.
func (op operation) own() bool { return strings.HasSuffix(op.Layer, ".yaml") }
