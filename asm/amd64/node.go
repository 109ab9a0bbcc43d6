package amd64

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/mmcloughlin/avo/operand"
)

// function is one kernel on its way to assembly.
type function struct {
	f   *ir.Func
	set *Set
	// constants are those of the file.
	constants *constants
	// nodes are the instructions in order; structure is in loopBegin and
	// loopEnd nodes.
	nodes []*Node
	// streams are the pointers, in order of first use.
	streams   []*stream
	streamKey map[string]*stream
	// single holds the variables of loops that run once, which are 0.
	single map[*ir.Var]bool
	// order numbers the variables; indexed marks those set by LoadIndex and
	// valued those whose value is used other than in an address.
	order   map[*ir.Var]int
	indexed map[*ir.Var]bool
	valued  map[*ir.Var]bool
	// frameAt are the offsets of the Frame buffers in the aligned area.
	frameAt   map[*ir.Buffer]int
	frameSize int
	// spillBytes is the room on the stack for spilled registers.
	spillBytes int
	vregs      int
	// params are the addresses of the parameters.
	buffers  map[*ir.Buffer]operand.Mem
	scalars  map[*ir.Scalar]operand.Mem
	counters map[*ir.Var]operand.Mem
}

// VReg is a register before allocation; reg is the number of the physical one.
type VReg struct {
	id    int
	class *Class
	reg   int
	// temp marks a register that spilling made; it is not spilled again.
	temp bool
	// live are the stretches of code in which the register holds a value that
	// is still needed, in order; from is the end of the one being scanned.
	live []stretch
	from int
	// cost counts uses and definitions, weighted by the loops around them.
	cost int64
	// near are registers with which to share a physical register if possible.
	near []*VReg
	// again recomputes the value anywhere, or is nil.
	again *Node
	// slot is where the value lives once spilled.
	slot    *Place
	spilled bool
}

// stretch is a range of positions, end excluded. Node i reads at 2i and
// writes at 2i+1.
type stretch struct{ begin, end int }

// Ref is a source operand: a register, a physical register, or memory.
type Ref struct {
	V   *VReg
	Mem *Place
	// View is the part of a register that counts.
	View View
	// fixed is a physical register plus one, or 0.
	fixed int
}

// placeKind says where memory is.
type placeKind uint8

const (
	inBuffer placeKind = iota
	inTable
	inSlot
	inParam
)

// Place is an address.
type Place struct {
	kind   placeKind
	stream *stream
	// disp is the byte offset from the stream, in the table or in the slots.
	disp int
	// table holds a constant, for registers of class.
	table *table
	class *Class
	// each says that every lane takes the one element here.
	each bool
	// lanes is how many elements are touched, for alias tests.
	lanes int
	param operand.Mem
}

type nodeKind uint8

const (
	vector    nodeKind = iota // code
	loopBegin                 // loop
	loopEnd                   // loop
	loadIndex                 // v = *mem
	varValue                  // dst = lane 0: sub
)

// Node is an instruction or a boundary of a loop.
type Node struct {
	kind nodeKind
	code *Code
	imm  int
	dst  *VReg
	// View is the part of dst that is written; the rest becomes zero.
	View View
	// to is the physical destination plus one of a hoisted constant, or 0.
	to  int
	src []Ref
	// mem is where a store goes or an index comes from.
	mem *Place
	// constant marks a load of a constant made for one use.
	constant bool
	loop     *loop
	v        *ir.Var
	sub      ir.Sub
}

// loop is a loop that runs at least twice.
type loop struct {
	v      *ir.Var
	count  int
	parent *loop
	// weight estimates how often the body runs.
	weight int64
	inner  bool
	// begin and end are the positions of its nodes, once known.
	begin, end int
}

func (l *loop) weighted() int64 {
	if l == nil {
		return 1
	}
	return l.weight
}

// encloses reports whether m is l or inside it; nil is the whole function.
func (l *loop) encloses(m *loop) bool {
	for ; m != nil; m = m.parent {
		if m == l {
			return true
		}
	}
	return l == nil
}

func (k *function) vreg(c *Class) *VReg {
	k.vregs++
	return &VReg{id: k.vregs, class: c, reg: None}
}

// Ref is all of v as an operand.
func (v *VReg) Ref() Ref { return Ref{V: v} }

// As is a part of v as an operand.
func (v *VReg) As(view View) Ref { return Ref{V: v, View: view} }

// Indexed reports whether the place is one that a loaded index names.
func (p *Place) Indexed() bool { return p.kind == inBuffer && p.stream.indexed }

// Part is the place of n elements from the element at on.
func (p *Place) Part(at, n int) *Place {
	q := *p
	q.disp, q.lanes = q.disp+4*at, n
	return &q
}
