package check

import (
	"slices"

	"github.com/dlgen/dlgen/spec/inline"
	"github.com/dlgen/dlgen/spec/layer"
)

// unit is what is computed as a whole: an equation, or a layer that is applied.
type unit struct {
	equations []*layer.Equation
	layer     *application
	reads     []*layer.Tensor
	writes    []*layer.Tensor
}

// inlined puts the equations of the layers that are applied among the others,
// each layer's side by side, behind all that it is given.
func (c *checker) inlined(list []*layer.Equation) []*layer.Equation {
	if len(c.applied) == 0 {
		return list
	}
	var units []*unit
	for _, a := range c.applied {
		units = append(units, a.unit())
	}
	for _, e := range list {
		units = append(units, &unit{equations: []*layer.Equation{e}, reads: awaited(e), writes: []*layer.Tensor{e.T}})
	}
	units = c.orderUnits(units)
	c.passages(units)
	var out []*layer.Equation
	for _, u := range units {
		if u.layer != nil {
			u.layer.provedIDs()
			u.equations = u.layer.inline()
			c.intervals(u.equations)
		}
		out = append(out, u.equations...)
	}
	return out
}

// awaited are the tensors that an equation reads as others leave them, and not as they were.
func awaited(e *layer.Equation) []*layer.Tensor {
	var out []*layer.Tensor
	e.Walk(func(node any) bool {
		switch x := node.(type) {
		case *layer.Read:
			if !x.Old && (x.T != e.T || x.T.Role != layer.State) {
				out = append(out, x.T)
			}
		case *layer.Element:
			out = append(out, x.T)
		}
		return true
	})
	return out
}

func (a *application) unit() *unit {
	u := &unit{layer: a}
	for _, t := range a.layer.Tensors {
		switch p := a.places[t]; t.Role {
		case layer.Output, layer.State:
			u.writes = append(u.writes, p.T)
		default:
			if p.T != nil && !slices.Contains(a.own, p.T) {
				u.reads = append(u.reads, p.T)
			}
		}
	}
	return u
}

// orderUnits puts units behind those that they need. Equations may need each
// other, which sort looks into.
func (c *checker) orderUnits(list []*unit) []*unit {
	needs := map[*unit]map[*unit]bool{}
	for _, u := range list {
		needs[u] = map[*unit]bool{}
		for _, d := range list {
			if slices.ContainsFunc(u.reads, func(t *layer.Tensor) bool { return slices.Contains(d.writes, t) }) {
				needs[u][d] = true
			}
		}
	}
	for _, via := range list { // what is needed indirectly
		for _, u := range list {
			if needs[u][via] {
				for d := range needs[via] {
					needs[u][d] = true
				}
			}
		}
	}
	inTurn(list, needs)
	for _, u := range list {
		if u.layer != nil && needs[u][u] {
			u.layer.helpf(u.layer.call.Pos, u.circularHelp(list, needs[u]),
				"what %s is given depends on what it gives", u.layer.call.Layer)
			return nil
		}
	}
	var out []*unit
	done := map[*unit]bool{}
	for len(out) < len(list) {
		for _, u := range list {
			ready := !done[u]
			for d := range needs[u] {
				ready = ready && (done[d] || needs[d][u])
			}
			if ready {
				done[u] = true
				out = append(out, u)
				break
			}
		}
	}
	return out
}

// inline copies the layer's equations.
func (a *application) inline() []*layer.Equation {
	for _, t := range a.layer.Tensors {
		if to := a.places[t].T; t.HasOutside && !to.HasOutside && len(to.Shape) > 0 {
			to.HasOutside, to.Outside = true, t.Outside
		}
	}
	list := inline.Equations(a.layer.Forward.Equations, a.places)
	for _, e := range list {
		a.pass(e)
	}
	taken := map[string]bool{}
	for name := range a.c.tensors {
		taken[name] = true
	}
	for name := range a.c.numbers {
		taken[name] = true
	}
	for _, e := range list {
		layer.NameIndices(e, taken)
		e.Text = layer.FormatEquation(e)
	}
	a.c.layer.Applied = append(a.c.layer.Applied, &layer.Applied{
		Layer: a.layer, Spec: a.inner, Forward: list, Places: a.places, Pos: a.call.Pos,
		Rebind: func(given map[string]string) (*layer.Layer, error) { return Check(a.inner, given) },
	})
	if a.layer.Declared == nil {
		a.lift(list)
	}
	return list
}

// lift makes the layers that the applied layer itself applies layers of this
// one: their gradients are chained where the layer's own is derived.
func (a *application) lift(list []*layer.Equation) {
	copies := map[*layer.Equation]*layer.Equation{}
	for k, e := range a.layer.Forward.Equations {
		copies[e] = list[k]
	}
	for _, b := range a.layer.Applied {
		up := &layer.Applied{Layer: b.Layer, Spec: b.Spec, Rebind: b.Rebind, Places: map[*layer.Tensor]layer.Place{}, Pos: b.Pos}
		for _, e := range b.Forward {
			up.Forward = append(up.Forward, copies[e])
		}
		for t, p := range b.Places {
			up.Places[t] = inline.Through(p, a.places)
		}
		a.c.layer.Applied = append(a.c.layer.Applied, up)
	}
}
