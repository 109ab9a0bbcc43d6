package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// spaced reports whether vectors along v take every other element of rows of m.
func spaced(m *ir.Mem, v *ir.Var) bool {
	return stride(m, v) == 2 && lastDim(m, v) && m.Buf.Elem == ir.F32
}

// spacedLoads is how much longer a spaced vector takes to load than another one.
const spacedLoads = 3

// loadSpaced is every other element from a place on, for n lanes; the lanes beyond
// are 0. Nothing is read after the last of the elements.
func (e *emitter) loadSpaced(m ir.Mem, n int) *ir.Reg {
	lanes := e.t.Lanes
	from := func(first, n int) *ir.Reg {
		at := ir.Mem{Buf: m.Buf, Subs: slices.Clone(m.Subs)}
		last := innermost(&at)
		at.Subs[last] = at.Subs[last].Add(ir.Sub{Const: first}, 1)
		r, _ := e.loaded(at, ir.Real, vector, n)
		return r
	}
	// pick puts the elements of a part of the row that starts at first into the lanes
	// of the elements they are; zero is a lane of the part beyond its end.
	pick := func(r *ir.Reg, first, zero int) *ir.Reg {
		order := make([]int, lanes)
		for j := range order {
			if order[j] = zero; j < n && 2*j >= first && 2*j-first < lanes {
				order[j] = 2*j - first
			}
		}
		return e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{r}, Order: order}, ir.Real)
	}
	size := 2*n - 1
	if size <= lanes {
		return pick(from(0, size), 0, min(size, lanes-1))
	}
	low := pick(from(0, lanes), 0, 0)
	first, left := lanes, size-lanes
	if n == lanes {
		first, left = size-lanes, lanes // without a mask
	}
	high := pick(from(first, left), first, min(left, lanes-1))
	return e.do(ir.Select, e.op(&ir.Assign{Op: ir.LaneMask, Word: int32(lanes / 2)}, ir.Mask), low, high)
}
