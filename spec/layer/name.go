package layer

import "fmt"

// NameIndices renames the indices of an equation so that none hides another
// or one of the names taken. The equation must own its indices.
func NameIndices(e *Equation, taken map[string]bool) {
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
func (n *namer) enter(idx []*Index) {
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

func (n *namer) leave(idx []*Index) {
	for _, i := range idx {
		delete(n.scope, i.Name)
	}
}

func (n *namer) visit(node any) bool {
	switch x := node.(type) {
	case *Reduce:
		n.enter(x.Idx)
		Walk(x.Body, n.visit)
		n.leave(x.Idx)
		return false
	case *ArgMax:
		n.enter(x.Idx)
		Walk(x.Body, n.visit)
		n.leave(x.Idx)
		return false
	}
	return true
}
