// Package check binds the dims of a spec and proves what the compiler relies
// on.
//
// What comes in: a syntax.Spec and the values that the user gave. What goes
// out: a layer.Layer, or a *diag.List of everything that is wrong. What is
// promised of the layer: every name is resolved, every index has its range,
// every access is in bounds, under the conditions around it, or has an outside
// value, every element of what forward defines is defined exactly once, and
// the equations stand in an order in which each reads only what is defined.
// Nothing here takes long, whatever the dims are. What is wrong in one place
// hides nothing that is wrong in another, and is complained about once.
package check

import (
	"path/filepath"
	"slices"
	"sort"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// checker holds what is known of one spec while it is checked.
type checker struct {
	spec  *syntax.Spec
	errs  *diag.List
	layer *layer.Layer

	numbers map[string]*number
	ranges  map[string]*declaredRange
	tensors map[string]*layer.Tensor
	// gradients are by name; forward does not see them.
	gradients map[string]*layer.Tensor
	// tainted are tensors of which an equation has errors; open is what such equations leave open.
	tainted map[*layer.Tensor]bool
	open    openNames
	// unfit counts the complaints about the values that numbers have here: with others the
	// spec may be right. sketchy says that the spec leaves the size of something open.
	unfit   int
	sketchy bool
	// bare are tensors with subscripts that stood without.
	bare map[*layer.Tensor]bool
	// unclear are tensors whose declarations are wrong, so that nobody knows what suits them.
	unclear map[*layer.Tensor]bool
	// readBy has the passes that read a tensor.
	readBy map[*layer.Tensor]map[pass]bool
	// applied are the layers that forward applies, in the order of the equations;
	// definedBy has the tensors that they define.
	applied   []*application
	definedBy map[*layer.Tensor]*application
	// unfolded counts the equations of the layers that are applied.
	unfolded int
	// madeBy has those that come with an applied layer, results without a declaration included.
	madeBy map[*layer.Tensor]*application
	// values bounds the elements of int32 tensors that equations compute.
	values map[*layer.Tensor]interval
}

// pass is forward or backward.
type pass uint8

const (
	forward pass = iota
	backward
)

// Allows reports whether the rules of the spec allow the given dims and attributes, NAME to
// text, whatever else is wrong with it.
func Allows(s *syntax.Spec, given map[string]string) bool {
	c := newChecker(s)
	c.declare(given)
	return c.unfit == 0
}

func newChecker(s *syntax.Spec) *checker {
	return &checker{
		spec: s, errs: &diag.List{},
		layer: &layer.Layer{
			Name: s.Name.Text, Doc: s.Doc, File: filepath.Base(s.File), Pos: s.Name.Pos,
			Derive: s.Backward.Mode == syntax.Derive,
		},
		numbers:   map[string]*number{},
		ranges:    map[string]*declaredRange{},
		tensors:   map[string]*layer.Tensor{},
		bare:      map[*layer.Tensor]bool{},
		unclear:   map[*layer.Tensor]bool{},
		gradients: map[string]*layer.Tensor{},
		tainted:   map[*layer.Tensor]bool{},
		open: openNames{
			equations: map[*syntax.Equation]bool{}, defined: map[string]bool{},
			mentioned: map[string]bool{}, undeclared: map[string]bool{},
		},
		readBy:    map[*layer.Tensor]map[pass]bool{},
		values:    map[*layer.Tensor]interval{},
		definedBy: map[*layer.Tensor]*application{},
		madeBy:    map[*layer.Tensor]*application{},
	}
}

// declare binds the numbers of the spec and makes its tensors, unless the numbers are unfit.
func (c *checker) declare(given map[string]string) {
	if c.bind(given); c.unfit == 0 {
		c.declareTensors()
		c.declareRanges()
	}
}

// Check binds the spec to the given dims and attributes, NAME to text.
func Check(s *syntax.Spec, given map[string]string) (*layer.Layer, error) {
	c := newChecker(s)
	c.errs.Source(s.File, s.Text)
	c.names()
	distinct := c.errs.Len() == 0
	if c.declare(given); c.unfit == 0 {
		fwd, bwd := c.passes()
		if distinct {
			c.unused()
		}
		if c.errs.Len() == 0 && !c.unread() {
			if len(c.open.equations) > 0 {
				panic("check: an equation is wrong, and there is no complaint")
			}
			c.layer.Forward = c.sort(c.inlined(fwd))
			c.layer.Forward.Args = layer.ForwardArgs(c.layer)
			if bwd != nil {
				c.layer.Declared = c.sort(bwd).Equations
			}
		}
	}
	if s.Wrong != nil {
		c.errs.Include(s.Wrong)
	}
	if err := c.errs.Err(); err != nil {
		return nil, err
	}
	return c.layer, nil
}

// unread reports whether the text of the spec has errors.
func (c *checker) unread() bool { return c.spec.Wrong != nil && c.spec.Wrong.Len() > 0 }

// passes checks the equations of forward, and of backward where they are written out.
func (c *checker) passes() (fwd, bwd []*layer.Equation) {
	for _, q := range slices.Concat(c.spec.Forward, c.spec.Backward.Equations) {
		if isBad(q.Value) || c.sketchy && c.applies(q) {
			c.leaveOpen(q)
		}
	}
	bound := !c.sketchy && c.applications()
	fwd = c.equations(slices.DeleteFunc(slices.Clone(c.spec.Forward), c.applies), forward)
	c.complete(fwd, forward)
	if c.spec.Backward.Mode == syntax.Equations {
		bwd = c.equations(c.spec.Backward.Equations, backward)
		c.complete(bwd, backward)
	}
	if bound && len(c.unclear) == 0 {
		c.backwardMode()
	}
	return fwd, bwd
}

// backwardMode complains where the spec's backward does not fit its tensors.
func (c *checker) backwardMode() {
	b, n := c.spec.Backward, len(c.layer.Gradients)
	switch b.Mode {
	case syntax.Absent:
		if n > 0 && len(c.layer.Upstreams) > 0 {
			c.errs.AddHelp(c.spec.Name.Pos, "write backward: derive, backward: none, or equations below backward: |",
				"%s has inputs that can be differentiated and no backward", c.spec.Name.Text)
		}
		c.layer.Gradients, c.layer.Upstreams = nil, nil
	case syntax.None:
		c.layer.Gradients, c.layer.Upstreams = nil, nil
	case syntax.Derive, syntax.Equations:
		if n == 0 {
			c.errs.AddHelp(b.Pos, "write backward: none", "%s has nothing to differentiate: no float32 input or param without grad: none", c.spec.Name.Text)
		} else if len(c.layer.Upstreams) == 0 {
			c.errs.AddHelp(b.Pos, "write backward: none", "%s has no float32 output without grad: none, so there is no upstream gradient", c.spec.Name.Text)
		}
	}
}

// names complains about names that occur twice or mean something already.
func (c *checker) names() {
	first := map[string]diag.Pos{}
	declare := func(name string, pos diag.Pos, what string) {
		if _, fn := functions[name]; fn && name != "old" || constants[name] != 0 { // only a call of old is special
			c.errs.Addf(pos, "%s is a name of the language; call the %s something else", name, what)
		}
		if p, dup := first[name]; dup {
			c.errs.Addf(pos, "the name %s is taken by the declaration in line %d", name, p.Line)
			return
		}
		first[name] = pos
	}
	for _, f := range c.spec.Layers {
		if args, special := functions[f.Name]; special && args == 0 { // others are layers where whole tensors are defined
			c.errs.Addf(f.Pos, "%s is a name of the language; call the layer something else", f.Name)
		}
	}
	for _, n := range c.spec.Dims {
		declare(n.Name, n.Pos, "dim")
	}
	for _, n := range c.spec.Attrs {
		declare(n.Name, n.Pos, "attribute")
	}
	for _, t := range c.spec.Tensors {
		declare(t.Name, t.Pos, "tensor")
	}
	for _, r := range c.spec.Indices {
		declare(r.Name, r.Pos, "index")
	}
}

// known are the names that could have been meant in an equation of the pass.
func (c *checker) known(p pass) []string {
	var out []string
	for n := range c.numbers {
		out = append(out, n)
	}
	for n := range c.tensors {
		out = append(out, n)
	}
	if p == backward {
		for n := range c.gradients {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out
}
