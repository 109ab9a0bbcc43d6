package avx2

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

var (
	ymm = [registers]reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15}
	xmm = [registers]reg.VecPhysical{reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
		reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15}
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
	at := 32*k.spills + 8*e.slots
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
		panic(fmt.Sprintf("avx2: %s: instruction %d: %v", e.k.f.Name, len(e.fn.Nodes), err))
	}
	e.fn.AddInstruction(i)
	return i
}

func (e *emitter) operand(s ref) operand.Op {
	if s.mem != nil {
		return e.address(s.mem)
	}
	return s.physical()
}

// physical is the register of s.
func (s ref) physical() reg.VecPhysical {
	r := s.fixed - 1
	if s.fixed == 0 {
		r = s.v.reg
	}
	if s.low {
		return xmm[r]
	}
	return ymm[r]
}

// result is the register that n writes.
func (n *node) result() reg.VecPhysical {
	if n.to != 0 {
		return ymm[n.to-1]
	}
	return ref{v: n.dst, low: n.low}.physical()
}

// vector emits an instruction on vectors.
func (e *emitter) vector(n *node) {
	if _, ok := fused[n.code]; ok {
		e.fused(n)
		return
	}
	if n.code == vmovaps && n.src[0].physical() == n.result() {
		return
	}
	if n.code == vmovups && n.mem == nil && e.k.vectors.zero(n.src[0].mem) {
		r := n.result()
		e.add(x86.VXORPS(r, r, r))
		return
	}
	var ops []operand.Op
	if n.imm != none {
		ops = append(ops, operand.U8(n.imm))
	}
	for i := len(n.src) - 1; i >= 0; i-- {
		ops = append(ops, e.operand(n.src[i]))
	}
	if n.mem != nil {
		ops = append(ops, e.address(n.mem))
	} else {
		ops = append(ops, n.result())
	}
	e.add(n.code.make(ops...))
}

// fused emits a*b+c in the form that overwrites the operand which the
// destination shares a register with; a move is needed only where it shares none.
func (e *emitter) fused(n *node) {
	forms, d := fused[n.code], n.result()
	a, b, c := n.src[0], n.src[1], n.src[2]
	if a.mem != nil {
		a, b = b, a
	}
	same := func(s ref) bool { return s.mem == nil && s.physical() == d }
	if b.mem == nil && !same(a) && same(b) {
		a, b = b, a
	}
	// Now only b or c is memory, and of a and b it is a that may be d.
	switch {
	case same(c):
		e.add(forms.f231(e.operand(b), e.operand(a), d))
	case same(a) && b.mem != nil:
		e.add(forms.f132(e.operand(b), e.operand(c), d))
	case same(a):
		e.add(forms.f213(e.operand(c), e.operand(b), d))
	default:
		if c.mem != nil {
			e.add(x86.VMOVUPS(e.operand(c), d))
		} else {
			e.add(x86.VMOVAPS(e.operand(c), d))
		}
		e.add(forms.f231(e.operand(b), e.operand(a), d))
	}
}

// varValue puts the value of a subscript into lane 0.
func (e *emitter) varValue(n *node) {
	dst := n.result()
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
