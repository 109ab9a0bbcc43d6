package emit

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// elementKey is under which name the elements of an access that stand at m are remembered:
// every other element is not what lies side by side from the same place on.
func (e *emitter) elementKey(of *ir.Mem, m ir.Mem, p at) string {
	md := e.mode(of, p)
	if md == vector {
		if k := naive.Spacing(of, p.vec); k > 0 {
			return fmt.Sprint("spaced", k) + e.loadKey(m, md, p.lanes)
		}
	}
	return e.loadKey(m, md, p.lanes)
}

// strip is the part of a row from which the elements k apart are taken, as vectors that
// begin at the given places; the elements are at offset, offset + k, and so on.
type strip struct {
	k, offset int
	parts     []*ir.Reg
	first     []int
	// full is the number of elements in the last part.
	full int
}

// loadSpaced is every k-th element from a place on, for n lanes; the lanes beyond
// are 0. Nothing is read after the last of the elements, or after the group of k that
// it is in.
func (e *emitter) loadSpaced(m ir.Mem, k, n int) *ir.Reg {
	lanes := e.t.Lanes
	if k == naive.Quad && n == lanes && inGroups(&m, k) {
		return e.loadQuads(m)
	}
	s := e.loadStrip(m, k, n)
	if k%2 == 1 && n == lanes && len(s.parts) == k && s.first[k-1] == (k-1)*lanes {
		return e.pickOdd(s)
	}
	part := func(j int) int { return min((k*j+s.offset)/lanes, len(s.parts)-1) }
	var out *ir.Reg
	for p := len(s.parts) - 1; p >= 0; p-- {
		order, end := make([]int, lanes), 0
		for j := range order {
			switch {
			case j >= n:
				order[j] = min(s.full, lanes-1) // beyond the end of the last part, if anything is
			case part(j) == p:
				order[j], end = k*j+s.offset-s.first[p], j+1
			}
		}
		picked := e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{s.parts[p]}, Order: order}, ir.Real)
		if out == nil {
			out = picked
		} else if end > 0 {
			out = e.do(ir.Select, e.firstLanes(end), picked, out)
		}
	}
	if n < lanes && s.full == lanes {
		out = e.do(ir.Select, e.firstLanes(n), out, e.real(0))
	}
	return out
}

// inGroups reports whether the row of m consists of groups of k and m stands at the same
// place in all of them.
func inGroups(m *ir.Mem, k int) bool {
	last := naive.Innermost(m)
	return m.Buf.Shape[last]%k == 0 && naive.CommonStep(m.Subs[last])%k == 0
}

// groupOf is the place of the group of k elements that m is in, and that of m in it.
func groupOf(m ir.Mem, k int) (group ir.Mem, offset int) {
	last := naive.Innermost(&m)
	offset = (m.Subs[last].Const%k + k) % k
	group = ir.Mem{Buf: m.Buf, Subs: slices.Clone(m.Subs)}
	group.Subs[last] = group.Subs[last].Add(ir.Sub{Const: 1}, -offset)
	return group, offset
}

// loadQuads is every fourth element for all lanes, from whole groups of four that are
// transposed, all four members at once.
func (e *emitter) loadQuads(m ir.Mem) *ir.Reg {
	group, offset := groupOf(m, naive.Quad)
	key := "quads" + e.loadKey(group, vector, e.t.Lanes)
	if dst, ok := e.lookup(key); ok {
		return dst.([]*ir.Reg)[offset]
	}
	src, dst := make([]*ir.Reg, e.t.Lanes), make([]*ir.Reg, naive.Quad)
	last := naive.Innermost(&group)
	for j := range src {
		row := ir.Mem{Buf: group.Buf, Subs: slices.Clone(group.Subs)}
		row.Subs[last] = row.Subs[last].Add(ir.Sub{Const: naive.Quad}, j)
		src[j] = e.loaded(row, ir.Real, vector, naive.Quad)
	}
	to := e.depth[src[0]]
	for c := range dst {
		dst[c] = e.scopes[to].b.Reg(ir.Real)
		e.depth[dst[c]] = to
	}
	e.scopes[to].b.Emit(&ir.Transpose{Dst: dst, Src: src})
	e.scopes[to].memo[key], e.loads[key] = dst, m.Buf
	return dst[offset]
}

// loadStrip loads what the elements are in. Where the row consists of groups of k, it
// begins with a group, so that the elements at other places in these are at hand too.
func (e *emitter) loadStrip(m ir.Mem, k, n int) strip {
	lanes, last := e.t.Lanes, naive.Innermost(&m)
	sub := m.Subs[last]
	s := strip{k: k}
	size := k*(n-1) + 1
	if inGroups(&m, k) {
		_, s.offset = groupOf(m, k)
		size = k * n
	}
	for first := 0; first < size; first += lanes {
		at, count := first, min(lanes, size-first)
		if n == lanes && count < lanes {
			at, count = size-lanes, lanes // without a mask
		}
		place := ir.Mem{Buf: m.Buf, Subs: slices.Clone(m.Subs)}
		place.Subs[last] = sub.Add(ir.Sub{Const: at - s.offset}, 1)
		r := e.loaded(place, ir.Real, vector, count)
		s.parts, s.first, s.full = append(s.parts, r), append(s.first, at), count
	}
	return s
}

