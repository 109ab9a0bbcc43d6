package amd64

import (
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
)

// Make is a constructor of avo's.
type Make func(...operand.Op) (*avo.Instruction, error)

// Code is a vector instruction. Its operands are kept in Intel's order
// (destination first); the printed order is the reverse.
type Code struct {
	Make Make
	// Each is the form whose memory operand is one element for all lanes, or nil.
	Each Make
	// Fold is the source that may be a memory operand, or None, or AnySource.
	Fold int
	// Commutes says that the first two sources may change places.
	Commutes bool
	// Fused has the forms of a fused operation, in place of Make and Each.
	Fused *Fused
}

const (
	// None is the Fold of an instruction without a memory operand, and the
	// immediate of an instruction without one.
	None = -1
	// AnySource is the Fold of the fused operations.
	AnySource = -2
)

// Fused are the three instructions of a fused operation a*b+c, each of which
// overwrites a different one of its operands: the forms are named by the
// operand that the destination overwrites and the one that may be memory. The
// emitter picks one when registers are known.
type Fused struct{ F132, F213, F231 Form }

// Form is an instruction, with memory in all lanes or one element for all.
type Form struct{ Make, Each Make }

// One makes a Make of a constructor with one operand.
func One(f func(a operand.Op) (*avo.Instruction, error)) Make {
	return func(o ...operand.Op) (*avo.Instruction, error) { return f(o[0]) }
}

// Two is the same for two operands.
func Two(f func(a, b operand.Op) (*avo.Instruction, error)) Make {
	return func(o ...operand.Op) (*avo.Instruction, error) { return f(o[0], o[1]) }
}

// Three is the same for three operands.
func Three(f func(a, b, c operand.Op) (*avo.Instruction, error)) Make {
	return func(o ...operand.Op) (*avo.Instruction, error) { return f(o[0], o[1], o[2]) }
}

// Four is the same for four operands.
func Four(f func(a, b, c, d operand.Op) (*avo.Instruction, error)) Make {
	return func(o ...operand.Op) (*avo.Instruction, error) { return f(o[0], o[1], o[2], o[3]) }
}

// foldable reports whether source i of n may become a memory operand: its code
// allows it and no other operand is memory.
func (n *Node) foldable(i int) bool {
	if n.mem != nil {
		return false
	}
	for j, s := range n.src {
		if s.Mem != nil && j != i {
			return false
		}
	}
	return n.code != nil && (n.code.Fold == AnySource || n.code.Fold == i)
}

// reads reports whether c has a form for memory like p.
func (c *Code) reads(p *Place) bool {
	return !p.each || c.Each != nil || c.Fused != nil && c.Fused.F231.Each != nil
}
