package amd64

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// pointer is the state of a stream during emission. Its register (or slot)
// holds the logical address plus off: a pointer that a loop has moved is not
// moved back, its displacements account for it.
type pointer struct {
	r    reg.GPPhysical // nil: in the slot
	slot int            // offset in the frame, or none
	off  int
}

// where is the register or slot of a pointer.
func (e *emitter) where(p *pointer) operand.Op {
	if p.r != nil {
		return p.r
	}
	return e.slotOf(p)
}

// slotOf is the stack slot of p, made on first use.
func (e *emitter) slotOf(p *pointer) operand.Mem {
	if p.slot == None {
		p.slot = e.slots
		e.slots++
	}
	return e.word(p.slot)
}

// word is the address of the given 8-byte slot.
func (e *emitter) word(slot int) operand.Mem {
	return operand.NewStackAddr(e.k.spillBytes + 8*slot)
}

// pointer is the state of s.
func (e *emitter) pointer(s *stream) *pointer {
	if s.same != nil {
		s = s.same
	}
	p := e.pointers[s]
	if p == nil {
		p = &pointer{r: e.plan.at[s], slot: None}
		e.pointers[s] = p
	}
	return p
}

// setUp gives s its value at the start of all loops.
func (e *emitter) setUp(s *stream) {
	p := e.pointer(s)
	to := p.r
	if to == nil {
		to = reg.RAX
		e.forget(to)
	}
	switch {
	case s.root == nil:
		e.frameBase(to)
		e.addGiven(s.given, to)
	case len(s.given) > 0:
		e.counter(s.given[0], to)
		e.add(x86.ADDQ(e.k.buffers[s.root], to))
		e.addGiven(s.given[1:], to)
	default:
		e.add(x86.MOVQ(e.k.buffers[s.root], to))
	}
	if p.r == nil {
		e.add(x86.MOVQ(to, e.slotOf(p)))
	}
}

// frameBase is the start of the scratch area, rounded up to 64 bytes.
func (e *emitter) frameBase(to reg.GPPhysical) {
	e.frames = append(e.frames, e.add(x86.LEAQ(operand.NewStackAddr(0), to)))
	e.add(x86.ANDQ(operand.I8(-64), to))
}

// multiply sets to = from*n; to is not from.
func (e *emitter) multiply(n int, from operand.Op, to reg.GPPhysical) {
	if fits(n) {
		e.add(x86.MOVQ(from, to)) // vet does not know IMUL3Q's operand size
		e.add(x86.IMUL3Q(operand.I32(int32(n)), to, to))
		return
	}
	e.add(x86.MOVQ(operand.I64(int64(n)), to))
	e.add(x86.IMULQ(from, to))
}

// addGiven adds terms of the caller's loops to a pointer.
func (e *emitter) addGiven(terms []ir.SubTerm, to reg.GPPhysical) {
	for _, t := range terms {
		e.forget(reg.R14)
		e.counter(t, reg.R14)
		e.add(x86.ADDQ(reg.R14, to))
	}
}

// counter sets to = a term of a caller's loop, in bytes.
func (e *emitter) counter(t ir.SubTerm, to reg.GPPhysical) {
	n, from := 4*t.Coef, e.k.counters[t.Var]
	if fits(n) {
		// Not IMUL3Q from memory: vet takes its operand for a short one.
		e.add(x86.MOVQ(from, to))
		e.add(x86.IMUL3Q(operand.I32(int32(n)), to, to))
		return
	}
	e.multiply(n, from, to)
}

func fits(n int) bool { return math.MinInt32 <= n && n <= math.MaxInt32 }

// advance adds n bytes to a pointer.
func (e *emitter) advance(p *pointer, n int) {
	switch {
	case n == 0:
	case fits(n):
		e.add(x86.ADDQ(operand.I32(int32(n)), e.where(p)))
	default:
		e.forget(reg.RAX)
		e.add(x86.MOVQ(operand.I64(int64(n)), reg.RAX))
		e.add(x86.ADDQ(reg.RAX, e.where(p)))
	}
}

// address is where p is now.
func (e *emitter) address(p *Place) operand.Mem {
	switch p.kind {
	case inTable:
		return operand.NewDataAddr(operand.NewStaticSymbol(p.table.name), p.disp)
	case inSlot:
		return operand.NewStackAddr(p.disp)
	case inParam:
		return p.param
	}
	ptr := e.pointer(p.stream)
	disp := p.disp - ptr.off
	base := ptr.r
	if base == nil {
		base = e.fetch(p.stream)
	}
	if fits(disp) {
		return operand.Mem{Base: base, Disp: disp}
	}
	index := reg.GPPhysical(reg.RAX)
	if base == index {
		index = reg.R14
	}
	e.forget(index)
	e.add(x86.MOVQ(operand.I64(int64(disp)), index))
	return operand.Mem{Base: base, Index: index, Scale: 1}
}

// fetch loads a pointer from its slot, unless it has just been loaded.
func (e *emitter) fetch(s *stream) reg.GPPhysical {
	if s.same != nil {
		s = s.same
	}
	for r, held := range e.held {
		if held == s {
			return scratch[r]
		}
	}
	r := e.victim
	e.victim = (e.victim + 1) % len(scratch)
	e.held[r] = s
	e.add(x86.MOVQ(e.slotOf(e.pointer(s)), scratch[r]))
	return scratch[r]
}

var scratch = [...]reg.GPPhysical{reg.RAX, reg.R14}

// forget says that a scratch register is overwritten.
func (e *emitter) forget(r reg.GPPhysical) {
	for i := range scratch {
		if scratch[i] == r {
			e.held[i] = nil
		}
	}
}

// forgetAll is for the edges of loops, where other code may come from.
func (e *emitter) forgetAll() { e.held = [len(scratch)]*stream{} }

// index loads an index and derives the streams that depend on it.
func (e *emitter) index(at int, n *Node) {
	from := e.address(n.mem)
	e.forget(reg.RAX)
	e.add(x86.MOVLQSX(from, reg.RAX))
	if e.k.valued[n.v] {
		e.add(x86.MOVQ(reg.RAX, e.value(n.v)))
	}
	for _, d := range e.plan.derived[at] {
		e.derive(d, n.v)
	}
}

// value is the slot of an index.
func (e *emitter) value(v *ir.Var) operand.Mem {
	slot, ok := e.values[v]
	if !ok {
		slot = e.slots
		e.slots++
		e.values[v] = slot
	}
	return e.word(slot)
}

// derive sets d.s to its base plus its indices, of which v is in AX.
func (e *emitter) derive(d derivation, v *ir.Var) {
	p := e.pointer(d.s)
	to := p.r
	if to == nil {
		to = reg.R14
		e.forget(to)
	}
	e.multiply(4*d.s.coef(v), reg.RAX, to)
	p.off = 0
	if d.base == nil {
		e.add(x86.ADDQ(e.k.buffers[d.s.root], to))
	} else {
		b := e.pointer(d.base)
		p.off = b.off
		e.add(x86.ADDQ(e.where(b), to))
	}
	for _, t := range d.s.terms {
		if t.Var != v && e.k.indexed[t.Var] {
			e.multiply(4*t.Coef, e.value(t.Var), reg.RAX)
			e.add(x86.ADDQ(reg.RAX, to))
			e.add(x86.MOVQ(e.value(v), reg.RAX))
		}
	}
	if p.r == nil {
		e.add(x86.MOVQ(to, e.slotOf(p)))
	}
	for i := range e.held {
		if e.held[i] == d.s {
			e.held[i] = nil
		}
	}
}
