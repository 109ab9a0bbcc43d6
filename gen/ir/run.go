package ir

import (
	"fmt"
	"math"
)

// Run executes p on mem: every operation in float32, rounded once, FMA
// included. It checks every access and reports the first that fails. A
// program that Verify refuses may panic.
func Run(p *Program, mem *Memory) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case fault:
			err = r
		default:
			panic(r)
		}
	}()
	for _, w := range p.Workspace {
		mem.Add(w)
	}
	type callee struct {
		f     *Func
		given *Arguments
	}
	compiled := map[callee]*machine{}
	for _, s := range p.Steps {
		if c := (callee{s.Func, s.Other}); compiled[c] == nil {
			compiled[c] = newMachine(s, mem)
		}
	}
	for _, loop := range p.Serial() {
		for t := range loop.Count {
			for _, s := range loop.Steps {
				if !s.When.Holds(t) {
					continue
				}
				m := compiled[callee{s.Func, s.Other}]
				if s.Func.Step != nil {
					*m.slot(s.Func.Step) = t
				}
				count := 1
				if s.Func.Block != nil {
					count = s.Count
				}
				for i := range count {
					m.call(s.From + i)
				}
			}
		}
	}
	return nil
}

// fault is an error of the program that runs.
type fault struct{ error }

// code is a compiled statement. It works on registers and memory that it has
// captured.
type code func()

// machine is a Func with its registers, compiled for one Memory.
type machine struct {
	fn    *Func
	mem   *Memory
	real  map[*Buffer][]float32
	word  map[*Buffer][]int32
	reals map[*Reg][]float32
	words map[*Reg][]int32
	masks map[*Reg][]bool
	vars  map[*Var]*int
	// scalars are those given for the function's own.
	scalars map[*Scalar]*Scalar
	body    []code
}

func newMachine(s Step, mem *Memory) *machine {
	f := s.Func
	m := &machine{
		fn: f, mem: mem,
		real: map[*Buffer][]float32{}, word: map[*Buffer][]int32{},
		reals: map[*Reg][]float32{}, words: map[*Reg][]int32{}, masks: map[*Reg][]bool{},
		vars: map[*Var]*int{}, scalars: map[*Scalar]*Scalar{},
	}
	given := s.Arguments()
	for i, b := range f.Buffers {
		m.bind(b, given.Buffers[i], mem)
	}
	for i, x := range f.Scalars {
		m.scalars[x] = given.Scalars[i]
	}
	frame := NewMemory()
	for _, b := range f.Frame {
		frame.Add(b)
		m.bind(b, b, frame)
	}
	m.body = m.compile(f.Body)
	return m
}

// bind makes the memory of a given root that of b. A workspace field may be larger,
// because programs of several targets share it.
func (m *machine) bind(b, given *Buffer, mem *Memory) {
	m.real[b], m.word[b] = mem.F32[given.Name], mem.I32[given.Name]
	n := len(m.real[b])
	if b.Elem == I32 {
		n = len(m.word[b])
	}
	if n < b.Size() || n > b.Size() && given.Place != Workspace {
		panic(fault{fmt.Errorf("ir: %s: the memory of %s%v has %d elements", m.fn.Name, b.Name, b.Shape, n)})
	}
}

// call runs the function once.
func (m *machine) call(block int) {
	for _, b := range m.fn.Frame {
		Poison(m.real[b], m.word[b])
	}
	if m.fn.Block != nil {
		*m.slot(m.fn.Block) = block
	}
	for _, c := range m.body {
		c()
	}
}

// slot is where the value of x lives.
func (m *machine) slot(x *Var) *int {
	if m.vars[x] == nil {
		m.vars[x] = new(int)
	}
	return m.vars[x]
}

func lanesOf[T any](file map[*Reg][]T, r *Reg, lanes int) []T {
	if file[r] == nil {
		file[r] = make([]T, lanes)
	}
	return file[r]
}

func (m *machine) realReg(r *Reg) []float32 { return lanesOf(m.reals, r, m.fn.Lanes) }
func (m *machine) wordReg(r *Reg) []int32   { return lanesOf(m.words, r, m.fn.Lanes) }
func (m *machine) maskReg(r *Reg) []bool    { return lanesOf(m.masks, r, m.fn.Lanes) }

func (m *machine) compile(body []Stmt) []code {
	out := make([]code, len(body))
	for i, s := range body {
		switch s := s.(type) {
		case *Loop:
			out[i] = m.loop(s)
		case *Assign:
			out[i] = m.assign(s)
		case *Load:
			out[i] = m.load(s)
		case *Store:
			out[i] = m.store(s)
		case *LoadIndex:
			at, src, dst := m.place(s.Mem, 1, s), m.word[s.Mem.Buf.Root()], m.slot(s.Dst)
			out[i] = func() { *dst = int(src[at()]) }
		case *Transpose:
			out[i] = m.transpose(s)
		case *Move:
			out[i] = m.move(s)
		case *Prefetch:
			out[i] = func() {}
		default:
			panic(fmt.Sprintf("ir: run of %T", s))
		}
	}
	return out
}

