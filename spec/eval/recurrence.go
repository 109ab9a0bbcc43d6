package eval

import "github.com/dlgen/dlgen/spec/layer"

// recurrence is a compiled recurrence: its equations at one step after the
// other.
type recurrence struct {
	equations   []stepped
	first, last int
	down        bool
}

// stepped is an equation of a recurrence; it runs from step first to last.
type stepped struct {
	*equation
	first, last int
	// slot holds the index that counts the steps, less offset; -1 for none.
	slot, offset int
}

func (m *Machine) recurrence(r *layer.Recurrence) *recurrence {
	out := &recurrence{first: r.First, last: r.Last, down: r.Down}
	for k, e := range r.Equations {
		c := r.Carry[k]
		x := stepped{equation: m.equation(e), slot: -1, offset: c.Offset}
		x.first, x.last = c.Steps()
		x.buffered = false // what it reads of its target is of other steps
		if c.Index != nil {
			x.slot = m.slot(c.Index)
			var rest []loop
			for _, l := range x.free {
				if l.slot != x.slot {
					rest = append(rest, l)
				}
			}
			x.free = rest
		}
		out.equations = append(out.equations, x)
	}
	return out
}

// run evaluates all steps.
func (r *recurrence) run(frame []int) {
	for k := range r.last - r.first + 1 {
		step := r.first + k
		if r.down {
			step = r.last - k
		}
		for _, e := range r.equations {
			if step < e.first || step > e.last {
				continue
			}
			if e.slot >= 0 {
				frame[e.slot] = step - e.offset
			}
			e.equation.run(frame)
		}
	}
}
