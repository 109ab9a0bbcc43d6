// Package polish makes the statements of functions cheaper when their loops are decided.
//
// What comes in: functions as a schedule emits them. What goes out: the same functions
// with fewer statements, or faster ones. What is promised: they compute what they did, but
// for the rounding of roots; what goes on in memory stays in its order wherever one place
// may be another; no more vectors are kept than there are registers.
package polish

import "github.com/dlgen/dlgen/gen/ir"

// Machine is what there is for the lanes of a function.
type Machine struct {
	// Registers is the number of vector registers.
	Registers int
	// Wide says that there are the operations of sixteen lanes.
	Wide bool
}

// Func polishes a function.
func Func(f *ir.Func, m Machine) {
	shareLanes(f)
	keepSums(f, m.Registers)
	recall(f, m.Registers)
	dropCopies(f)
	if m.Wide {
		estimateRoots(f)
	}
}

// Steps is the loop l over the steps of a function with the given lanes, and what is done
// before it: what all steps have in common, and the values that go from one to the next
// in registers.
func Steps(l *ir.Loop, lanes int, m Machine) []ir.Stmt {
	most := m.Registers / 2
	c := &carrier{loop: l, lanes: lanes, next: ir.LastReg(l.Body), most: most}
	c.hoist()
	c.carry()
	if lanes > 1 {
		l.Body = (&recaller{lanes: lanes, most: most, next: c.next}).straight(l.Body)
	}
	return append(c.before, l)
}