// pickOdd is the elements of a strip of whole vectors, k apart where k is odd: no two of
// them stand in the same lane.
func (e *emitter) pickOdd(s strip) *ir.Reg {
	lanes := e.t.Lanes
	out := s.parts[0]
	for p := 1; p < s.k; p++ {
		out = e.do(ir.Select, e.lanesOf(s.k, s.offset-p*lanes), s.parts[p], out)
	}
	order := make([]int, lanes)
	for j := range order {
		order[j] = (s.k*j + s.offset) % lanes
	}
	return e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{out}, Order: order}, ir.Real)
}

// firstLanes is true in the first n lanes.
func (e *emitter) firstLanes(n int) *ir.Reg {
	return e.op(&ir.Assign{Op: ir.LaneMask, Word: int32(n)}, ir.Mask)
}

// lanesOf is true in the lanes whose numbers leave the same rest as r when divided by k.
func (e *emitter) lanesOf(k, r int) *ir.Reg {
	r = (r%k + k) % k
	order := make([]int, e.t.Lanes)
	for l := range order {
		if l%k != r {
			order[l] = 1
		}
	}
	first := e.do(ir.Select, e.firstLanes(1), e.real(1), e.real(0))
	return e.do(ir.LT, e.real(0), e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{first}, Order: order}, ir.Real))
}

// rowPart is what one of the stages of a row stores.
type rowPart struct {
	mem   ir.Mem
	reg   *ir.Reg
	lanes int
}

// storeInRow keeps what s stores until all stages of its row have their elements, and
// stores them in turns.
func (e *emitter) storeInRow(s *fuse.Stage, h rowPart) {
	e.parts[s] = h
	var row []rowPart
	for _, o := range s.Row {
		p, ok := e.parts[o]
		if !ok {
			return
		}
		row = append(row, p)
	}
	for _, o := range s.Row {
		delete(e.parts, o)
	}
	k, lanes := len(row), e.t.Lanes
	if k == naive.Quad && h.lanes == lanes && lanes < machine.LineFloats && distinctRegs(row) {
		e.storeQuads(row)
		return
	}
	for from := 0; from < k*h.lanes; from += lanes {
		var out *ir.Reg
		for c, p := range row {
			r := e.op(&ir.Assign{Op: ir.Shuffle, Args: []*ir.Reg{p.reg}, Order: spread(k, c, from, lanes)}, ir.Real)
			if out == nil {
				out = r
			} else {
				out = e.do(ir.Select, e.lanesOf(k, c-from), r, out)
			}
		}
		m := ir.Mem{Buf: row[0].mem.Buf, Subs: slices.Clone(row[0].mem.Subs)}
		last := len(m.Subs) - 1
		m.Subs[last] = m.Subs[last].Add(ir.Sub{Const: from}, 1)
		e.waiting = append(e.waiting, &ir.Store{Mem: m, Src: out, Lanes: min(lanes, k*h.lanes-from)})
	}
}

// distinctRegs reports whether no two stages of a row store the same.
func distinctRegs(row []rowPart) bool {
	seen := map[*ir.Reg]bool{}
	for _, p := range row {
		seen[p.reg] = true
	}
	return len(seen) == len(row)
}

// storeQuads stores the four members of groups of four for all lanes. Vectors as long as a
// cache line have too many quarters for that.
func (e *emitter) storeQuads(row []rowPart) {
	src, dst := make([]*ir.Reg, len(row)), make([]*ir.Reg, e.t.Lanes)
	for c, p := range row {
		src[c] = p.reg
	}
	for j := range dst {
		dst[j] = e.top().b.Reg(ir.Real)
		e.depth[dst[j]] = len(e.scopes) - 1
		m := ir.Mem{Buf: row[0].mem.Buf, Subs: slices.Clone(row[0].mem.Subs)}
		last := len(m.Subs) - 1
		m.Subs[last] = m.Subs[last].Add(ir.Sub{Const: naive.Quad}, j)
		e.waiting = append(e.waiting, &ir.Store{Mem: m, Src: dst[j], Lanes: naive.Quad})
	}
	e.top().b.Emit(&ir.Transpose{Dst: dst, Src: src})
}

// spread says which of a stage's elements, the c-th of each group of k, stands where in the
// vector that begins the given way into the groups. Where k is odd it is the same for all
// of these vectors, since no two elements need the same lane.
func spread(k, c, from, lanes int) []int {
	order := make([]int, lanes)
	if k%2 == 0 {
		for l := range order {
			order[l] = (from + l) / k
		}
		return order
	}
	for j := range order {
		order[(k*j+c)%lanes] = j
	}
	return order
}
