package check

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// passage is a state on its way through one of several layers that update it: what it is
// before that layer and after it.
type passage struct{ before, after *layer.Tensor }

// passages puts a tensor between each two layers that update the same state, so that the
// second starts from what the first left. The list is in the order of evaluation.
func (c *checker) passages(list []*unit) {
	by := map[*layer.Tensor][]*application{}
	var shared []*layer.Tensor
	for _, u := range list {
		for _, t := range u.states() {
			if by[t] = append(by[t], u.layer); len(by[t]) == 2 {
				shared = append(shared, t)
			}
		}
	}
	for _, t := range shared {
		before := t
		for k, a := range by[t] {
			after := t
			if k < len(by[t])-1 {
				after = c.between(t)
			}
			a.states[t] = passage{before, after}
			before = after
		}
	}
}

// states are those that a layer updates.
func (u *unit) states() []*layer.Tensor {
	if u.layer == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(u.writes), func(t *layer.Tensor) bool { return t.Role != layer.State })
}

// between makes a tensor for what a state is between two layers.
func (c *checker) between(state *layer.Tensor) *layer.Tensor {
	t := &layer.Tensor{
		Name: unused(c.tensors, state.Name), Doc: state.Doc, Role: layer.Saved, Type: state.Type,
		Shape: state.Shape, Extents: state.Extents, NoGrad: true, Implied: true, Pos: state.Pos,
	}
	c.tensors[t.Name] = t
	c.layer.Tensors = append(c.layer.Tensors, t)
	return t
}

// pass lets an equation of the layer read and write shared states as they are here: in the
// equation that updates one, and by old, as it was before.
func (a *application) pass(e *layer.Equation) {
	e.Walk(func(node any) bool {
		r, ok := node.(*layer.Read)
		if !ok {
			return true
		}
		p, shared := a.states[r.T]
		if !shared {
			return true
		}
		to := p.after
		if r.Old || r.T == e.T {
			to = p.before
			r.Old = to.Role == layer.State
		}
		to.HasOutside, to.Outside = r.T.HasOutside, r.T.Outside
		r.T = to
		return true
	})
	if p, shared := a.states[e.T]; shared {
		e.T = p.after
	}
}

// inTurn lets layers that update the same state do it in the order of the spec, unless the
// first needs what the second gives.
func inTurn(list []*unit, needs map[*unit]map[*unit]bool) {
	for k, second := range list {
		for _, first := range list[:k] {
			shared := slices.ContainsFunc(first.states(), func(t *layer.Tensor) bool { return slices.Contains(second.states(), t) })
			if !shared || needs[first][second] || needs[second][first] {
				continue
			}
			for _, u := range list {
				if u == second || needs[u][second] {
					needs[u][first] = true
					for d := range needs[first] {
						needs[u][d] = true
					}
				}
			}
		}
	}
}

// circularHelp says why a layer is given what it gives: it may be by way of a state.
func (u *unit) circularHelp(list []*unit, needed map[*unit]bool) string {
	for _, v := range list {
		if !needed[v] {
			continue
		}
		for _, t := range u.states() {
			if slices.Contains(v.reads, t) {
				return fmt.Sprintf("line %d reads the state %s, as the last layer leaves it; old(%[2]s) is what it was before", v.line(), t.Name)
			}
		}
		for _, t := range u.reads {
			if t.Role == layer.State && slices.Contains(v.writes, t) {
				return fmt.Sprintf("it is given the state %s as line %d leaves it; copy what it was by an equation of its own, as in before[i] = old(%[1]s[i]), and give that", t.Name, v.line())
			}
		}
	}
	return "a layer is computed as a whole, when all that it is given is known"
}

func (u *unit) line() int {
	if u.layer != nil {
		return u.layer.call.Pos.Line
	}
	return u.equations[0].Pos.Line
}
