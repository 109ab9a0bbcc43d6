// Package syntax reads layer specs: YAML with equations in Go syntax.
//
// What comes in: the text of a file. What goes out: a Spec, the tree of what
// the author wrote, with a position on every node, and the list of all
// complaints: Bad stands in the tree for what could not be read. Print writes
// a Spec without any back as text that parses to the same tree.
// What is promised: names are well formed, keys are known and occur once, and
// equations consist of the node types of tree.go only. What the names mean is
// the business of package check.
package syntax

import (
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
)

// Spec is a layer as its author wrote it.
type Spec struct {
	// File is the name that positions carry; Text is its content.
	File string
	Text []byte
	// Wrong are the complaints about the text.
	Wrong *diag.List

	Name     Word
	Doc      string
	Layers   []*Import
	Dims     []*Number
	Attrs    []*Number
	Require  []*Rule
	Tensors  []*Tensor
	Indices  []*Range
	Forward  []*Equation
	Backward Backward
	// Applied are the specs of the layers that forward applies, by the names
	// that it uses. Parse leaves it empty; package link finds them.
	Applied map[string]*Spec
}

// Import gives the spec of another file a name that equations can apply.
type Import struct {
	Name string
	Path Word
	Pos  diag.Pos
}

// Word is a name or keyword with its place. The zero Word is absent.
type Word struct {
	Text string
	Pos  diag.Pos
}

// Number declares a dim or an attribute.
type Number struct {
	Name string
	Doc  string
	// Default is what it is where the user gives nothing; Value is what it
	// always is. At most one of them is there.
	Default, Value Expr
	// Limits are what it may be, beyond what every dim or attribute may.
	Limits Limits
	Pos    diag.Pos
}

// Limits are the bounds of a number.
type Limits []Limit

// Limit is a bound of a number. Its key is one of limitKeys.
type Limit struct {
	Key   Word
	Bound Expr
}

// limitKeys are the keys of limits, in the order of printing.
var limitKeys = []string{"min", "above", "max", "below"}

// limits are the comparison that a number makes with each kind of bound, and its words.
var limits = map[string]struct{ op, words string }{
	"min": {">=", "at least"}, "above": {">", "above"}, "max": {"<=", "at most"}, "below": {"<", "below"},
}

// Op is the comparison that a number makes with the bound: one of < <= > >=.
func (l Limit) Op() string { return limits[l.Key.Text].op }

// Words says it, such as "at least".
func (l Limit) Words() string { return limits[l.Key.Text].words }

// Allowed says in words what the limits allow, such as "at least 0 and below
// 1"; it is empty where there are none.
func (list Limits) Allowed() string {
	var parts []string
	for _, l := range list {
		parts = append(parts, l.Words()+" "+PrintExpr(l.Bound))
	}
	return strings.Join(parts, " and ")
}

// Rule is a condition on dims and attributes; Why says in words what it asks.
type Rule struct {
	That Expr
	Why  string
	Pos  diag.Pos
}

// Tensor declares a tensor or a run-time scalar.
type Tensor struct {
	Name string
	Doc  string
	Role Word
	Type Word
	Init Word
	Grad Word
	// Outside is the text of the value beyond the shape.
	Outside Word
	// Limits are what a run-time scalar may be.
	Limits Limits
	// Shape has the extents. HasShape tells a scalar from a forgotten shape.
	Shape    []Expr
	HasShape bool
	Pos      diag.Pos
}

// Range declares the extent of an index that stands bare nowhere.
type Range struct {
	Name   string
	Extent Expr
	Pos    diag.Pos
}

// BackwardMode says how a spec gives its backward pass.
type BackwardMode uint8

const (
	Absent    BackwardMode = iota // the spec says nothing
	Equations                     // written out
	Derive                        // derived from forward
	None                          // there is none
)

// Backward is the backward pass of a spec.
type Backward struct {
	Mode      BackwardMode
	Equations []*Equation
	Pos       diag.Pos
}

// Equation is Target = Value, or Target += Value. Where Value applies a layer,
// Target is a whole tensor, and More are those of the layer's further outputs.
// Where Value is Bad, Target is as much as could be read: it may have no name.
type Equation struct {
	Target     *Element
	More       []*Name
	Accumulate bool
	Value      Expr
	// Text is the equation as written, on one line.
	Text string
	Pos  diag.Pos
}
