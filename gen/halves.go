package gen

import (
	"math"
	"math/bits"

	"github.com/dlgen/dlgen/gen/golang"
	"github.com/dlgen/dlgen/gen/ir"
)

// halfLanes is the number of lanes that a core computes at a time which has longer
// vectors but takes them in halves.
const halfLanes = 8

// worthwhileInHalves reports whether v takes hardly more time than other where
// vectors longer than halfLanes are taken in halves: fewer instructions may make up
// for a little, not for vectors that are half empty.
func worthwhileInHalves(v, other golang.Vector) bool {
	return working(v, halfLanes) < 1.07*working(other, halfLanes)
}

// working is the time in cycles that a layer takes where the units of a core are
// so many lanes wide and memory never makes it wait.
func working(v golang.Vector, unit int) float64 {
	sum := 0.0
	for _, p := range v.Programs {
		for _, s := range p.Steps {
			sum += s.Calls() * busy(s.Func.Body, s.Func.Lanes, unit)
		}
	}
	return sum
}

// busy is the time of statements, loops included: what a core does in a cycle is two
// operations of unit lanes, two loads, one exchange of lanes, one store, and
// five instructions of any kind and width.
func busy(body []ir.Stmt, lanes, unit int) float64 {
	s := slots{unit: unit, instructions: 1}
	inner := 0.0
	for _, st := range body {
		if l, ok := st.(*ir.Loop); ok {
			inner += float64(l.Count) * busy(l.Body, lanes, unit)
		} else {
			s.add(st, lanes)
		}
	}
	return inner + max((s.operations+s.swaps)/2, s.swaps, s.loads/2, s.stores, s.instructions/5)
}

// slots is what statements take of each part of a core.
type slots struct {
	unit                                           int
	operations, swaps, loads, stores, instructions float64
}

// add counts a statement. An operation takes whole vectors, however many of their
// lanes count; a load or store only what it moves.
func (s *slots) add(st ir.Stmt, lanes int) {
	parts := float64(max(1, lanes/s.unit))
	s.instructions++
	switch st := st.(type) {
	case *ir.Load:
		s.loads += math.Ceil(float64(st.Lanes) / float64(s.unit))
	case *ir.Store:
		s.stores += math.Ceil(float64(st.Lanes) / float64(s.unit))
	case *ir.Prefetch, *ir.LoadIndex:
		s.loads++
	case *ir.Transpose:
		rounds := float64(len(st.Src) * bits.Len(uint(lanes)-1))
		s.swaps += rounds * parts / 2
		s.instructions += rounds
	case *ir.Assign:
		s.assign(st, lanes, parts)
	}
}

// slowOperations is how many operations a division or a root takes the time of.
const slowOperations = 10

func (s *slots) assign(a *ir.Assign, lanes int, parts float64) {
	switch a.Op {
	case ir.Copy, ir.Const, ir.ConstWord, ir.Param, ir.KeyParam, ir.LaneMask:
	case ir.Div, ir.Sqrt:
		s.operations += slowOperations * parts
	case ir.HSum, ir.HProd, ir.HMax, ir.HMin:
		s.horizontal(a, lanes, parts)
	case ir.HSums:
		n := float64(len(a.Args))
		s.operations += n * parts
		s.swaps += n * parts
		s.instructions += 2 * n
	case ir.Shuffle, ir.Align, ir.Pick:
		s.swaps += parts
	default:
		s.operations += parts
	}
}

// horizontal counts the rounds in which lanes are combined.
func (s *slots) horizontal(a *ir.Assign, lanes int, parts float64) {
	extreme := a.Op == ir.HMax || a.Op == ir.HMin
	switch n := float64(len(a.Args)); {
	case n > 1: // each round but the last ones has half the registers of the one before
		rounds := n + float64(bits.Len(uint(lanes)/8))
		if extreme {
			s.operations += n * parts
			rounds *= 2
		}
		s.operations += rounds * parts
		s.swaps += 2 * rounds * parts
		s.instructions += 3 * rounds
	case extreme: // two rounds side by side, of fewer and fewer lanes
		rounds := float64(bits.Len(uint(lanes) - 1))
		s.operations += 2*rounds + 2*parts
		s.swaps += rounds
		s.instructions += 4*rounds + 3
	default:
		rounds := float64(bits.Len(uint(lanes) - 1))
		s.operations += rounds * parts
		s.swaps += rounds * parts / 2
		s.instructions += 2 * rounds
	}
}
