package polish

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// shareLanes computes once what a function computes for several rows side by side, each in
// all lanes: their sums, maxima and the like go into the lanes of one register, and
// so does what follows from these alone. Each row gets its lane back where it needs it
// in all lanes.
func shareLanes(f *ir.Func) {
	if f.Lanes == 1 {
		return
	}
	for _, ops := range []map[ir.Op]bool{bitwise, lanewise} {
		a := &laneSharing{registers: newRegisters(f.Body), next: ir.LastReg(f.Body), in: map[*ir.Reg]lane{}, ops: ops}
		if body := a.within(withLoops(f.Body), f.Lanes); !a.torn {
			f.Body = withoutIdle(body, newRegisters(body).uses)
			return
		}
	}
}

// withLoops is a body with loops of its own.
func withLoops(body []ir.Stmt) []ir.Stmt {
	out := slices.Clone(body)
	for i, st := range out {
		if l, ok := st.(*ir.Loop); ok {
			c := *l
			c.Body = withLoops(l.Body)
			out[i] = &c
		}
	}
	return out
}

// withoutIdle leaves out constants that nothing reads, as those of rows that share another's.
func withoutIdle(body []ir.Stmt, uses map[*ir.Reg]int) []ir.Stmt {
	return slices.DeleteFunc(body, func(st ir.Stmt) bool {
		switch st := st.(type) {
		case *ir.Loop:
			st.Body = withoutIdle(st.Body, uses)
		case *ir.Assign:
			return (st.Op == ir.Const || st.Op == ir.ConstWord) && uses[st.Dst] == 0
		}
		return false
	})
}

// mostRows is how many rows share a register: as many as a quarter of it has lanes, so
// that all quarters are the same.
const mostRows = 4

// laneSharing is what is known of a function.
type laneSharing struct {
	*registers
	next int
	// in says where what a register held is now.
	in map[*ir.Reg]lane
	// ops are the operations to share; torn says that a row needs what is no real number apart.
	ops  map[ir.Op]bool
	torn bool
}

// lane is one of a row's, for which packed is computed.
type lane struct {
	packed *sharedLanes
	k      int
}

// sharedLanes is a register with the values of several rows.
type sharedLanes struct {
	reg  *ir.Reg
	rows []*ir.Reg
}

// within packs what is alike in a list of statements and in the loops of it.
func (a *laneSharing) within(body []ir.Stmt, lanes int) []ir.Stmt {
	p := &laneBlock{laneSharing: a, body: body, instead: map[int][]ir.Stmt{}, lanes: lanes}
	for i, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			st.Body = a.within(st.Body, lanes)
		case *ir.Assign:
			if isHorizontal(st) {
				p.horizontals(i)
			} else {
				p.follow(i)
			}
		case *ir.Store:
			p.store(i)
		}
	}
	return p.statements()
}

// laneBlock is the work on one list of statements.
type laneBlock struct {
	*laneSharing
	body  []ir.Stmt
	lanes int
	// instead has what stands for a statement now: nothing for one that is a part of another.
	instead map[int][]ir.Stmt
	packs   []placed
}

// placed is a packed register and where the statement that computes it stands.
type placed struct {
	*sharedLanes
	at int
}

// assign is the statement at a place that nothing has been made of yet, nil for
// another one; it must be the only one that assigns to its register.
func (p *laneBlock) assign(i int) *ir.Assign {
	x, ok := p.body[i].(*ir.Assign)
	if _, done := p.instead[i]; done || !ok || p.defs[x.Dst] != 1 {
		return nil
	}
	return x
}

// horizontals packs the one at i with those like it that follow before anything needs
// them.
func (p *laneBlock) horizontals(i int) {
	first := p.assign(i)
	if first == nil {
		return
	}
	places, args := []int{i}, []*ir.Reg{first.Args[0]}
	rows := []*ir.Reg{first.Dst}
	for j := i + 1; j < len(p.body) && len(places) < mostRows; j++ {
		st := p.body[j]
		if x := p.assign(j); x != nil && isHorizontal(st) && x.Op == first.Op {
			places, args, rows = append(places, j), append(args, x.Args[0]), append(rows, x.Dst)
			continue
		}
		if !plain(st) || meet(ir.Assigned(st), args) || meet(ir.Operands(st), rows) {
			break
		}
	}
	if len(rows) == 1 {
		return
	}
	for _, r := range args {
		p.uses[r]--
	}
	n := len(args)
	if n == 3 {
		args = append(args, args[2])
	}
	p.pack(places, places[n-1], &ir.Assign{Op: first.Op, Args: args}, rows)
}

// plain reports whether a statement does no more than load, compute or store.
func plain(st ir.Stmt) bool {
	switch st.(type) {
	case *ir.Load, *ir.Assign, *ir.Store:
		return true
	}
	return false
}

// meet reports whether the lists have a register in common.
func meet(a, b []*ir.Reg) bool {
	return slices.ContainsFunc(a, func(r *ir.Reg) bool { return slices.Contains(b, r) })
}

