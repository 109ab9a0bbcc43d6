package bench

import "github.com/dlgen/dlgen/spec/layer"

// Flops counts the floating-point operations that a pass asks for as its
// equations stand: a call of exp or max counts one, comparisons, subscripts
// and moves nothing, of a where the dearer side, and of a sum of which only one
// residue of a step counts, those terms.
func Flops(p *layer.Program) float64 {
	total := 0.0
	for _, eq := range p.Equations {
		cost := exprFlops(eq.Value)
		if eq.Accumulate {
			cost++
		}
		total += cost * volume(eq.Free)
	}
	return total
}

// Bytes counts the traffic of a pass where each element of each argument is
// moved once, and a state's twice. Of a tensor that is read through an integer
// tensor only, it counts the elements that are read.
func Bytes(p *layer.Program) float64 {
	gathered, whole := map[*layer.Tensor]float64{}, map[*layer.Tensor]bool{}
	for _, eq := range p.Equations {
		eq.Walk(func(node any) bool {
			switch x := node.(type) {
			case *layer.Read:
				if readsThrough(x.Subs) {
					gathered[x.T] += volume(eq.Free)
				} else {
					whole[x.T] = true
				}
			case *layer.Element:
				whole[x.T] = true
			}
			return true
		})
	}
	total := 0.0
	for _, t := range p.Args {
		if len(t.Shape) == 0 {
			continue
		}
		n := float64(t.Size())
		switch {
		case t.Role == layer.State:
			n *= 2
		case gathered[t] > 0 && !whole[t]:
			n = min(n, gathered[t])
		}
		total += 4 * n
	}
	return total
}

func readsThrough(subs []layer.Int) bool {
	for _, s := range subs {
		if _, ok := s.(*layer.Element); ok {
			return true
		}
	}
	return false
}

// limits gives, for each integer tensor, the number below which its elements
// must be: the least extent that one of them subscripts, or the range of an
// index that one is compared with.
func limits(programs ...*layer.Program) map[string]int {
	out := map[string]int{}
	note := func(x layer.Int, limit int) {
		if e, ok := x.(*layer.Element); ok && len(e.Subs) > 0 {
			if old, ok := out[e.T.Name]; !ok || limit < old {
				out[e.T.Name] = limit
			}
		}
	}
	access := func(t *layer.Tensor, subs []layer.Int) {
		for d, s := range subs {
			note(s, t.Shape[d])
		}
	}
	for _, p := range programs {
		if p == nil {
			continue
		}
		for _, eq := range p.Equations {
			access(eq.T, eq.Subs)
			eq.Walk(func(node any) bool {
				switch x := node.(type) {
				case *layer.Read:
					access(x.T, x.Subs)
				case *layer.Element:
					access(x.T, x.Subs)
				case *layer.CmpInt:
					if v, ok := x.X.(*layer.Var); ok {
						note(x.Y, v.I.Size)
					}
					if v, ok := x.Y.(*layer.Var); ok {
						note(x.X, v.I.Size)
					}
				}
				return true
			})
		}
	}
	return out
}

func volume(idx []*layer.Index) float64 {
	n := 1.0
	for _, i := range idx {
		n *= float64(i.Size)
	}
	return n
}

func exprFlops(e layer.Expr) float64 {
	switch e := e.(type) {
	case *layer.Call:
		n := 1.0
		for _, a := range e.Args {
			n += exprFlops(a)
		}
		return n
	case *layer.Binary:
		return 1 + exprFlops(e.X) + exprFlops(e.Y)
	case *layer.Where:
		return max(exprFlops(e.X), exprFlops(e.Y))
	case *layer.Reduce:
		return volume(e.Idx) * (1 + exprFlops(e.Body)) / skipped(e)
	}
	return 0
}

// skipped is how many terms of a sum there are for each that counts, where a
// condition leaves one residue of a step, as in the gradient of a window.
func skipped(e *layer.Reduce) float64 {
	w, ok := e.Body.(*layer.Where)
	if !ok || e.Op != layer.Sum || w.Y != layer.Expr(layer.Const{}) {
		return 1
	}
	n := 1.0
	for conds := []layer.Cond{w.Cond}; len(conds) > 0; {
		c := conds[0]
		conds = conds[1:]
		switch c := c.(type) {
		case *layer.Logic:
			if c.Op == "&&" {
				conds = append(conds, c.X, c.Y)
			}
		case *layer.CmpInt:
			rest, ok := c.X.(*layer.IntOp)
			if step, lit := stepOf(rest, ok); lit && c.Op == "==" {
				n *= float64(step)
			}
		}
	}
	return n
}

// stepOf is the divisor of a remainder.
func stepOf(x *layer.IntOp, ok bool) (int, bool) {
	if !ok || x.Op != '%' {
		return 0, false
	}
	by, ok := x.Y.(layer.Lit)
	return by.V, ok
}
