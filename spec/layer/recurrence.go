package layer

import "slices"

// Recurrence is a list of equations that define their tensors step by step,
// each from what earlier steps, and earlier equations of its own step, define.
type Recurrence struct {
	// Equations are in their order within a step.
	Equations []*Equation
	// Carry says, equation by equation, what counts the steps.
	Carry []Carry
	// First and Last are the lowest and the highest number of a step.
	First, Last int
	// Down says that the steps run from the last to the first.
	Down bool
}

// Carry gives the step at which an equation runs for a value of its index: the
// index plus Offset. An equation that runs in one step only has no Index.
type Carry struct {
	Index  *Index
	Offset int
}

// Steps gives the first and the last step at which the equation runs.
func (c Carry) Steps() (first, last int) {
	if c.Index == nil {
		return c.Offset, c.Offset
	}
	return c.Offset, c.Offset + c.Index.Size - 1
}

// Part is an equation of a program that is evaluated as a whole, or a
// recurrence.
type Part struct {
	Equation   *Equation
	Recurrence *Recurrence
}

// Parts gives the program as equations and recurrences, in order.
func (p *Program) Parts() []Part {
	var out []Part
	left := p.Recurrences
	for k := 0; k < len(p.Equations); {
		if len(left) == 0 || left[0].Equations[0] != p.Equations[k] {
			out = append(out, Part{Equation: p.Equations[k]})
			k++
			continue
		}
		r := left[0]
		if k+len(r.Equations) > len(p.Equations) || !slices.Equal(p.Equations[k:k+len(r.Equations)], r.Equations) {
			panic("layer: the equations of a recurrence do not stand side by side")
		}
		out = append(out, Part{Recurrence: r})
		k += len(r.Equations)
		left = left[1:]
	}
	if len(left) > 0 {
		panic("layer: a recurrence has equations that are not in the program")
	}
	return out
}