// pack puts x at a place, instead of the statements that computed the rows.
func (p *laneBlock) pack(places []int, at int, x *ir.Assign, rows []*ir.Reg) {
	p.next++
	x.Dst = &ir.Reg{ID: p.next, Kind: rows[0].Kind}
	for _, i := range places {
		p.instead[i] = nil
	}
	p.instead[at] = []ir.Stmt{x}
	pk := &sharedLanes{x.Dst, rows}
	for k, r := range rows {
		p.in[r] = lane{pk, k}
	}
	p.packs = append(p.packs, placed{pk, at})
}

// follow packs the operation at i with those like it, if it is one on the first row of what
// is packed.
func (p *laneBlock) follow(i int) {
	first := p.assign(i)
	if first == nil || !p.ops[first.Op] {
		return
	}
	pk := p.packedOf(first.Args)
	if pk == nil {
		return
	}
	places, rows := []int{i}, []*ir.Reg{first.Dst}
	for j := i + 1; j < len(p.body) && len(rows) < len(pk.rows); j++ {
		if x := p.assign(j); x != nil && p.like(first, x, len(rows), len(pk.rows)) {
			places, rows = append(places, j), append(rows, x.Dst)
		}
	}
	if len(rows) < len(pk.rows) || !p.like(first, first, 0, len(rows)) {
		return
	}
	args := slices.Clone(first.Args)
	for n, r := range args {
		if l := p.in[r]; l.packed != nil {
			args[n] = l.packed.reg
			for _, r := range l.packed.rows {
				p.uses[r]--
			}
		}
	}
	x := *first
	x.Args = args
	p.pack(places, i, &x, rows)
}

// packedOf is the packed register whose first row is among the operands.
func (p *laneBlock) packedOf(args []*ir.Reg) *sharedLanes {
	for _, r := range args {
		if l := p.in[r]; l.packed != nil && l.k == 0 {
			return l.packed
		}
	}
	return nil
}

// like reports whether x does for row k of n what first does for row 0.
func (p *laneBlock) like(first, x *ir.Assign, k, n int) bool {
	if x.Op != first.Op || x.Word != first.Word || x.Fn != first.Fn || (x.Table == nil) != (first.Table == nil) || x.Table != nil && *x.Table != *first.Table {
		return false
	}
	for i, r := range first.Args {
		l := p.in[r]
		switch {
		case l.packed == nil:
			if !p.alike(x.Args[i], r) || !p.isUniform(r) {
				return false
			}
		case l.k != 0 || len(l.packed.rows) != n || l.packed.rows[k] != x.Args[i]:
			return false
		}
	}
	return true
}

// store packs the store at i with those of the next rows, where they lie one behind the
// other and nothing between them uses memory.
func (p *laneBlock) store(i int) {
	first := p.body[i].(*ir.Store)
	if _, done := p.instead[i]; done || first.Lanes != 1 {
		return
	}
	l := p.in[first.Src]
	if l.packed == nil || l.k != 0 {
		return
	}
	places, at := []int{i}, first.Mem.Flat()
	for j := i + 1; j < len(p.body) && len(places) < len(l.packed.rows); j++ {
		switch st := p.body[j].(type) {
		case *ir.Assign:
		case *ir.Store:
			k := len(places)
			d := st.Mem.Flat().Add(at, -1)
			if st.Lanes != 1 || st.Src != l.packed.rows[k] || st.Mem.Buf != first.Mem.Buf || len(d.Terms) > 0 || d.Const != k {
				return
			}
			places = append(places, j)
		default:
			return
		}
	}
	if len(places) < len(l.packed.rows) {
		return
	}
	for k, j := range places {
		p.instead[j] = nil
		p.uses[l.packed.rows[k]]--
	}
	p.instead[i] = []ir.Stmt{&ir.Store{Mem: first.Mem, Src: l.packed.reg, Lanes: len(places)}}
}

// statements are what is left, with the rows taken apart behind what is packed where anything
// still reads them.
func (p *laneBlock) statements() []ir.Stmt {
	if len(p.instead) == 0 {
		return p.body
	}
	for _, pk := range p.packs {
		for k, r := range pk.rows {
			if p.uses[r] > 0 {
				p.torn = p.torn || r.Kind != ir.Real
				p.instead[pk.at] = append(p.instead[pk.at], &ir.Assign{Dst: r, Op: ir.Shuffle, Args: []*ir.Reg{pk.reg}, Order: inQuarters(k, p.lanes)})
			}
		}
	}
	var out []ir.Stmt
	for i, st := range p.body {
		if x, changed := p.instead[i]; changed {
			out = append(out, x...)
		} else {
			out = append(out, st)
		}
	}
	return out
}

// inQuarters is lane k of each quarter, in all its lanes.
func inQuarters(k, lanes int) []int {
	out := make([]int, lanes)
	for j := range out {
		out[j] = j - j%mostRows + k
	}
	return out
}
