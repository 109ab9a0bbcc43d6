package grad

import (
	"fmt"

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

// canonical writes x with names that depend on its structure only, so that
// equal texts mean equal expressions.
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
	return layer.FormatExpr(x)
}
