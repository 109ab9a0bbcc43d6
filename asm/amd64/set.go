package amd64

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/reg"
)

// Set is an instruction set: its registers, its instructions for the simple
// operations, and functions for what takes several.
type Set struct {
	Name string
	// Lanes is how many elements a vector register has.
	Lanes int
	// Vectors are the registers of reals and words, Masks those of masks: the
	// same, or a class of their own.
	Vectors, Masks *Class
	// Registers has the initial letters of the registers that may occur, and
	// Features what avo may find that the instructions need.
	Registers string
	Features  []string
	// Each says that an operand in memory can be one element for all lanes:
	// constants of that kind take four bytes.
	Each bool
	// Clear makes a vector register 0.
	Clear func(r reg.Physical) (*avo.Instruction, error)

	// Ops are the operations that one instruction computes, Shifts those by a
	// constant, Compare the comparison of reals.
	Ops     map[ir.Op]Choice
	Shifts  map[ir.Op]*Code
	Compare *Code
	// Broadcast puts an element of memory, BroadcastWord lane 0 of a register,
	// into all lanes.
	Broadcast, BroadcastWord *Code
	// Repeat load the given number of elements into all lanes, again and again.
	Repeat map[int]*Code
	// Prefetch asks for a cache line in the second cache, PrefetchSoon in the first one.
	Prefetch, PrefetchSoon *Code
	// MaskTable says that a mask's lanes are words in memory; otherwise they are bits.
	MaskTable bool

	// Special emits the operations that are not among those above, Load, Store
	// and Transpose the statements; a Load is not a broadcast.
	Special   func(s *Selection, a *ir.Assign)
	Load      func(s *Selection, dst *VReg, from *Place, lanes int)
	Store     func(s *Selection, src *VReg, to *Place, lanes int)
	Transpose func(s *Selection, st *ir.Transpose)
}

// Choice is an instruction for an operation.
type Choice struct {
	Code *Code
	Imm  int
}

// Class is a kind of register.
type Class struct {
	// First is the number of its first register among those of all classes.
	First int
	// Views are its registers, by the part that counts.
	Views [3][]reg.Physical
	// Bytes is the room of one in memory.
	Bytes int
	// Load, Store and Move work on whole registers.
	Load, Store, Move *Code
}

// View is a part of a register.
type View uint8

const (
	Whole View = iota
	X          // the lower 4 lanes
	Y          // the lower 8 lanes
)

// Views finds the registers from first to last of a family: whole ones of the
// given width, and the parts of them that there are.
func Views(kind reg.Kind, whole reg.Spec, first, last int) (views [3][]reg.Physical) {
	for i := first; i <= last; i++ {
		for view, spec := range [3]reg.Spec{Whole: whole, X: reg.S128, Y: reg.S256} {
			if r := reg.LookupPhysical(kind, reg.Index(i), spec); r != nil {
				views[view] = append(views[view], r)
			}
		}
	}
	return views
}

func (c *Class) count() int { return len(c.Views[Whole]) }

// registers is how many registers of any class there are.
func (s *Set) registers() int {
	return max(s.Vectors.First+s.Vectors.count(), s.Masks.First+s.Masks.count())
}

// class is that of registers of a kind.
func (s *Set) class(k ir.Kind) *Class {
	if k == ir.Mask {
		return s.Masks
	}
	return s.Vectors
}

// physical is the part of register n.
func (s *Set) physical(n int, view View) reg.Physical {
	for _, c := range []*Class{s.Vectors, s.Masks} {
		if i := n - c.First; i >= 0 && i < c.count() {
			return c.Views[view][i]
		}
	}
	panic(fmt.Sprintf("%s: there is no register %d", s.Name, n))
}
