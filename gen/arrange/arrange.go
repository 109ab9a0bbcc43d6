// Package arrange rewrites equations so that plain loops for them do little
// in vain.
//
// What comes in: a program of checked equations. What goes out: a program with
// the same meaning. What is promised: a recurrence has only what depends on
// what its steps carry, everything else having been computed for all steps
// ahead; all of its equations run in all of its steps; conditions on a single
// index that say where a step or a row is the first or the last are gone, an
// equation standing for each range instead.
package arrange

import (
	"fmt"
	"strconv"

	"github.com/dlgen/dlgen/spec/layer"
)

// Program arranges the equations of one pass.
func Program(p *layer.Program) *layer.Program {
	a := &arranger{out: &layer.Program{Args: p.Args}, names: map[string]bool{}, common: commonFunctions(p), kept: map[string]*layer.Tensor{}}
	for _, t := range p.Args {
		a.names[t.Name] = true
	}
	for _, e := range p.Equations {
		a.names[e.T.Name] = true
		for _, t := range e.Tensors() {
			a.names[t.Name] = true
		}
	}
	for _, x := range p.Parts() {
		if x.Recurrence != nil {
			a.recurrence(x.Recurrence)
		} else {
			a.equation(x.Equation)
		}
	}
	aliases(a.out)
	return a.out
}

// arranger writes the new program.
type arranger struct {
	out   *layer.Program
	names map[string]bool
	// common are functions that equations share, kept the tensors that hold their values.
	common map[string]bool
	kept   map[string]*layer.Tensor
}

// equation adds an equation that is no part of a recurrence. One that reads other
// elements of the state it defines reads the old ones: all are computed before any is
// replaced. So does a reduction over the element that it defines, which may be put
// together in parts.
func (a *arranger) equation(e *layer.Equation) {
	if e.T.Role == layer.State && (readsElsewhere(e) || reducesOwn(e)) {
		next := a.scratch(e.T.Name+"Next", e, e.Free)
		a.define(next, e.Free, e.Value, e)
		replaced := *e
		replaced.Value = next
		e = &replaced
	}
	c := *e
	c.Value = disjoint(drawn(e.Value))
	c.Value = a.fromCommon(&c)
	c.Value = a.tabled(&c, folded(a.operands(&c)), func(any) bool { return false })
	a.out.Equations = append(a.out.Equations, pieces(&c, nil)...)
}

// scratch is a new tensor over the indices, and an element of it at these.
func (a *arranger) scratch(name string, e *layer.Equation, idx []*layer.Index) *layer.Read {
	full := name
	for n := 2; a.names[full]; n++ {
		full = fmt.Sprintf("%s%d", name, n)
	}
	a.names[full] = true
	r := &layer.Read{T: &layer.Tensor{Name: full, Role: layer.Scratch, Pos: e.T.Pos}, Pos: e.Pos}
	for _, i := range idx {
		r.T.Shape = append(r.T.Shape, i.Size)
		r.T.Extents = append(r.T.Extents, strconv.Itoa(i.Size))
		r.Subs = append(r.Subs, &layer.Var{I: i})
	}
	return r
}

// define adds the equation that makes r the value for all its indices.
func (a *arranger) define(r *layer.Read, idx []*layer.Index, value layer.Expr, e *layer.Equation) {
	a.equation(&layer.Equation{T: r.T, Subs: r.Subs, Free: idx, Value: value, Text: e.Text, Pos: e.Pos})
}

// used gives those of the indices on which x depends, in their order.
func used(x any, idx []*layer.Index) []*layer.Index {
	in := map[*layer.Index]bool{}
	layer.Walk(x, func(node any) bool {
		if v, ok := node.(*layer.Var); ok {
			in[v.I] = true
		}
		return true
	})
	var out []*layer.Index
	for _, i := range idx {
		if in[i] {
			out = append(out, i)
		}
	}
	return out
}

// reducesOwn reports whether a reduction in an equation reads the equation's own tensor.
func reducesOwn(eq *layer.Equation) bool {
	found := false
	layer.Walk(eq.Value, func(x any) bool {
		if r, ok := x.(*layer.Reduce); ok {
			layer.Walk(r, func(y any) bool {
				read, ok := y.(*layer.Read)
				found = found || ok && read.T == eq.T
				return true
			})
		}
		return !found
	})
	return found
}

// readsElsewhere reports whether an equation reads its own tensor at another
// element than the one it defines.
func readsElsewhere(eq *layer.Equation) bool {
	found := false
	layer.Walk(eq.Value, func(x any) bool {
		r, ok := x.(*layer.Read)
		if !ok || r.T != eq.T {
			return true
		}
		for d := range r.Subs {
			a, ok := layer.AffineOf(r.Subs[d])
			b, ok2 := layer.AffineOf(eq.Subs[d])
			if !ok || !ok2 || fmt.Sprint(a) != fmt.Sprint(b) {
				found = true
			}
		}
		return true
	})
	return found
}
