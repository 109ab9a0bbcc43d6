package grad

import (
	"errors"
	"slices"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// knot is a set of tensors that are defined by each other, as in a recurrence:
// so are their gradients, which can only be defined together, once all equations of the
// knot have made their contributions.
type knot struct {
	tensors []*layer.Tensor
	// left counts the equations whose contributions are not there yet.
	left int
}

// knots gives the knot of each active tensor that is in one.
func (d *derivation) knots() map[*layer.Tensor]*knot {
	reads := map[*layer.Tensor][]*layer.Tensor{}
	for _, e := range d.l.Forward.Equations {
		if d.active[e.T] {
			reads[e.T] = append(reads[e.T], e.Tensors()...)
		}
	}
	needs := map[*layer.Tensor]map[*layer.Tensor]bool{}
	for t := range reads {
		seen := map[*layer.Tensor]bool{}
		var follow func(t *layer.Tensor)
		follow = func(t *layer.Tensor) {
			for _, u := range reads[t] {
				if !seen[u] {
					seen[u] = true
					follow(u)
				}
			}
		}
		follow(t)
		needs[t] = seen
	}
	out := map[*layer.Tensor]*knot{}
	for _, e := range d.l.Forward.Equations {
		if !needs[e.T][e.T] {
			continue
		}
		if out[e.T] == nil {
			k := &knot{}
			for t := range reads {
				if needs[e.T][t] && needs[t][e.T] {
					out[t] = k
				}
			}
		}
		k := out[e.T]
		k.left++
		if !slices.Contains(k.tensors, e.T) {
			k.tensors = append(k.tensors, e.T)
		}
	}
	d.inParts(out)
	return out
}

// inParts adds a knot for each tensor of which something is read before its last part is
// defined: going back, its gradient is not whole when the first part is met.
func (d *derivation) inParts(out map[*layer.Tensor]*knot) {
	eqs := d.l.Forward.Equations
	parts, last := map[*layer.Tensor]int{}, map[*layer.Tensor]int{}
	for k, e := range eqs {
		parts[e.T]++
		last[e.T] = k
	}
	for k, e := range eqs {
		for _, t := range e.Tensors() {
			if d.active[t] && out[t] == nil && k < last[t] {
				out[t] = &knot{tensors: []*layer.Tensor{t}, left: parts[t]}
			}
		}
	}
}

// begin makes the gradients of a knot, so that they can be read.
func (d *derivation) begin(k *knot, upstream map[*layer.Tensor]*layer.Tensor) {
	for _, t := range k.tensors {
		name := "d" + t.Name
		if upstream[t] != nil {
			name += "_total"
		}
		d.adjoint[t] = d.scratch(t, name)
	}
}

// end defines the gradients once all contributions are there.
func (d *derivation) end(k *knot, upstream map[*layer.Tensor]*layer.Tensor) {
	if k.left--; k.left > 0 {
		return
	}
	for n := len(k.tensors) - 1; n >= 0; n-- {
		t := k.tensors[n]
		d.define(d.adjoint[t], t, upstream[t])
	}
}

// noOrder says that derived equations cannot be evaluated.
func (d *derivation) noOrder(err error) error {
	var list *diag.List
	if !errors.As(err, &list) {
		panic("grad: an error without a place")
	}
	first := list.Errors()[0]
	d.errs.AddHelp(first.Pos, "write the backward equations out", "the gradient cannot be derived, it has no order: %s", first.Msg)
	return d.errs.Err()
}
