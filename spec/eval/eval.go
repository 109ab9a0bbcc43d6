// Package eval computes a layer's equations in float64, as they are written.
//
// What comes in: a checked program and the values of the tensors and scalars
// that it reads. What goes out: the values of those that it defines. What is
// promised: this is the meaning of the language, against which gradients are
// proved and generated code is tested. An id out of range is an error, never
// a panic.
package eval

import (
	"fmt"
	"math/rand/v2"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// Env holds values by tensor name, the last index fastest. Scalars are of
// length one; integers are exact in float64.
type Env struct {
	Values map[string][]float64
	// Seeds are the scalars of type uint64.
	Seeds map[string]uint64
}

// NewEnv makes an environment without values.
func NewEnv() *Env {
	return &Env{Values: map[string][]float64{}, Seeds: map[string]uint64{}}
}

// Clone copies the environment and all values.
func (e *Env) Clone() *Env {
	out := NewEnv()
	for name, v := range e.Values {
		out.Values[name] = append([]float64(nil), v...)
	}
	for name, s := range e.Seeds {
		out.Seeds[name] = s
	}
	return out
}

// Run evaluates the program. Tensors that it defines are made where the
// environment lacks them; state is updated in place. It fails where a value is
// missing or of the wrong length, or an id is out of range; the environment is
// then partly written.
func Run(p *layer.Program, env *Env) error {
	m := Compile(p)
	return m.Run(env)
}

// Machine is a program made ready to be evaluated many times, by one goroutine
// at a time.
type Machine struct {
	parts    []part
	tensors  []*array
	byTensor map[*layer.Tensor]*array
	// frame has the present value of each index.
	frame []int
	slots map[*layer.Index]int
	// rng changes what is rounded, if it is there.
	rng *rand.Rand
	// element gives the elements of tensors, if it is there, in place of their arrays.
	element func(t *layer.Tensor, k int) float64
}

// array is a tensor's place in a machine; data is bound when it runs.
type array struct {
	t    *layer.Tensor
	data []float64
	seed uint64
	// defined says that the program writes it, accumulated that it adds to zero.
	defined, accumulated bool
}

// part is an equation or a recurrence.
type part interface{ run(frame []int) }

// equation is a compiled equation.
type equation struct {
	target *array
	free   []loop
	// at gives the element's position in the target.
	at         func() int
	value      real
	accumulate bool
	// buffered: the right side reads the target, so that nothing is written
	// before everything is computed.
	buffered bool
}

// loop is an index with its place in the frame.
type loop struct{ slot, size int }

// real, integer and truth are compiled expressions.
type (
	real    func() float64
	integer func() int
	truth   func() bool
)

// Compile makes a program ready.
func Compile(p *layer.Program) *Machine { return compile(p, nil) }

func compile(p *layer.Program, rng *rand.Rand) *Machine {
	m := &Machine{rng: rng, byTensor: map[*layer.Tensor]*array{}, slots: map[*layer.Index]int{}}
	for _, e := range p.Equations {
		m.count(e)
	}
	m.frame = make([]int, len(m.slots))
	for _, x := range p.Parts() {
		if x.Recurrence != nil {
			m.parts = append(m.parts, m.recurrence(x.Recurrence))
		} else {
			m.parts = append(m.parts, m.equation(x.Equation))
		}
	}
	return m
}

// count gives a slot to each index of the equation, so that the frame does not
// move when the closures are made.
func (m *Machine) count(e *layer.Equation) { m.all(e) }

// all are the loops of an equation, those inside of it, too.
func (m *Machine) all(e *layer.Equation) []loop {
	out := m.loops(e.Free)
	e.Walk(func(node any) bool {
		switch x := node.(type) {
		case *layer.Reduce:
			out = append(out, m.loops(x.Idx)...)
		case *layer.ArgMax:
			out = append(out, m.loops(x.Idx)...)
		}
		return true
	})
	return out
}

func (m *Machine) loops(idx []*layer.Index) []loop {
	var out []loop
	for _, i := range idx {
		if _, ok := m.slots[i]; !ok {
			m.slots[i] = len(m.slots)
		}
		out = append(out, loop{m.slots[i], i.Size})
	}
	return out
}

func (m *Machine) array(t *layer.Tensor) *array {
	a := m.byTensor[t]
	if a == nil {
		a = &array{t: t}
		m.byTensor[t] = a
		m.tensors = append(m.tensors, a)
	}
	return a
}

func (m *Machine) equation(e *layer.Equation) *equation {
	out := &equation{
		target:     m.array(e.T),
		free:       m.loops(e.Free),
		at:         m.target(e),
		value:      m.real(e.Value),
		accumulate: e.Accumulate,
	}
	out.target.defined = true
	out.target.accumulated = out.target.accumulated || e.Accumulate && e.T.Role != layer.State
	for _, t := range e.Tensors() {
		out.buffered = out.buffered || t == e.T
	}
	return out
}

// Run evaluates the program on the environment.
func (m *Machine) Run(env *Env) (err error) {
	if err := m.bind(env); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*rangeError)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	for _, x := range m.parts {
		x.run(m.frame)
	}
	return nil
}

