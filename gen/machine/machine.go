// Package machine describes what kernels are made for.
//
// What comes in: nothing. What goes out: targets, their registers, lanes and caches, and the
// bounds of what is emitted for them. What is promised: everything that depends on a machine
// follows from these numbers and those that are computed from them here.
package machine

import (
	"math/bits"

	"github.com/dlgen/dlgen/gen/naive"
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

// LineFloats is the number of floats in a cache line.
const LineFloats = 16

// Chains is how many independent computations have the registers to go on side
// by side: each step of one waits for the step before it, and a core looks only so
// far ahead for others.
func (t Target) Chains() int {
	if t.Lanes == 1 {
		return 1
	}
	return t.Registers / 8
}

// Pieces is the number of stores that a part of a vector takes: where there are no
// masks, those of 4, 2 and 1 lanes.
func (t Target) Pieces(lanes int) int {
	if t.Lanes > 8 {
		return min(lanes, 1)
	}
	return bits.OnesCount(uint(lanes))
}

// HeldRow is the number of vectors of a row that may stay in registers.
func (t Target) HeldRow() int { return t.Registers * 3 / 4 }

// The bytes a cycle that arrive from beyond the first and the second cache.
const (
	FromSecond = 40.0
	FromThird  = 12.0
)

// InOrder is the bytes a cycle that arrive from beyond the first cache where one comes
// after the other: more by whole lines.
func (t Target) InOrder() float64 {
	if t.Lanes < LineFloats {
		return FromSecond
	}
	return 1.3 * FromSecond
}

// longRowSteps is the number of steps from which on it is better to hold one row in
// registers than to go through two of them side by side.
const longRowSteps = 16

// RowsHeld is how many rows of that many vectors are taken at a time: four where the
// registers hold them, else two, of which the registers hold both or none.
func (t Target) RowsHeld(steps float64) int {
	held := float64(t.HeldRow())
	switch {
	case 4*steps <= held:
		return 4
	case steps >= longRowSteps && steps <= held && 2*steps > held:
		return 1
	}
	return 2
}

// Side is how many blocks of an axis a tile holds at most.
func (t Target) Side() int { return max(12, t.Registers-4) }

// StreamRows is the number of rows of a matrix that are added at a time: more without
// vectors, where it is the sum in memory that takes long, not the rows.
func (t Target) StreamRows() int {
	if t.Lanes == 1 {
		return 8
	}
	return 4
}

// MostSums is how many sums of a row a tile has at most, some of them in memory; with
// more of these the sum may as well go through memory.
func (t Target) MostSums() int { return min(2*t.Registers, 40) }

// HoldsRow reports whether registers hold the sums of a whole row.
func (t Target) HoldsRow(size int) bool { return naive.CeilDiv(size, t.Lanes) <= t.HeldRow() }
