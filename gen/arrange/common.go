package arrange

import (
	"fmt"
	"maps"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// commonFunctions are the costly functions, by a text that is the same whatever their
// indices are called, that stand inside a reduction and, in the same equation or another
// one, outside of any: exp(x[n][k]) in exp(x[n][d])/sum(k, exp(x[n][k])), or in
// z[n] = sum(k, exp(x[n][k])) and d[n][k] = g[n]*exp(x[n][k]). None of them reads what
// changes between equations.
func commonFunctions(p *layer.Program) map[string]bool {
	defined := map[*layer.Tensor]int{}
	for _, e := range p.Equations {
		defined[e.T]++
		if e.Accumulate {
			defined[e.T]++
		}
	}
	inside, outside := map[string]bool{}, map[string]bool{}
	for _, x := range p.Parts() {
		e := x.Equation
		if x.Recurrence != nil {
			continue
		}
		into := func(set map[string]bool) func(c *layer.Call) {
			return func(c *layer.Call) {
				for _, r := range readsOf(c) {
					if r.T.Role == layer.State || r.Old || defined[r.T] > 1 {
						return
					}
				}
				if text, idx := nameless(c); len(idx) > 0 && known(c, e.T) {
					set[text] = true
				}
			}
		}
		eachFunction(e.Value, into(outside))
		eachReduced(e.Value, into(inside))
	}
	maps.DeleteFunc(inside, func(text string, _ bool) bool { return !outside[text] })
	return inside
}

// fromCommon is the value of e with the functions in common read from tensors, each of
// which the first equation that has it makes.
func (a *arranger) fromCommon(e *layer.Equation) layer.Expr {
	return layer.Rewrite(e.Value, func(node any) any {
		switch node := node.(type) {
		case *layer.Where, *layer.ArgMax:
			return node
		case *layer.Call:
			text, idx := nameless(node)
			if !a.common[text] || a.kept[text] == e.T {
				return nil
			}
			if a.kept[text] == nil {
				r := a.scratch(e.T.Name+"Once", e, idx)
				a.kept[text] = r.T
				a.define(r, idx, settled(node), e)
			}
			r := &layer.Read{T: a.kept[text], Pos: e.Pos}
			for _, i := range idx {
				r.Subs = append(r.Subs, &layer.Var{I: i})
			}
			return r
		}
		return nil
	})
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

// settled is x without the cases that cannot be.
func settled(x layer.Expr) layer.Expr { return layer.Substitution{}.Expr(x) }

// nameless is a text of x in which indices have numbers and their sizes for names, and the
// indices that are not x's own, in that order; those of cases that cannot be are not among them.
func nameless(x layer.Expr) (string, []*layer.Index) {
	x = settled(x)
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

// eachFunction visits the costly functions of tensors in x, outside of reductions and
// conditions.
func eachFunction(x layer.Expr, visit func(*layer.Call)) {
	layer.Walk(x, func(node any) bool {
		switch node := node.(type) {
		case *layer.Where, *layer.Reduce, *layer.ArgMax:
			return false
		case *layer.Call:
			if costly(node) && reads(node) {
				visit(node)
				return false
			}
		}
		return true
	})
}

// known reports whether x is the same before an equation for t as in it.
func known(x layer.Expr, t *layer.Tensor) bool {
	free := true
	layer.Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *layer.Read:
			free = free && n.T != t
		case *layer.Element:
			free = free && n.T != t
		case *layer.Uniform:
			free = false
		}
		return free
	})
	return free
}

// alike is a text that is the same for expressions which differ by the names of the
// indices of reductions in them.
func alike(x layer.Expr) string {
	n := 0
	var named func(x layer.Expr) layer.Expr
	named = func(x layer.Expr) layer.Expr {
		return layer.Rewrite(x, func(node any) any {
			r, ok := node.(*layer.Reduce)
			if !ok {
				return nil
			}
			at := layer.Substitution{}
			out := &layer.Reduce{Op: r.Op}
			for _, i := range r.Idx {
				n++
				j := &layer.Index{Name: fmt.Sprintf("_%d", n), Size: i.Size}
				out.Idx = append(out.Idx, j)
				at[i] = layer.Replacement{By: &layer.Var{I: j}, Idx: []*layer.Index{j}}
			}
			out.Body = named(at.Expr(r.Body))
			return out
		})
	}
	return layer.FormatExpr(named(x))
}
