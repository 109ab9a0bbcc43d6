package check

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// infer finds the dims of the applied layer that follow from the shapes of what
// it is given, and of what it defines where that is declared.
func (a *application) infer(given map[string]string) bool {
	v := &inference{spec: a.inner, known: map[string]float64{}}
	for name, text := range given {
		if x, err := strconv.ParseFloat(text, 64); err == nil { // what is no number is complained about where it is bound
			v.known[name] = x
		}
	}
	for _, d := range a.inner.Dims {
		if _, ok := v.known[d.Name]; !ok && d.Default == nil && d.Value == nil {
			v.open = append(v.open, d.Name)
		}
	}
	ok := true
	for _, d := range a.parameters() {
		arg := a.args[d.Name]
		if arg == nil || d.Role.Text == "scalar" {
			continue
		}
		extents, _, fits := together(arg.t.Shape, len(d.Shape))
		if fits {
			v.match(d.Shape, extents)
		} else {
			ok = false
			a.helpf(arg.pos, "see "+d.Pos.String(), "%s has %s, but %s of %s has %s",
				arg.text, count(len(arg.t.Shape), "extent"), d.Name, a.call.Layer, count(len(d.Shape), "extent"))
		}
	}
	if !ok {
		return false
	}
	v.solve()
	for k, d := range a.outputs() {
		if t := a.declared(k); t != nil && len(t.Shape) >= len(d.Shape) {
			extents, _, _ := together(t.Shape, len(d.Shape))
			v.match(d.Shape, extents)
		}
	}
	v.solve()
	var missing []string
	for _, name := range v.open {
		if n, ok := v.known[name]; ok {
			given[name] = strconv.FormatFloat(n, 'f', -1, 64)
		} else {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		a.helpf(a.call.Pos, fmt.Sprintf("give it in braces, as in %s{%s: 8}(...)", a.call.Layer, strings.Join(missing, ": 8, ")),
			"%s of %s does not follow from the shapes of what it is given", strings.Join(missing, ", "), a.call.Layer)
		return false
	}
	return true
}

// together gives the extents of a tensor where one with fewer is expected: its
// first ones, which are next to each other in memory, fall together into one.
// The second result lists these. A single number is a tensor of one element.
func together(shape []int, rank int) (extents, lead []int, ok bool) {
	k := len(shape) - rank
	if k == 0 {
		return shape, nil, true
	}
	if k == -1 && rank == 1 {
		return []int{1}, []int{}, true
	}
	if k < 0 || rank == 0 {
		return nil, nil, false
	}
	first := 1
	for _, n := range shape[:k+1] {
		first *= n
	}
	return append([]int{first}, shape[k+1:]...), shape[:k+1], true
}

// inference solves equations between the extents as the spec writes them and
// those that are there.
type inference struct {
	spec  *syntax.Spec
	known map[string]float64
	// open are the dims that the user of the layer has to give.
	open  []string
	pairs []pair
}

type pair struct {
	extent syntax.Expr
	size   int
}

func (v *inference) match(shape []syntax.Expr, extents []int) {
	for k, x := range shape {
		v.pairs = append(v.pairs, pair{x, extents[k]})
	}
}

// solve uses each pair in which one dim is not known, until nothing changes.
// Whether the rest agrees is found when shapes are compared.
func (v *inference) solve() {
	for again := true; again; {
		again = false
		for _, p := range v.pairs {
			names := map[string]bool{}
			v.openNames(p.extent, names, 0)
			if len(names) != 1 {
				continue
			}
			name := slices.Collect(maps.Keys(names))[0]
			f, ok := v.affine(p.extent, name, 0)
			n := math.Round((float64(p.size) - f.constant) / f.factor)
			if ok && f.factor != 0 && n >= 1 && n <= maxExtent {
				v.known[name] = n
				again = true
			}
		}
	}
}

// openNames collects the open dims in an extent, or in what it follows from.
func (v *inference) openNames(x syntax.Expr, into map[string]bool, depth int) {
	syntax.Walk(x, func(x syntax.Expr) {
		n, ok := x.(*syntax.Name)
		if !ok || depth > maxDepth {
			return
		}
		if v.isOpen(n.Name) {
			into[n.Name] = true
		} else if d := number1(v.spec, n.Name); d != nil && d.Value != nil {
			v.openNames(d.Value, into, depth+1)
		}
	})
}

// maxDepth ends the search where values depend on each other.
const maxDepth = 50

func (v *inference) isOpen(name string) bool {
	if _, ok := v.known[name]; ok {
		return false
	}
	for _, n := range v.open {
		if n == name {
			return true
		}
	}
	return false
}

// affineForm is factor*dim + constant.
type affineForm struct{ factor, constant float64 }

// affine writes an extent as an affine form of one dim.
func (v *inference) affine(x syntax.Expr, dim string, depth int) (affineForm, bool) {
	if depth > maxDepth {
		return affineForm{}, false
	}
	switch x := x.(type) {
	case *syntax.Literal:
		n, err := strconv.ParseFloat(x.Text, 64)
		return affineForm{0, n}, err == nil
	case *syntax.Name:
		if x.Name == dim {
			return affineForm{1, 0}, true
		}
		if n, ok := v.known[x.Name]; ok {
			return affineForm{0, n}, true
		}
		if n := number1(v.spec, x.Name); n != nil && n.Default != nil {
			return v.affine(n.Default, dim, depth+1)
		} else if n != nil && n.Value != nil {
			f, ok := v.affine(n.Value, dim, depth+1)
			if f.factor == 0 {
				f.constant = math.Floor(f.constant)
			}
			return f, ok && (f.factor == 0 || !divides(n.Value))
		}
	case *syntax.Unary:
		f, ok := v.affine(x.X, dim, depth+1)
		return affineForm{-f.factor, -f.constant}, ok && x.Op == "-"
	case *syntax.Binary:
		f, ok := v.affine(x.X, dim, depth+1)
		g, ok2 := v.affine(x.Y, dim, depth+1)
		h, ok3 := f.combine(x.Op, g)
		return h, ok && ok2 && ok3
	}
	return affineForm{}, false
}

func (f affineForm) combine(op string, g affineForm) (affineForm, bool) {
	switch op {
	case "+":
		return affineForm{f.factor + g.factor, f.constant + g.constant}, true
	case "-":
		return affineForm{f.factor - g.factor, f.constant - g.constant}, true
	case "*":
		if f.factor != 0 {
			f, g = g, f
		}
		return affineForm{f.constant * g.factor, f.constant * g.constant}, f.factor == 0
	case "/":
		return affineForm{f.factor / g.constant, f.constant / g.constant}, g.factor == 0 && g.constant != 0
	}
	return affineForm{}, false
}

// divides reports whether an expression has a quotient, which rounds down.
func divides(x syntax.Expr) bool {
	found := false
	syntax.Walk(x, func(x syntax.Expr) {
		b, ok := x.(*syntax.Binary)
		found = found || ok && (b.Op == "/" || b.Op == "%")
	})
	return found
}

// outputs are the declarations of what the layer defines for its caller.
func (a *application) outputs() []*syntax.Tensor {
	var out []*syntax.Tensor
	for _, t := range a.inner.Tensors {
		if t.Role.Text == "output" {
			out = append(out, t)
		}
	}
	return out
}

// declared gives the tensor for output k, if the spec declares it.
func (a *application) declared(k int) *layer.Tensor {
	if k >= len(a.results) || a.results[k].Name == "_" {
		return nil
	}
	return a.c.tensors[a.results[k].Name]
}

// result is the tensor for output k.
func (a *application) result(k int) *layer.Tensor {
	for _, t := range a.layer.Tensors {
		if t.Role == layer.Output {
			if k--; k < 0 {
				return a.places[t].T
			}
		}
	}
	return nil
}
