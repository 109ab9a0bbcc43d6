package check

import (
	"go/types"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

var roles = map[string]layer.Role{
	"input": layer.Input, "param": layer.Param, "state": layer.State, "output": layer.Output,
	"saved": layer.Saved, "scratch": layer.Scratch, "scalar": layer.Scalar,
}

var elemTypes = map[string]layer.Type{
	"": layer.Float32, "float32": layer.Float32, "int32": layer.Int32, "int": layer.GoInt, "uint64": layer.Uint64,
}

var outsides = map[string]float64{"0": 0, "inf": math.Inf(1), "-inf": math.Inf(-1), ".inf": math.Inf(1), "-.inf": math.Inf(-1)}

// declaredRange is an entry of indices.
type declaredRange struct {
	size int
	used bool
}

// declareRanges makes the indices whose ranges are declared.
func (c *checker) declareRanges() {
	for _, r := range c.spec.Indices {
		n := c.extent(r.Extent, "the range of "+r.Name)
		c.ranges[r.Name] = &declaredRange{size: n}
		c.sketchy = c.sketchy || n == 0
	}
}

// declareTensors makes the tensors that the spec declares, and their gradients.
func (c *checker) declareTensors() {
	for _, d := range c.spec.Tensors {
		t := &layer.Tensor{Name: d.Name, Doc: d.Doc, Pos: d.Pos}
		c.tensors[d.Name] = t
		c.layer.Tensors = append(c.layer.Tensors, t)
		c.goName(d)
		before := c.errs.Len()
		c.role(t, d)
		c.shape(t, d)
		c.properties(t, d)
		if c.errs.Len() > before || slices.ContainsFunc(d.Shape, isBad) {
			c.unclear[t] = true
		}
	}
	if len(c.spec.Tensors) == 0 {
		c.errs.Addf(c.spec.Name.Pos, "%s has no tensors", c.spec.Name.Text)
	}
	c.exportedNames()
	for _, t := range c.layer.Tensors {
		switch {
		case t.Differentiable():
			c.layer.Gradients = append(c.layer.Gradients, c.gradient(t))
		case t.Role == layer.Output && t.Type == layer.Float32 && !t.NoGrad:
			c.layer.Upstreams = append(c.layer.Upstreams, c.gradient(t))
		}
	}
}

// gradient makes the gradient of t, whose name must be free.
func (c *checker) gradient(t *layer.Tensor) *layer.Tensor {
	g := layer.GradientOf(t)
	if c.unclear[t] {
		c.unclear[g] = true
	}
	if other := c.tensors[g.Name]; other != nil && c.spec.Backward.Mode != syntax.None && c.spec.Backward.Mode != syntax.Absent {
		c.errs.AddHelp(other.Pos, "rename it, or give "+t.Name+" grad: none", "the name %s belongs to the gradient of %s", g.Name, t.Name)
	}
	c.gradients[g.Name] = g
	return g
}

// goName refuses names that generated Go code uses itself.
func (c *checker) goName(d *syntax.Tensor) {
	reserved := types.Universe.Lookup(d.Name) != nil
	switch d.Name {
	case "ws", "err", "cpu", "math", "fmt", "errors", "init", "main", "unsafe":
		reserved = true
	}
	switch strings.ToLower(d.Name[:1]) + d.Name[1:] {
	case "workspace", "forward", "backward", "implementation":
		reserved = true
	}
	if reserved || d.Name[0] == '_' {
		c.errs.Addf(d.Pos, "%s cannot be the name of a tensor: generated code uses it", d.Name)
	}
}

// exportedNames finds tensors whose type names would be the same.
func (c *checker) exportedNames() {
	first := map[string]*layer.Tensor{}
	for _, t := range c.layer.Tensors {
		if t.Name[0] == '_' {
			continue
		}
		exported := strings.ToUpper(t.Name[:1]) + t.Name[1:]
		if o := first[exported]; o != nil && o.Name != t.Name {
			c.errs.Addf(t.Pos, "%s and %s differ in their first letter's case only; both would be called %s in Go", o.Name, t.Name, exported)
		}
		first[exported] = t
	}
}

func (c *checker) role(t *layer.Tensor, d *syntax.Tensor) {
	if d.Role.Text == "" {
		c.errs.AddHelp(d.Pos, "roles are input, param, state, output, saved, scratch, scalar", "%s has no role", d.Name)
	} else if r, ok := roles[d.Role.Text]; ok {
		t.Role = r
	} else {
		names := []string{"input", "param", "state", "output", "saved", "scratch", "scalar"}
		c.errs.AddHelp(d.Role.Pos, suggest(d.Role.Text, "roles are ", names...), "there is no role %s", d.Role.Text)
		t.Role = roles[diag.Nearest(d.Role.Text, names)]
	}
	typ, ok := elemTypes[d.Type.Text]
	if !ok {
		c.errs.AddHelp(d.Type.Pos, suggest(d.Type.Text, "types are ", typesFor(d.Role.Text)...), "there is no type %s", d.Type.Text)
		return
	}
	t.Type = typ
	scalar := d.Role.Text == "scalar"
	switch _, known := roles[d.Role.Text]; {
	case !known:
	case scalar && typ == layer.Int32:
		c.errs.Addf(d.Type.Pos, "a scalar is float32, int or uint64")
	case !scalar && (typ == layer.GoInt || typ == layer.Uint64):
		c.errs.Addf(d.Type.Pos, "the elements of a tensor are float32 or int32; only a scalar is %s", d.Type.Text)
	case typ == layer.Int32 && (t.Role == layer.State || t.Role == layer.Param):
		c.errs.Addf(d.Type.Pos, "a %s is float32", d.Role.Text)
	}
}

func suggest(word, prefix string, candidates ...string) string {
	if h := diag.DidYouMean(word, candidates); h != "" {
		return h
	}
	return prefix + strings.Join(candidates, ", ")
}

// shape gives a tensor its extents; one that is not known is 0.
func (c *checker) shape(t *layer.Tensor, d *syntax.Tensor) {
	if d.Role.Text == "scalar" {
		if len(d.Shape) > 0 {
			c.errs.AddHelp(d.Shape[0].Position(), "leave out the shape, or use another role", "a scalar has no extents")
		}
		return
	}
	if _, known := roles[d.Role.Text]; !d.HasShape && !known {
		c.sketchy = true
		return
	}
	if !d.HasShape {
		c.errs.AddHelp(d.Pos, "for example shape: [N, I], or shape: [] for a single number", "%s has no shape", d.Name)
		c.sketchy = true
		return
	}
	size := int64(1)
	for _, x := range d.Shape {
		n := c.extent(x, "an extent of "+d.Name)
		t.Shape = append(t.Shape, n)
		t.Extents = append(t.Extents, syntax.PrintExpr(x))
		c.sketchy = c.sketchy || n == 0
		if size <= maxSize {
			size *= int64(n) // below 2^28 * 2^31
		}
	}
	if size > maxSize {
		c.unfit++
		c.errs.Addf(d.Pos, "%s%s has too many elements; a tensor has at most %d", d.Name, shapeText(t.Shape), maxSize)
	}
	if len(t.Shape) > 8 {
		c.errs.Addf(d.Pos, "%s has %d extents; a tensor has at most 8", d.Name, len(t.Shape))
	}
}

func (c *checker) properties(t *layer.Tensor, d *syntax.Tensor) {
	if w := d.Init; w.Text != "" {
		t.Init = w.Text
		if _, known := roles[d.Role.Text]; known && t.Role != layer.Param {
			c.errs.Addf(w.Pos, "init is for a param; %s is %s", d.Name, d.Role.Text)
		}
	}
	if w := d.Grad; w.Text != "" {
		t.NoGrad = true
		if w.Text != "none" {
			c.errs.Addf(w.Pos, "grad can be none only")
		} else if t.Role == layer.State || t.Role == layer.Scalar {
			c.errs.Addf(w.Pos, "a %s is not differentiated anyway", d.Role.Text)
		}
	}
	if d.Outside.Text != "" {
		c.outside(t, d)
	}
	c.scalarLimits(t, d)
}

// bounded is a limit with its bound.
func bounded(l syntax.Limit, v constant) layer.Limit {
	return layer.Limit{Op: l.Op(), Words: l.Words(), Bound: v.real()}
}

// scalarLimits are what a run-time scalar may be: the calls check it.
func (c *checker) scalarLimits(t *layer.Tensor, d *syntax.Tensor) {
	for _, l := range d.Limits {
		v, ok := c.constant(l.Bound, nil, false)
		switch {
		case !ok:
		case d.Role.Text != "scalar":
			c.errs.AddHelp(l.Key.Pos, "elements that are computed are limited by min and max of two numbers, as in max(x[i], 0)", "%s is for scalars; %s is %s", l.Key.Text, d.Name, d.Role.Text)
		case t.Type != layer.Float32 && !v.isInt:
			c.errs.Addf(l.Bound.Position(), "%s is an integer, its limit is %s", d.Name, v.text())
		case t.Type == layer.Uint64 && v.i < 0:
			c.errs.Addf(l.Bound.Position(), "%s is never below 0, its limit is %s", d.Name, v.text())
		default:
			t.Limits = append(t.Limits, bounded(l, v))
		}
	}
	if !t.Allows(t.Within(1)) {
		c.errs.Addf(d.Limits[0].Key.Pos, "no value of %s is %s", d.Name, t.Allowed())
	}
}

// outside is the value beyond the shape: one at which a sum or an extremum
// stays as it is, or, of ids, any.
func (c *checker) outside(t *layer.Tensor, d *syntax.Tensor) {
	w := d.Outside
	t.HasOutside = true
	if t.Role == layer.Scalar {
		c.errs.Addf(w.Pos, "outside is for tensors")
		return
	}
	if t.Type == layer.Int32 {
		v, err := strconv.ParseInt(w.Text, 10, 32)
		t.Outside = float64(v)
		if err != nil {
			c.errs.Addf(w.Pos, "outside of an int32 tensor is a whole number, not %s", w.Text)
		}
		return
	}
	v, ok := outsides[w.Text]
	t.Outside = v
	if !ok {
		c.errs.Addf(w.Pos, "outside is 0, inf or -inf, not %s", w.Text)
	}
}

// typesFor are the types that a tensor of a role may have.
func typesFor(role string) []string {
	if role == "scalar" {
		return []string{"float32", "int", "uint64"}
	}
	return []string{"float32", "int32"}
}
