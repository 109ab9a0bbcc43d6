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

// freeIndices makes one index for each dimension of t, named as in the
// contributions where these have a name for it, or as in forward.
func (d *derivation) freeIndices(t *layer.Tensor, terms []term) []*layer.Index {
	var out []*layer.Index
	for k, size := range t.Shape {
		name := ""
		called := func(subs []layer.Int) {
			if v, ok := subs[k].(*layer.Var); ok && name == "" && v.I.Size == size {
				name = v.I.Name
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
		if name == "" {
			name = string(rune('i' + k%12))
		}
		out = append(out, &layer.Index{Name: name, Size: size})
	}
	return out
}

// nameIndices renames the indices of an equation so that none hides another
// or one of the names taken. The equation must own its indices.
func nameIndices(e *layer.Equation, taken map[string]bool) {
	n := namer{taken: taken, sizes: map[string]int{}, scope: map[string]bool{}}
	n.enter(e.Free)
	e.Walk(n.visit)
}

// namer has the size of each name given so far and the names in scope.
type namer struct {
	taken map[string]bool
	sizes map[string]int
	scope map[string]bool
}

// enter names indices. Reductions side by side may share a name if they have
// the same range, too.
func (n *namer) enter(idx []*layer.Index) {
	for _, i := range idx {
		base, name := i.Name, i.Name
		for k := 2; n.refused(name, i.Size); k++ {
			name = fmt.Sprintf("%s%d", base, k)
		}
		i.Name = name
		n.scope[name] = true
		n.sizes[name] = i.Size
	}
}

func (n *namer) refused(name string, size int) bool {
	s, used := n.sizes[name]
	return n.taken[name] || n.scope[name] || used && s != size
}

func (n *namer) leave(idx []*layer.Index) {
	for _, i := range idx {
		delete(n.scope, i.Name)
	}
}

func (n *namer) visit(node any) bool {
	switch x := node.(type) {
	case *layer.Reduce:
		n.enter(x.Idx)
		layer.Walk(x.Body, n.visit)
		n.leave(x.Idx)
		return false
	case *layer.ArgMax:
		n.enter(x.Idx)
		layer.Walk(x.Body, n.visit)
		n.leave(x.Idx)
		return false
	}
	return true
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
