package arrange

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// commonFunctions are the costly functions, by a text that is the same whatever their
// indices are called, that one equation has inside a reduction and another one outside:
// exp(x[n][k]) in z[n] = sum(k, exp(x[n][k])) and d[n][k] = g[n]*exp(x[n][k]). None of them
// reads what changes between equations.
func commonFunctions(p *layer.Program) map[string]bool {
	defined := map[*layer.Tensor]int{}
	for _, e := range p.Equations {
		defined[e.T]++
		if e.Accumulate {
			defined[e.T]++
		}
	}
	inside, outside := map[string]*layer.Equation{}, map[string]*layer.Equation{}
	for _, x := range p.Parts() {
		e := x.Equation
		if x.Recurrence != nil {
			continue
		}
		visit := func(in map[string]*layer.Equation) func(c *layer.Call) {
			return func(c *layer.Call) {
				for _, r := range readsOf(c) {
					if r.T.Role == layer.State || r.Old || defined[r.T] > 1 {
						return
					}
				}
				if text, idx := nameless(c); len(idx) > 0 && known(c, e.T) {
					in[text] = e
				}
			}
		}
		eachFunction(e.Value, visit(outside))
		eachReduced(e.Value, visit(inside))
	}
	out := map[string]bool{}
	for text, e := range inside {
		if o := outside[text]; o != nil && o != e {
			out[text] = true
		}
	}
	return out
}

// fromCommon is the value of e with the functions that it has in common with others read
// from tensors, which the first of the equations makes.
func (a *arranger) fromCommon(e *layer.Equation, value layer.Expr) layer.Expr {
	if len(a.common) == 0 {
		return value
	}
	var in func(x layer.Expr) layer.Expr
	in = func(x layer.Expr) layer.Expr {
		return layer.Rewrite(x, func(node any) any {
			switch node := node.(type) {
			case *layer.Where, *layer.ArgMax:
				return node
			case *layer.Reduce:
				return &layer.Reduce{Op: node.Op, Idx: node.Idx, Body: in(node.Body)}
			case *layer.Call:
				text, idx := nameless(node)
				if !a.common[text] {
					return nil
				}
				t := a.kept[text]
				if t == nil {
					r := a.scratch(e.T.Name+"Once", e, idx)
					a.common[text] = false // in its own equation
					a.define(r, idx, node, e)
					a.common[text], t = true, r.T
					a.kept[text] = t
				}
				r := &layer.Read{T: t, Pos: e.Pos}
				for _, i := range idx {
					r.Subs = append(r.Subs, &layer.Var{I: i})
				}
				return r
			}
			return nil
		})
	}
	return in(value)
}

// eachReduced visits the costly functions of tensors in reductions in x that depend on
// what these go over, outside of conditions.
func eachReduced(x layer.Expr, visit func(*layer.Call)) {
	layer.Walk(x, func(node any) bool {
		switch node := node.(type) {
		case *layer.Where, *layer.ArgMax:
			return false
		case *layer.Reduce:
			eachFunction(node.Body, func(c *layer.Call) {
				if len(used(c, node.Idx)) > 0 {
					visit(c)
				}
			})
		}
		return true
	})
}

// readsOf lists the elements that x reads.
func readsOf(x layer.Expr) []*layer.Read {
	var out []*layer.Read
	layer.Walk(x, func(node any) bool {
		if r, ok := node.(*layer.Read); ok {
			out = append(out, r)
		}
		return true
	})
	return out
}

// nameless is a text of x in which indices have numbers and their sizes for names, and the
// indices that are not x's own, in that order.
func nameless(x layer.Expr) (string, []*layer.Index) {
	own := map[*layer.Index]bool{}
	layer.Walk(x, func(node any) bool {
		switch node := node.(type) {
		case *layer.Reduce:
			for _, i := range node.Idx {
				own[i] = true
			}
		case *layer.ArgMax:
			for _, i := range node.Idx {
				own[i] = true
			}
		}
		return true
	})
	var idx []*layer.Index
	at := layer.Substitution{}
	layer.Walk(x, func(node any) bool {
		if v, ok := node.(*layer.Var); ok && !own[v.I] && !slices.Contains(idx, v.I) {
			j := &layer.Index{Name: fmt.Sprintf("_%d_%d", len(idx), v.I.Size), Size: v.I.Size}
			at[v.I] = layer.Replacement{By: &layer.Var{I: j}, Idx: []*layer.Index{j}}
			idx = append(idx, v.I)
		}
		return true
	})
	return alike(at.Expr(x)), idx
}