func (m *machine) loop(l *Loop) code {
	counter, body, count := m.slot(l.Var), m.compile(l.Body), l.Count
	return func() {
		for i := 0; i < count; i++ {
			*counter = i
			for _, c := range body {
				c()
			}
		}
	}
}

func (m *machine) load(s *Load) code {
	at, n, root := m.place(s.Mem, s.Lanes, s), s.Lanes, s.Mem.Buf.Root()
	if root.Elem == I32 {
		return loader(at, m.word[root], m.wordReg(s.Dst), n, s.Broadcast)
	}
	return loader(at, m.real[root], m.realReg(s.Dst), n, s.Broadcast)
}

func loader[T float32 | int32](at func() int, src, dst []T, n int, broadcast bool) code {
	if broadcast {
		return func() {
			x := src[at()]
			for i := range dst {
				dst[i] = x
			}
		}
	}
	return func() {
		from := at()
		copy(dst, src[from:from+n])
		clear(dst[n:])
	}
}

func (m *machine) store(s *Store) code {
	at, n, root := m.place(s.Mem, s.Lanes, s), s.Lanes, s.Mem.Buf.Root()
	if root.Elem == I32 {
		src, dst := m.wordReg(s.Src), m.word[root]
		return func() { copy(dst[at():], src[:n]) }
	}
	src, dst := m.realReg(s.Src), m.real[root]
	return func() { copy(dst[at():], src[:n]) }
}

func (m *machine) move(s *Move) code {
	to, dst, n := m.place(s.Dst, s.Count, s), m.real[s.Dst.Buf.Root()], s.Count
	if s.Src == nil {
		return func() { clear(dst[to():][:n]) }
	}
	from, src := m.place(*s.Src, n, s), m.real[s.Src.Buf.Root()]
	return func() { copy(dst[to():], src[from():][:n]) }
}

func (m *machine) transpose(s *Transpose) code {
	// What is beyond the rows shows what uses a lane that has any value.
	if s.Src[0].Kind == Word {
		return exchange(s, m.fn.Lanes, m.wordReg, math.MinInt32)
	}
	return exchange(s, m.fn.Lanes, m.realReg, float32(math.NaN()))
}

// exchange is transpose for registers of one kind.
func exchange[T any](s *Transpose, n int, reg func(*Reg) []T, unknown T) code {
	var src, dst [][]T
	for _, r := range s.Src {
		src = append(src, reg(r))
	}
	for _, r := range s.Dst {
		dst = append(dst, reg(r))
	}
	old := make([]T, n*n)
	for i := range old {
		old[i] = unknown
	}
	return func() {
		for i, r := range src {
			copy(old[i*n:], r)
		}
		for i, r := range dst {
			for j := range r {
				r[j] = old[j*n+i]
			}
		}
	}
}

// value compiles a subscript.
func (m *machine) value(s Sub) func() int {
	slots := make([]*int, len(s.Terms))
	for i, t := range s.Terms {
		slots[i] = m.slot(t.Var)
	}
	c, terms := s.Const, s.Terms
	switch len(terms) {
	case 0:
		return func() int { return c }
	case 1:
		k, x := terms[0].Coef, slots[0]
		return func() int { return c + k**x }
	}
	return func() int {
		v := c
		for i, t := range terms {
			v += t.Coef * *slots[i]
		}
		return v
	}
}

// place compiles the offset of n elements at mem in its root, checked.
func (m *machine) place(mem Mem, n int, s Stmt) func() int {
	shape, size := mem.Buf.Shape, mem.Buf.Size()
	subs := make([]func() int, len(mem.Subs))
	for d, sub := range mem.Subs {
		subs[d] = m.value(sub)
	}
	if _, bound := m.real[mem.Buf.Root()]; !bound {
		panic(fmt.Sprintf("ir: %s is no parameter of %s", mem.Buf.Root().Name, m.fn.Name))
	}
	return func() int {
		flat := 0
		for d, sub := range subs {
			v := sub()
			if v < 0 || v >= shape[d] {
				panic(fault{fmt.Errorf("ir: %s: %s: subscript %d is %d", m.fn.Name, Line(s), d, v)})
			}
			flat = flat*shape[d] + v
		}
		if flat+n > size {
			panic(fault{fmt.Errorf("ir: %s: %s: elements %d..%d of %d", m.fn.Name, Line(s), flat, flat+n-1, size)})
		}
		return flat
	}
}

// scalar is the value of a Scalar without a Key.
func (m *machine) scalar(s *Scalar) float32 {
	s = m.scalars[s]
	v, ok := m.mem.Scalars[s.Name]
	if !ok {
		panic(fault{fmt.Errorf("ir: %s: scalar %s has no value", m.fn.Name, s.Name)})
	}
	return v
}

// key is the value of a Scalar with a Key.
func (m *machine) key(s *Scalar) int32 {
	s = m.scalars[s]
	seed := s.Plus
	if s.Seed != nil {
		v, ok := m.mem.Seeds[s.Seed.Name]
		if !ok {
			panic(fault{fmt.Errorf("ir: %s: seed %s has no value", m.fn.Name, s.Seed.Name)})
		}
		seed += v
	}
	if s.Key == WordKey {
		return int32(seed)
	}
	a, b := SeedKeys(seed)
	if s.Key == 2 {
		a = b
	}
	return int32(a)
}
