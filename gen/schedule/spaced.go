package schedule

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// spaced reports whether vectors along v take every other element of rows of m.
func spaced(m *ir.Mem, v *ir.Var) bool {
	return stride(m, v) == 2 && lastDim(m, v) && m.Buf.Elem == ir.F32
}

// elementKey is under which name the elements of an access that stand at m are remembered:
// every other element is not what lies side by side from the same place on.
func (e *emitter) elementKey(of *ir.Mem, m ir.Mem, p at) string {
	md := e.mode(of, p)
	if md == vector && spaced(of, p.vec) {
		return "spaced" + e.loadKey(m, md, p.lanes)
	}
	return e.loadKey(m, md, p.lanes)
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

// pairTwins finds the stages of each pass that define two neighbours of every row
// element: every other element each, which go to memory together.
func (g *group) pairTwins() {
	for _, ps := range g.passes {
		for i, s := range ps.stages {
			if o := twinOf(ps.stages[i+1:], s.nest); s.twin == nil && o != nil && o.twin == nil {
				s.twin, o.twin = o, s
			}
		}
	}
}

// twinOf is the stage of the group that defines the elements beside those of n.
func (g *group) twinOf(n *ir.Nest) *stage { return twinOf(g.stages, n) }

func twinOf(stages []*stage, n *ir.Nest) *stage {
	i := slices.IndexFunc(stages, func(s *stage) bool { return besides(s.nest, n) || besides(n, s.nest) })
	if i < 0 {
		return nil
	}
	return stages[i]
}

// besides reports whether n defines the elements in front of those of o, of which none
// are left out.
func besides(n, o *ir.Nest) bool {
	last := len(n.Store.Subs) - 1
	if n.Accumulate || o.Accumulate || len(n.Reduce)+len(o.Reduce)+len(n.Only)+len(o.Only) > 0 || n.Store.Buf != o.Store.Buf || last < 0 {
		return false
	}
	for d := range n.Store.Subs {
		diff := o.Store.Subs[d].Add(n.Store.Subs[d], -1)
		if len(diff.Terms) > 0 || d < last && diff.Const != 0 || d == last && diff.Const != 1 {
			return false
		}
	}
	return true
}

// storesSpaced reports whether s stores every other element along v, and its twin the rest.
func (s *stage) storesSpaced(v *ir.Var) bool {
	return s.twin != nil && spaced(&s.nest.Store, v)
}

// halfPair is what one of two twins stores.
type halfPair struct {
	mem   ir.Mem
	reg   *ir.Reg
	lanes int
}

// storeTwin keeps what s stores until its twin has the other elements, and stores them in
// turns.
func (e *emitter) storeTwin(s *stage, h halfPair) {
	other, ok := e.twins[s.twin]
	if !ok {
		e.twins[s] = h
		return
	}
	delete(e.twins, s.twin)
	a, b := h, other
	if besides(s.twin.nest, s.nest) {
		a, b = b, a
	}
	lanes := e.t.Lanes
	numbers := e.leaf("lanes", &ir.Assign{Op: ir.Iota, Step: 1}, ir.Word, 0)
	word := func(w int32) *ir.Reg {
		return e.leaf(string(key('w', int(w))), &ir.Assign{Op: ir.ConstWord, Word: w}, ir.Word, 0)
	}
	even := e.do(ir.IEQ, e.do(ir.IAnd, numbers, word(1)), word(0))
	for from := 0; from < 2*h.lanes; from += lanes {
		order := make([]int, lanes)
		for j := range order {
			order[j] = (from + j) / 2
		}
		half := func(r *ir.Reg) *ir.Reg {
			return e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{r}, Order: order}, ir.Real)
		}
		m := ir.Mem{Buf: a.mem.Buf, Subs: slices.Clone(a.mem.Subs)}
		last := len(m.Subs) - 1
		m.Subs[last] = m.Subs[last].Add(ir.Sub{Const: from}, 1)
		e.waiting = append(e.waiting, &ir.Store{Mem: m, Src: e.do(ir.Select, even, half(a.reg), half(b.reg)), Lanes: min(lanes, 2*h.lanes-from)})
	}
}
