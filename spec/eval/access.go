package eval

import (
	"fmt"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// place is where in its flat array an access goes: fixed, plus coefficients
// times indices, plus what run-time integers add.
type place struct {
	fixed  int
	terms  []stride
	tested []integer
}

// stride is how far one step of an index goes.
type stride struct{ coef, slot int }

// place compiles subscripts. Affine ones were proved in bounds; others are
// tested.
func (m *Machine) place(t *layer.Tensor, subs []layer.Int, pos diag.Pos) place {
	if len(subs) != len(t.Shape) {
		panic(fmt.Sprintf("eval: %s has %d dimensions and %d subscripts", t.Name, len(t.Shape), len(subs)))
	}
	var p place
	size := 1
	for d := len(subs) - 1; d >= 0; d-- {
		if aff, ok := layer.AffineOf(subs[d]); ok {
			p.fixed += size * aff.Const
			for _, x := range aff.Terms {
				p.terms = append(p.terms, stride{size * x.Coef, m.slot(x.I)})
			}
		} else {
			p.tested = append(p.tested, m.tested(t, d, size, subs[d], pos))
		}
		size *= t.Shape[d]
	}
	return p
}

// tested compiles a subscript that depends on run-time integers.
func (m *Machine) tested(t *layer.Tensor, d, size int, sub layer.Int, pos diag.Pos) integer {
	x := m.integer(sub)
	return func() int {
		i := x()
		if i < 0 || i >= t.Shape[d] {
			panic(&rangeError{t: t, dim: d, value: i, id: layer.FormatInt(sub), pos: pos})
		}
		return i * size
	}
}

// position gives the place as a function.
func (p place) position(frame []int) integer {
	return func() int {
		at := p.fixed
		for _, t := range p.terms {
			at += t.coef * frame[t.slot]
		}
		for _, x := range p.tested {
			at += x()
		}
		return at
	}
}

// read compiles an access that gives the outside value beyond the shape.
func (m *Machine) read(t *layer.Tensor, subs []layer.Int, pos diag.Pos) real {
	a, frame := m.array(t), m.frame
	if t.HasOutside {
		return m.readOutside(a, subs)
	}
	p := m.place(t, subs, pos)
	if m.element != nil {
		at := p.position(frame)
		return func() float64 { return m.element(t, at()) }
	}
	if len(p.tested) == 0 { // the usual cases, without a call inside
		switch fixed := p.fixed; len(p.terms) {
		case 0:
			return func() float64 { return a.data[fixed] }
		case 1:
			x := p.terms[0]
			return func() float64 { return a.data[fixed+x.coef*frame[x.slot]] }
		case 2:
			x, y := p.terms[0], p.terms[1]
			return func() float64 { return a.data[fixed+x.coef*frame[x.slot]+y.coef*frame[y.slot]] }
		}
	}
	at := p.position(frame)
	return func() float64 { return a.data[at()] }
}

func (m *Machine) readOutside(a *array, subs []layer.Int) real {
	at := m.within(a.t, subs)
	return func() float64 {
		if i := at(); i >= 0 {
			if m.element != nil {
				return m.element(a.t, i)
			}
			return a.data[i]
		}
		return a.t.Outside
	}
}

// within compiles the place of an access, -1 for one beyond the shape of t.
func (m *Machine) within(t *layer.Tensor, subs []layer.Int) integer {
	xs := make([]integer, len(subs))
	for i, s := range subs {
		xs[i] = m.integer(s)
	}
	return func() int {
		at := 0
		for d, x := range xs {
			i := x()
			if i < 0 || i >= t.Shape[d] {
				return -1
			}
			at = at*t.Shape[d] + i
		}
		return at
	}
}

// target compiles the place of what e defines; -1 is where nothing is to be added.
func (m *Machine) target(e *layer.Equation) integer {
	if e.Accumulate && e.T.Open() {
		return m.within(e.T, e.Subs)
	}
	return m.place(e.T, e.Subs, e.Pos).position(m.frame)
}
