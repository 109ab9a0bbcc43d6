package grad

import "github.com/dlgen/dlgen/spec/layer"

// cost counts the nodes that an evaluation of the program visits, and the elements of its
// tensors: of a table few may be read, but all are drawn.
func cost(p *layer.Program) float64 {
	total := 0.0
	seen := map[*layer.Tensor]bool{}
	for _, e := range p.Equations {
		total += times(nodes(e.Value)+1, e.Free)
		for _, t := range append(e.Tensors(), e.T) {
			if !seen[t] {
				total, seen[t] = total+float64(t.Size()), true
			}
		}
	}
	return total
}

func nodes(x any) float64 {
	n := 0.0
	layer.Walk(x, func(node any) bool {
		n++
		switch r := node.(type) {
		case *layer.Reduce:
			n += times(nodes(r.Body), r.Idx)
			return false
		case *layer.ArgMax:
			n += times(nodes(r.Body), r.Idx)
			return false
		}
		return true
	})
	return n
}

func times(n float64, idx []*layer.Index) float64 {
	for _, i := range idx {
		n *= float64(i.Size)
	}
	return n
}
