package arrange

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// onceForBoth is the value of e in which a costly function that both a reduction in e and
// what stands around it compute, each for all values of an index, is read from a tensor of
// its own: exp(x[n][d]) in exp(x[n][d])/sum(k, exp(x[n][k])).
func (a *arranger) onceForBoth(e *layer.Equation, value layer.Expr) layer.Expr {
	around := map[string]*layer.Call{}
	eachFunction(value, func(c *layer.Call) {
		if known(c, e.T) {
			around[alike(c)] = c
		}
	})
	once := map[string]*layer.Read{}
	twice := func(r *layer.Reduce, c *layer.Call) (*layer.Read, layer.Substitution) {
		for _, to := range places(r, c, e.Free) {
			text := alike(to.Expr(c))
			x := around[text]
			if x == nil {
				continue
			}
			if once[text] == nil {
				of := used(x, e.Free)
				once[text] = a.scratch(e.T.Name+"Once", e, of)
				a.define(once[text], of, x, e)
			}
			return once[text], to
		}
		return nil, nil
	}
	read := func(node any) any {
		if c, ok := node.(*layer.Call); ok && once[alike(c)] != nil {
			return once[alike(c)]
		}
		return nil
	}
	out := layer.Rewrite(value, func(node any) any {
		switch node := node.(type) {
		case *layer.Where, *layer.ArgMax:
			return node
		case *layer.Reduce:
			return &layer.Reduce{Op: node.Op, Idx: node.Idx, Body: inBody(node, twice)}
		}
		return nil
	})
	if len(once) == 0 {
		return value
	}
	return layer.Rewrite(out, func(node any) any {
		switch node.(type) {
		case *layer.Where, *layer.ArgMax, *layer.Reduce:
			return node
		}
		return read(node)
	})
}

// inBody is the body of a reduction with the functions in it read from tensors, where
// there are such.
func inBody(r *layer.Reduce, twice func(*layer.Reduce, *layer.Call) (*layer.Read, layer.Substitution)) layer.Expr {
	return layer.Rewrite(r.Body, func(node any) any {
		switch node := node.(type) {
		case *layer.Where, *layer.ArgMax, *layer.Reduce:
			return node
		case *layer.Call:
			if x, to := twice(r, node); x != nil {
				back := layer.Substitution{}
				for i, by := range to {
					back[by.Idx[0]] = layer.Replacement{By: &layer.Var{I: i}, Idx: []*layer.Index{i}}
				}
				return back.Expr(x)
			}
		}
		return nil
	})
}

// places are the ways to put free indices that c does not depend on in the place of those
// of the reduction r.
func places(r *layer.Reduce, c *layer.Call, free []*layer.Index) []layer.Substitution {
	if len(used(c, r.Idx)) < len(r.Idx) {
		return nil
	}
	rest := slices.DeleteFunc(slices.Clone(free), func(i *layer.Index) bool { return len(used(c, []*layer.Index{i})) > 0 })
	var out []layer.Substitution
	for from := 0; from+len(r.Idx) <= len(rest); from++ {
		to := layer.Substitution{}
		for k, i := range r.Idx {
			if j := rest[from+k]; j.Size == i.Size {
				to[i] = layer.Replacement{By: &layer.Var{I: j}, Idx: []*layer.Index{j}}
			}
		}
		if len(to) == len(r.Idx) {
			out = append(out, to)
		}
	}
	return out
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
