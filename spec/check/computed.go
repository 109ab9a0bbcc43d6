package check

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// provedIDs proves what equations compute and the layer is given as ids within what it
// reads by them: only an input's elements are checked when the layer runs.
func (a *application) provedIDs() {
	for _, t := range a.layer.Tensors {
		to := a.places[t].T
		if t.Role != layer.Input || t.Type != layer.Int32 || to.Role == layer.Input {
			continue
		}
		r := a.c.full().of(&layer.Element{T: to})
		if bad := a.beyond(a.layer, t, r); bad != "" {
			a.helpf(a.args[t.Name].pos, "a remainder, k[n]%V, is in range; or read it by an equation of its own, as in\n  y[n][d] = where(k[n] >= 0 && k[n] < V, e[k[n]][d], 0)",
				"%s is computed here, from %d to %d; %s %s", a.args[t.Name].text, r.lo, r.hi, a.call.Layer, bad)
		}
	}
}

// beyond describes a subscript in which ids in a range may be beyond the shape, or is empty.
func (a *application) beyond(l *layer.Layer, ids *layer.Tensor, r interval) string {
	bad := ""
	a.c.values[ids] = r
	visit := func(verb string, t *layer.Tensor, subs []layer.Int, on *conds) {
		for d, s := range subs {
			e, ok := s.(*layer.Element)
			q := &equation{c: a.c}
			if bad == "" && ok && e.T == ids && !t.Open() && !q.guards(s, t.Shape[d], on) {
				bad = fmt.Sprintf("%s %s, whose size%s is %s", verb, layer.FormatExpr(&layer.Read{T: t, Subs: subs}), there(t), extentText(t, d))
			}
		}
	}
	for _, e := range slices.Concat(l.Forward.Equations, l.Declared) {
		visit("writes", e.T, e.Subs, unlessZero(e.Value, nil))
		accesses(e.Value, nil, func(x access) { visit("reads", x.t, x.subs, x.on) })
	}
	for _, b := range l.Applied { // the gradients of these are chained
		for _, t := range b.Layer.Tensors {
			if b.Places[t].T == ids && bad == "" {
				bad = a.beyond(b.Layer, t, r)
			}
		}
	}
	return bad
}
