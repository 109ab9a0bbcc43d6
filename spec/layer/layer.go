// Package layer is the form of a layer after checking: every dim bound to an
// integer, every subscript resolved, every index with its range.
//
// It is data only. Package check makes it from a spec; grad, eval and the
// compiler read it. What check promises of a Layer: every read is in bounds
// or covered by the tensor's outside value, every output, saved and scratch
// element is defined exactly once (a tensor defined by += starts from zero),
// the equations stand in an order in which each reads only what is defined.
package layer

import "github.com/dlgen/dlgen/spec/diag"

// Type is the element type of a tensor or scalar.
type Type uint8

// Tensors are Float32 or Int32; GoInt (int) and Uint64 occur as run-time scalars only.
const (
	Float32 Type = iota
	Int32
	GoInt
	Uint64
)

// String is the type's name in Go.
func (t Type) String() string {
	return [...]string{Float32: "float32", Int32: "int32", GoInt: "int", Uint64: "uint64"}[t]
}

// Role says who writes a tensor and who reads it.
type Role uint8

const (
	Input    Role = iota // given by the caller
	Param                // given by the caller, learned
	State                // read and written in place
	Output               // written by forward
	Saved                // written by forward, read by backward, in the workspace
	Scratch              // not visible outside one pass
	Scalar               // run-time number
	Upstream             // gradient of an output, given to backward
	Gradient             // gradient of an input or param, written by backward
)

// Tensor is an array of static shape, or a run-time scalar (Role Scalar).
type Tensor struct {
	Name string
	Doc  string
	Role Role
	Type Type
	// Shape has the extents; empty for a scalar. Extents has their source text.
	Shape   []int
	Extents []string
	// HasOutside says that reads beyond Shape give Outside.
	HasOutside bool
	Outside    float64
	// Limits are what a run-time scalar may be.
	Limits []Limit
	// Init names the recommended initialisation of a param.
	Init string
	// NoGrad marks a tensor that is not differentiated, and through which no gradient
	// goes: of an output, that it has no upstream gradient.
	NoGrad bool
	// Implied marks a tensor that the spec does not declare: it comes with a
	// layer that is applied.
	Implied bool
	// Of is the tensor of which this is the gradient, or nil.
	Of  *Tensor
	Pos diag.Pos
}

// Open reports whether places beyond t's shape are meant: reads there give Outside, and
// to the gradient nothing is added there.
func (t *Tensor) Open() bool {
	if t.Of != nil {
		return t.Of.HasOutside
	}
	return t.HasOutside
}

// Size is the number of elements.
func (t *Tensor) Size() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Differentiable reports whether backward must produce a gradient of t.
func (t *Tensor) Differentiable() bool {
	return (t.Role == Input || t.Role == Param) && t.Type == Float32 && !t.NoGrad
}

// Given reports whether the caller gives t, and no pass writes it.
func (t *Tensor) Given() bool {
	return t.Role == Input || t.Role == Param || t.Role == Upstream || t.Role == Scalar
}

// ByValue reports whether functions take t as a number, and not by its address.
func (t *Tensor) ByValue() bool { return len(t.Shape) == 0 && t.Given() }

// Number is a bound dim (an integer) or attribute (a literal).
type Number struct {
	Name  string
	Doc   string
	Value float64
	// IsDim marks an integer that shapes may use.
	IsDim bool
	// Given says that the user set it; otherwise it has its default or value.
	Given bool
	// Optional says that it has a default.
	Optional bool
	Pos      diag.Pos
}

// Index is a loop variable of an equation or of a reduction; it runs over
// 0..Size-1.
type Index struct {
	Name string
	Size int
}

// Equation defines elements of a tensor: for all values of Free,
// T[Subs...] = Value, or += where Accumulate is set.
type Equation struct {
	T          *Tensor
	Subs       []Int
	Free       []*Index
	Accumulate bool
	Value      Expr
	// Text is the equation as written (or as derived), without a newline.
	Text string
	Pos  diag.Pos
}

// Program is a list of equations in an order of evaluation.
type Program struct {
	// Equations has those of a recurrence side by side.
	Equations []*Equation
	// Recurrences are in the order of their equations.
	Recurrences []*Recurrence
	// Args are the tensors and scalars of the pass in the order of the
	// generated function's arguments; saved and scratch tensors are not there.
	Args []*Tensor
}

// Layer is a checked layer.
type Layer struct {
	Name string
	Doc  string
	// File is the base name of the spec.
	File    string
	Numbers []*Number
	// Tensors are those declared, in the spec's order, scalars included.
	Tensors []*Tensor
	// Gradients has one tensor for each differentiable input and param, and
	// Upstreams one for each output that is differentiated; both in the spec's
	// order. Every pass shares these.
	Gradients []*Tensor
	Upstreams []*Tensor
	Forward   *Program
	// Applied are the layers of which forward consists in part, in the order of
	// their equations.
	Applied []*Applied
	// Declared holds the backward equations that the spec writes out, or nil
	// where it says derive; scratch equations of forward are not repeated.
	Declared []*Equation
	// Derive asks for the derived backward.
	Derive bool
	Pos    diag.Pos
}

// Applied is a layer that another one applies. Its forward equations stand in the other's
// program, side by side but for what states put among them.
type Applied struct {
	Layer *Layer
	// Spec tells the specs of applied layers apart.
	Spec any
	// Rebind checks the applied layer with other dims, for the proof of its
	// gradient.
	Rebind func(given map[string]string) (*Layer, error)
	// Forward are its equations as they stand in the other's program.
	Forward []*Equation
	// Places says what its tensors are there.
	Places map[*Tensor]Place
	Pos    diag.Pos
}

// Place is a tensor that stands for another one. It has the shape of the other
// but for the first extent, for which Lead, unless it is nil, stands: the product of
// these is that extent. A single number stands for a tensor of one element: no extents
// for one of 1.
type Place struct {
	T    *Tensor
	Lead []int
	// Value, an expression of scalars, stands for a scalar in the place of T.
	Value Expr
	// Plus is added to T, or to 0 where that is nil, where a seed is meant.
	Plus uint64
}

// Proved is a layer whose backward belongs to its forward.
type Proved struct {
	*Layer
	// Backward is nil where nothing is differentiated. It recomputes the
	// forward's scratch tensors that it reads.
	Backward *Program
	// Untested are the equations in which something happens, as a condition that holds,
	// at no dims at which the gradient could be tested.
	Untested []diag.Pos
}
