// Package schedule makes loops fast: of what package reform makes of them, it decides what is
// fused, which index is the vector, how registers are tiled, what is unrolled and what is copied.
//
// What comes in: naive loops and a target. What goes out: kernels in which
// nothing is left to decide. What is promised: the kernels compute what the
// loops do, up to the order of sums and the rounding of fused multiplications;
// no call of a kernel runs much longer than Target.CallCycles, unless a single
// iteration of its outermost loop does; the decisions
// follow from loops, strides and counts alone, never from a layer's name.
package schedule

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/polish"
	"github.com/dlgen/dlgen/gen/reform"
)

// Target describes the machine that kernels are made for.
type Target struct {
	// Name distinguishes the functions of different targets.
	Name string
	// Lanes is the number of floats in a vector register.
	Lanes int
	// Registers is the number of vector registers.
	Registers int
	// Loads is how many vectors a core loads in a cycle beside multiplications.
	Loads float64
	// Latency is the cycles that a plan of rows counts for each term of a sum in
	// one register; the other targets do well without.
	Latency float64
	// Inline says that functions such as exp are expanded where they stand;
	// otherwise they stay calls.
	Inline bool
	// Wide says that there are the operations of sixteen lanes: ir.Scale and ir.InvRoot, and
	// those that take lanes from two vectors.
	Wide bool
	// First and Second are the bytes of the caches that one may count on.
	First, Second int
	// FrameBytes bounds the scratch on the stack of one kernel.
	FrameBytes int
	// Statements is how many one function of several groups may have: the Go
	// compiler takes more than proportionally longer for more.
	Statements int
	// CallCycles is how long one call may take.
	CallCycles float64
	// Windows is how many kinds of windows that are cut off at borders a loop may have: each
	// is code of its own, of which vectors need less.
	Windows int
}

// Portable is Go without assembly. AVX2 is x86 with AVX2 and FMA, AVX512 with
// AVX-512 (F, DQ, BW and VL).
var (
	Portable = Target{Name: "Go", Lanes: 1, Registers: 14, Loads: 2, First: 28 << 10, Second: 512 << 10, FrameBytes: 16 << 10, Statements: 2000, CallCycles: 1e18, Windows: 64}
	AVX2     = Target{Name: "AVX2", Lanes: 8, Registers: 16, Loads: 2, First: 28 << 10, Second: 512 << 10, Inline: true, FrameBytes: 96 << 10, Statements: 4000, CallCycles: 240e3, Windows: 600}
	AVX512   = Target{Name: "AVX512", Lanes: 16, Registers: 32, Loads: 1.05, Latency: 4, First: 28 << 10, Second: 512 << 10, Inline: true, Wide: true, FrameBytes: 96 << 10, Statements: 4000, CallCycles: 240e3, Windows: 600}
)

// machine is what the target has for the lanes of a function.
func (t Target) machine() polish.Machine { return polish.Machine{Registers: t.Registers, Wide: t.Wide} }

// side is how many blocks of an axis a tile holds at most.
func (t Target) side() int { return max(12, t.Registers-4) }

// Run schedules one pass.
func Run(l *ir.Loops, t Target) *ir.Program {
	l = naive.Cloned(l)
	l = reform.Run(l, reform.Vectors{Lanes: t.Lanes, Exchanges: t.Wide})
	l = stream(deviations(gatherAhead(l, t), t), t)
	own := shrinkSteps(l)
	groups := fuse(l, t)
	for _, g := range groups {
		g.formPasses()
		g.sortSums() // before it is decided what the passes keep to themselves
	}
	place(groups, own)
	s := &scheduler{target: t, loops: l}
	groups = planned(groups, t)
	namePanels(groups, t)
	s.emit(groups)
	p := &ir.Program{Name: l.Name, Lanes: t.Lanes, Args: l.Args, Scalars: l.Scalars, Steps: s.steps}
	p.Workspace = usedWorkspace(s.steps)
	ir.Share(p)
	for i, f := range p.Funcs() {
		f.Name = fmt.Sprintf("%s%d%s", p.Name, i, t.Name)
	}
	return p
}
