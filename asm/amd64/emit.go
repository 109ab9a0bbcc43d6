package amd64

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// emitter turns nodes with registers into instructions.
type emitter struct {
	k        *function
	plan     *plan
	fn       *avo.Function
	pointers map[*stream]*pointer
	// slots counts the 8-byte stack slots after those of vector registers;
	// values are those of indices and of loop variables.
	slots  int
	values map[*ir.Var]int
	// held are the pointers in the scratch registers; victim is the next to go.
	held   [len(scratch)]*stream
	victim int
	// frames are the instructions that take the address of the scratch area.
	frames []*avo.Instruction
	open   []*openLoop
	labels int
	// counters are where the loop variables of open loops are, if their values are used.
	counters map[*ir.Var]operand.Op
}

// emit spells the nodes.
func (k *function) emit(fn *avo.Function) {
	e := &emitter{k: k, plan: k.planPointers(), fn: fn, pointers: map[*stream]*pointer{}, values: map[*ir.Var]int{},
		counters: map[*ir.Var]operand.Op{}}
	for i, n := range k.nodes {
		for _, s := range e.plan.begins[i] {
			e.setUp(s)
		}
		switch n.kind {
		case loopBegin:
			e.begin(n.loop)
		case loopEnd:
			e.end(n.loop)
		case loadIndex:
			e.index(i, n)
		case varValue:
			e.varValue(n)
		default:
			e.vector(n)
		}
	}
	e.add(x86.VZEROUPPER())
	e.add(x86.RET())
	at := k.spillBytes + 8*e.slots
	fn.LocalSize = at
	if len(e.frames) > 0 {
		fn.LocalSize += k.frameSize + 64
	}
	for _, i := range e.frames {
		i.Operands[0] = operand.NewStackAddr(at + 63)
	}
}

func (e *emitter) add(i *avo.Instruction, err error) *avo.Instruction {
	if err != nil {
		panic(fmt.Sprintf("%s: %s: instruction %d: %v", e.k.set.Name, e.k.f.Name, len(e.fn.Nodes), err))
	}
	e.fn.AddInstruction(i)
	return i
}

func (e *emitter) operand(s Ref) operand.Op {
	if s.Mem != nil {
		return e.address(s.Mem)
	}
	return e.k.physical(s)
}

// physical is the register of s.
func (k *function) physical(s Ref) reg.Physical { return k.set.physical(s.number(), s.View) }

// number is that of the register of s.
func (s Ref) number() int {
	if s.fixed != 0 {
		return s.fixed - 1
	}
	return s.V.reg
}

// result is the register that n writes.
func (n *Node) result() Ref {
	if n.to != 0 {
		return Ref{fixed: n.to}
	}
	return Ref{V: n.dst, View: n.View}
}

// vector emits an instruction on vectors.
func (e *emitter) vector(n *Node) {
	if n.code.Fused != nil {
		e.fused(n)
		return
	}
	if n.mem == nil {
		if d := n.result(); n.dst != nil && n.code == n.dst.class.Move && n.src[0].number() == d.number() && n.src[0].View == d.View {
			return
		}
		if n.code == e.k.set.Vectors.Load && e.k.constants.zero(n.src[0].Mem) {
			e.add(e.k.set.Clear(e.k.physical(n.result())))
			return
		}
	}
	var ops []operand.Op
	form := n.code.Make
	if n.imm != None {
		ops = append(ops, operand.U8(n.imm))
	}
	for i := len(n.src) - 1; i >= 0; i-- {
		if m := n.src[i].Mem; m != nil && m.each {
			form = n.code.Each
		}
		ops = append(ops, e.operand(n.src[i]))
	}
	if n.mem != nil {
		ops = append(ops, e.address(n.mem))
	} else {
		ops = append(ops, e.k.physical(n.result()))
	}
	e.add(form(ops...))
}

// fused emits a*b+c in the form that overwrites the operand which the
// destination shares a register with; a move is needed only where it shares none.
func (e *emitter) fused(n *Node) {
	forms, d := n.code.Fused, n.result()
	a, b, c := n.src[0], n.src[1], n.src[2]
	if a.Mem != nil {
		a, b = b, a
	}
	same := func(s Ref) bool { return s.Mem == nil && s.number() == d.number() }
	if b.Mem == nil && !same(a) && same(b) {
		a, b = b, a
	}
	to := e.k.physical(d)
	form := func(f Form, last, middle Ref) {
		if last.Mem != nil && last.Mem.each {
			f.Make = f.Each
		}
		e.add(f.Make(e.operand(last), e.operand(middle), to))
	}
	// Now only b or c is memory, and of a and b it is a that may be d.
	switch {
	case same(c):
		form(forms.F231, b, a)
	case same(a) && b.Mem != nil:
		form(forms.F132, b, c)
	case same(a):
		form(forms.F213, c, b)
	default:
		class := e.k.set.Vectors
		if c.Mem != nil {
			load := class.Load.Make
			if c.Mem.each {
				load = class.Load.Each
			}
			e.add(load(e.operand(c), to))
		} else {
			e.add(class.Move.Make(e.operand(c), to))
		}
		form(forms.F231, b, a)
	}
}

// varValue puts the value of a subscript into lane 0.
func (e *emitter) varValue(n *Node) {
	dst := e.k.physical(n.result())
	for i, t := range n.sub.Terms {
		to := scratch[min(i, 1)]
		e.forget(to)
		if at, given := e.k.counters[t.Var]; given {
			e.add(x86.MOVQ(at, to))
		} else {
			e.add(x86.MOVQ(e.variable(t.Var), to))
		}
		if t.Coef != 1 {
			e.add(x86.IMUL3L(operand.I32(int32(t.Coef)), to.As32(), to.As32()))
		}
		if i > 0 {
			e.add(x86.ADDL(to.As32(), reg.EAX))
		}
	}
	e.add(x86.VMOVD(reg.EAX, dst))
}

// variable is where the value of v is.
func (e *emitter) variable(v *ir.Var) operand.Op {
	if c, ok := e.counters[v]; ok {
		return c
	}
	return e.value(v)
}