// bind takes the arrays from the environment.
func (m *Machine) bind(env *Env) error {
	for _, a := range m.tensors {
		if a.t.Type == layer.Uint64 {
			seed, ok := env.Seeds[a.t.Name]
			if !ok {
				return fmt.Errorf("no value for the seed %s", a.t.Name)
			}
			a.seed = seed
			continue
		}
		v, ok := env.Values[a.t.Name]
		switch {
		case !ok && a.defined && a.t.Role != layer.State:
			v = make([]float64, a.t.Size())
			env.Values[a.t.Name] = v
		case !ok:
			return fmt.Errorf("no values for %s", a.t.Name)
		case len(v) != a.t.Size():
			return fmt.Errorf("%s has %d values, its shape wants %d", a.t.Name, len(v), a.t.Size())
		}
		a.data = v
		if a.accumulated {
			clear(v)
		}
	}
	return nil
}

// run evaluates all elements of an equation.
func (e *equation) run(frame []int) {
	data := e.target.data
	if !e.buffered {
		forEach(frame, e.free, func() {
			v := e.value()
			switch {
			case !e.accumulate:
				data[e.at()] = v
			case v != 0: // a gradient may add 0 beyond the shape
				if at := e.at(); at >= 0 {
					data[at] += v
				}
			}
		})
		return
	}
	type store struct {
		at int
		v  float64
	}
	var stores []store
	forEach(frame, e.free, func() {
		if v := e.value(); !e.accumulate || v != 0 {
			stores = append(stores, store{e.at(), v})
		}
	})
	for _, s := range stores {
		switch {
		case !e.accumulate:
			data[s.at] = s.v
		case s.at >= 0:
			data[s.at] += s.v
		}
	}
}

// forEach runs body for all values of the loops, the last one fastest.
func forEach(frame []int, loops []loop, body func()) {
	if len(loops) == 0 {
		body()
		return
	}
	l := loops[0]
	for i := 0; i < l.size; i++ {
		frame[l.slot] = i
		if len(loops) == 1 {
			body()
		} else {
			forEach(frame, loops[1:], body)
		}
	}
}

// rangeError is a subscript out of range, found while evaluating.
type rangeError struct {
	t     *layer.Tensor
	dim   int
	value int
	id    string
	pos   diag.Pos
}

func (e *rangeError) Error() string {
	s := ""
	if e.pos.IsValid() {
		s = e.pos.String() + ": "
	}
	s += fmt.Sprintf("%s = %d is not in [0,%d)", e.id, e.value, e.t.Shape[e.dim])
	return s + fmt.Sprintf(" (subscript %d of %s)", e.dim+1, e.t.Name)
}
