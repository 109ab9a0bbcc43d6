package lower

import (
	"maps"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// steps is a recurrence while it is lowered.
type steps struct {
	loop *ir.Steps
	// at is the number of the step, from the first of the range on.
	at ir.Sub
	// carried are the tensors that the steps define.
	carried map[*layer.Tensor]bool
	// start is the number of nests before the loop.
	start int
}

// recurrence makes a serial loop around the nests of its equations, all of
// which run in all of its steps.
func (l *lowerer) recurrence(r *layer.Recurrence) {
	count := r.Last - r.First + 1
	s := &steps{carried: map[*layer.Tensor]bool{}, start: len(l.out.Nests)}
	name := "t"
	for k, e := range r.Equations {
		s.carried[e.T] = true
		name = r.Carry[k].Index.Name
	}
	s.loop = &ir.Steps{Var: l.variable(name), Count: count}
	s.at = ir.VarSub(s.loop.Var)
	if r.Down {
		s.at = ir.Sub{Const: count - 1}.Add(s.at, -1)
	}
	// What is computed in one step is not there for the next.
	temps := maps.Clone(l.temps)
	l.steps = s
	for k, e := range r.Equations {
		l.equation(e, r.Carry[k].Index)
	}
	l.steps, l.temps = nil, temps
}

// step binds the index that the steps of a recurrence count.
func (s *scope) step(i *layer.Index) {
	if i == nil {
		return
	}
	s.bound = i
	s.vars[i] = s.l.steps.at
	s.size[s.l.steps.loop.Var] = s.l.steps.loop.Count
}

// without is the list less an index.
func without(list []*layer.Index, i *layer.Index) []*layer.Index {
	return slices.DeleteFunc(slices.Clone(list), func(j *layer.Index) bool { return j == i })
}

// ahead runs f, which appends nests, before the loop of the recurrence at hand.
func (l *lowerer) ahead(f func()) {
	s := l.steps
	if s == nil {
		f()
		return
	}
	inside := slices.Clone(l.out.Nests[s.start:])
	l.out.Nests, l.steps = l.out.Nests[:s.start], nil
	f()
	s.start = len(l.out.Nests)
	l.out.Nests, l.steps = append(l.out.Nests, inside...), s
}

// carries reports whether the recurrence at hand defines t.
func (l *lowerer) carries(t *layer.Tensor) bool { return l.steps != nil && l.steps.carried[t] }

// changes reports whether x reads what the recurrence at hand defines.
func (s *scope) changes(x layer.Int) bool {
	found := false
	layer.Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *layer.Element:
			found = found || s.l.carries(n.T)
		case *layer.Read:
			found = found || s.l.carries(n.T)
		}
		return !found
	})
	return found
}

// carried is an element of a tensor that the recurrence at hand defines. A copy
// with something around it would have to be made anew in every step, so a
// subscript that may leave the shape, where a condition discards the element, is
// kept in bounds.
func (s *scope) carried(t *layer.Tensor, xs []layer.Int) *ir.Expr {
	m := ir.Mem{Buf: s.l.buffer(t)}
	for d, x := range xs {
		if s.staysIn(x, t, d) {
			m.Subs = append(m.Subs, s.sub(x))
		} else {
			m.Subs = append(m.Subs, s.table(x, t.Shape[d], false))
		}
	}
	return ir.LoadExpr(m)
}

// carriedOrOutside is an integer of a tensor that the recurrence at hand defines, or what is outside
// it.
func (s *scope) carriedOrOutside(x *layer.Element) *ir.Expr {
	e := s.carried(x.T, x.Subs)
	if !x.T.HasOutside {
		return e
	}
	var inside *ir.Expr
	for d, sub := range x.Subs {
		if s.staysIn(sub, x.T, d) {
			continue
		}
		inside = s.inside(inside, sub, x.T.Shape[d])
	}
	if inside == nil {
		return e
	}
	return ir.NewExpr(ir.Select, inside, e, wordConst(int32(x.T.Outside)))
}

// staysIn reports whether the subscript x is always within dimension d of t.
func (s *scope) staysIn(x layer.Int, t *layer.Tensor, d int) bool {
	if _, id := x.(*layer.Element); id {
		return !t.HasOutside
	}
	if !s.affine(x) {
		return false
	}
	lo, hi := s.interval(s.sub(x))
	return lo >= 0 && hi < t.Shape[d]
}

// changed forgets the copies of a tensor of which more is defined now, and, of a state, all
// temporaries: they may be made of what it was.
func (l *lowerer) changed(t *layer.Tensor) {
	if t.Role == layer.State {
		clear(l.temps)
		clear(l.pads)
		clear(l.parts)
		return
	}
	delete(l.pads, l.buffers[t])
	for _, p := range l.parts[t] {
		delete(l.pads, l.buffers[p])
	}
	delete(l.parts, t)
}
