// Package harness runs generated packages on reference vectors.
//
// What comes in: vectors (inputs and expected results, as JSON) and the
// functions of generated packages. What goes out: a list of everything that
// differs. What is promised: each case runs in memory of its own, between
// pages that nothing may touch; whatever a function must write starts as a
// NaN that no computation produces, whatever it must not write is compared
// afterwards.
//
// Only the standard library is used, because the package is compiled into
// programs outside this module.
package harness

import (
	"encoding/json"
	"os"
)

// Tensor is a tensor's shape and elements, the last index fastest. Data is
// nil for one that an invalid call must not write.
type Tensor struct {
	Shape []int     `json:"shape"`
	DType string    `json:"dtype"`
	Data  []float64 `json:"data"`
}

// Vector is one case: what goes into a layer and what must come out.
type Vector struct {
	Layer   string                 `json:"layer"`
	Name    string                 `json:"name"`
	Dims    map[string]json.Number `json:"dims"`
	Attrs   map[string]json.Number `json:"attrs"`
	Scalars map[string]json.Number `json:"scalars"`

	Inputs     map[string]Tensor `json:"inputs"`
	Params     map[string]Tensor `json:"params"`
	State      map[string]Tensor `json:"state"`
	Outputs    map[string]Tensor `json:"outputs"`
	StateAfter map[string]Tensor `json:"state_after"`
	Upstream   map[string]Tensor `json:"upstream"`
	Grads      map[string]Tensor `json:"grads"`
	// OptionalGrads are those of Grads that a package may leave out.
	OptionalGrads []string `json:"optional_grads"`

	// Tol has the absolute and relative tolerance of each result; one that is
	// not there must be exact.
	Tol map[string][2]float64 `json:"tol"`
	// Error says that the ids or labels are invalid.
	Error bool `json:"error"`
}

// Case is a vector with the name of the package that it is for.
type Case struct {
	Package string
	Vector  Vector
}

// ReadCases reads a JSON list of cases.
func ReadCases(file string) ([]Case, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var cases []Case
	return cases, json.Unmarshal(text, &cases)
}

// reads has the tensors that both passes may read, by name.
func (v *Vector) reads() map[string]Tensor {
	all := map[string]Tensor{}
	for _, group := range []map[string]Tensor{v.Inputs, v.Params} {
		for name, t := range group {
			all[name] = t
		}
	}
	return all
}
