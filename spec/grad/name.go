package grad

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/spec/layer"
)

// unused gives name, with a number behind it where it is taken, and takes it.
func unused(name string, taken map[string]bool) string {
	out := name
	for k := 2; taken[out]; k++ {
		out = fmt.Sprintf("%s%d", name, k)
	}
	taken[out] = true
	return out
}

// namesOf are the names of the spec, what it has in forward alone, and of all gradients.
func namesOf(l *layer.Layer) map[string]bool {
	taken := map[string]bool{}
	for _, list := range [][]*layer.Tensor{l.Tensors, l.Gradients, l.Upstreams} {
		for _, t := range list {
			taken[t.Name] = true
		}
	}
	for _, e := range l.Forward.Equations {
		taken[e.T.Name] = true
	}
	for _, n := range l.Numbers {
		taken[n.Name] = true
	}
	return taken
}

// freeIndices makes one index for each dimension of t, named as in the
// contributions where these have a name for it, or as in forward, and different
// from each other: expressions are compared by name.
func (d *derivation) freeIndices(t *layer.Tensor, terms []term) []*layer.Index {
	out := make([]*layer.Index, len(t.Shape))
	taken := map[string]bool{}
	for k, size := range t.Shape {
		out[k] = &layer.Index{Size: size}
		called := func(subs []layer.Int) {
			if v, ok := subs[k].(*layer.Var); ok && out[k].Name == "" && v.I.Size == size {
				out[k].Name = unused(v.I.Name, taken)
			}
		}
		for _, c := range terms {
			called(c.subs)
		}
		for _, e := range d.l.Forward.Equations {
			if e.T == t {
				called(e.Subs)
			}
		}
	}
	for k, i := range out {
		if i.Name == "" {
			i.Name = unused(string(rune('i'+k%12)), taken)
		}
	}
	return out
}

// canonical writes x with names that depend on its structure only, and factors in order, so
// that equal texts mean equal expressions.
func canonical(x layer.Expr) string {
	x = binding{}.expr(x)
	count := 0
	layer.Walk(x, func(node any) bool {
		var idx []*layer.Index
		switch n := node.(type) {
		case *layer.Reduce:
			idx = n.Idx
		case *layer.ArgMax:
			idx = n.Idx
		}
		for _, i := range idx {
			count++
			i.Name = fmt.Sprintf("_%d", count)
		}
		return true
	})
	return layer.FormatExpr(inOrder(x))
}

// inOrder is x with the factors of all products in the order of their texts.
func inOrder(x layer.Expr) layer.Expr {
	return layer.Rewrite(x, func(node any) any {
		if b, ok := node.(*layer.Binary); !ok || b.Op != '*' {
			return nil
		}
		var factors []layer.Expr
		var collect func(x layer.Expr)
		collect = func(x layer.Expr) {
			if b, ok := x.(*layer.Binary); ok && b.Op == '*' {
				collect(b.X)
				collect(b.Y)
				return
			}
			factors = append(factors, inOrder(x))
		}
		collect(node.(layer.Expr))
		slices.SortStableFunc(factors, func(a, b layer.Expr) int {
			return strings.Compare(layer.FormatExpr(a), layer.FormatExpr(b))
		})
		out := factors[0]
		for _, f := range factors[1:] {
			out = &layer.Binary{Op: '*', X: out, Y: f}
		}
		return out
	})
}
