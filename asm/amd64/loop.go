package amd64

import (
	"fmt"
	"strings"

	"github.com/dlgen/dlgen/gen/ir"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/x86"
)

// openLoop is a loop whose end has not been emitted.
type openLoop struct {
	label   string
	counter operand.Op
	// heads are the offsets of the carried pointers at the head.
	heads []int
	// visitors are the pointers that have a register for this loop only, and
	// offsets what to restore: their slots do not change.
	visitors []*pointer
	offsets  []int
}

// begin emits what precedes a loop, and its head.
func (e *emitter) begin(l *loop) {
	e.labels++
	o := &openLoop{label: label(l.v, e.labels)}
	for _, r := range e.plan.resident[l] {
		p := e.pointer(r.s)
		o.visitors, o.offsets = append(o.visitors, p), append(o.offsets, p.off)
		e.add(x86.MOVQ(e.slotOf(p), r.r))
		p.r = r.r
	}
	for _, m := range e.plan.carried[l] {
		o.heads = append(o.heads, e.pointer(m.s).off)
	}
	first := l.count
	if e.k.valued[l.v] {
		first = 0
	}
	// MOVL clears the upper half, and is shorter than MOVQ.
	if r := e.plan.counter[l]; r != nil {
		o.counter = r
		e.add(x86.MOVL(operand.I32(int32(first)), r.As32()))
	} else {
		o.counter = e.word(e.slots)
		e.slots++
		e.add(x86.MOVQ(operand.I32(int32(first)), o.counter))
	}
	if e.k.valued[l.v] {
		e.counters[l.v] = o.counter
	}
	e.forgetAll()
	if l.inner {
		e.fn.AddInstruction(&avo.Instruction{Opcode: "PCALIGN", Operands: []operand.Op{operand.U8(32)}})
	}
	e.fn.AddLabel(avo.Label(o.label))
	e.fn.AddComment(fmt.Sprintf("for %s < %d", l.v.Name, l.count))
	e.open = append(e.open, o)
}

// end moves the pointers to the next iteration and emits the branch. What an
// inner loop has added to a pointer is taken back in the same step.
func (e *emitter) end(l *loop) {
	o := e.open[len(e.open)-1]
	e.open = e.open[:len(e.open)-1]
	e.forgetAll()
	for i, m := range e.plan.carried[l] {
		p := e.pointer(m.s)
		e.advance(p, 4*m.coef+o.heads[i]-p.off)
		p.off = o.heads[i] + 4*m.coef*l.count
	}
	if e.k.valued[l.v] {
		e.add(x86.INCQ(o.counter))
		e.add(x86.CMPQ(o.counter, operand.I32(int32(l.count))))
		e.add(x86.JLT(operand.LabelRef(o.label)))
		delete(e.counters, l.v)
	} else {
		e.add(x86.DECQ(o.counter))
		e.add(x86.JNE(operand.LabelRef(o.label)))
	}
	e.forgetAll()
	for i, p := range o.visitors {
		p.r, p.off = nil, o.offsets[i]
	}
	for _, m := range e.plan.carried[l] {
		if p := e.pointer(m.s); p.off > maxOffset || p.off < -maxOffset {
			e.advance(p, -p.off)
			p.off = 0
		}
	}
}

// maxOffset is how far a pointer may be from its logical value, so that
// displacements stay within 32 bits.
const maxOffset = 1 << 30

// label names the head of the n-th loop.
func label(v *ir.Var, n int) string {
	var b strings.Builder
	for _, r := range v.Name {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			b.WriteRune(r)
		}
	}
	return fmt.Sprintf("loop_%s_%d", b.String(), n)
}
