package polish

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// dropCopies makes what reads a copy of a register read that register, as long as neither
// changes, and drops the copies that nothing reads any more: the first terms of sums, and
// what is passed on instead of through memory.
func dropCopies(f *ir.Func) {
	d := &copyDropper{uses: newRegisters(f.Body).uses}
	f.Body = d.within(f.Body)
}

// copyDropper knows how often registers are read.
type copyDropper struct{ uses map[*ir.Reg]int }

// within is a list of statements without copies, and so are those in its loops.
func (d *copyDropper) within(body []ir.Stmt) []ir.Stmt {
	dropped := map[int]bool{}
	at, of := map[*ir.Reg]int{}, map[*ir.Reg]*ir.Reg{} // the copies at hand: where they are made, and of what
	to := map[*ir.Reg][]*ir.Reg{}
	for i, st := range body {
		if l, ok := st.(*ir.Loop); ok {
			l.Body = d.within(l.Body)
			clear(of)
			continue
		}
		if slices.ContainsFunc(ir.Operands(st), func(r *ir.Reg) bool { return of[r] != nil }) {
			st = d.reading(st, of)
			body[i] = st
		}
		for _, r := range ir.Assigned(st) {
			if of[r] != nil {
				dropped[at[r]] = true
			}
			delete(of, r)
			for _, c := range to[r] {
				if of[c] == r {
					delete(of, c)
				}
			}
			delete(to, r)
		}
		if x, ok := st.(*ir.Assign); ok && x.Op == ir.Copy && x.Dst != x.Args[0] {
			from := x.Args[0]
			at[x.Dst], of[x.Dst], to[from] = i, from, append(to[from], x.Dst)
		}
	}
	for i, st := range body {
		if x, ok := st.(*ir.Assign); ok && x.Op == ir.Copy && d.uses[x.Dst] == 0 {
			dropped[i] = true
		}
	}
	return without(body, dropped)
}

// reading is a statement that reads, in place of copies, what they are of.
func (d *copyDropper) reading(st ir.Stmt, of map[*ir.Reg]*ir.Reg) ir.Stmt {
	replaced := func(list []*ir.Reg) []*ir.Reg {
		out := slices.Clone(list)
		for k, r := range out {
			if from := of[r]; from != nil {
				d.uses[r]--
				d.uses[from]++
				out[k] = from
			}
		}
		return out
	}
	switch st := st.(type) {
	case *ir.Assign:
		c := *st
		c.Args = replaced(st.Args)
		return &c
	case *ir.Store:
		c := *st
		c.Src = replaced([]*ir.Reg{st.Src})[0]
		return &c
	case *ir.Transpose:
		if !distinct(st.Src, of) {
			return st
		}
		return &ir.Transpose{Dst: st.Dst, Src: replaced(st.Src)}
	}
	return st
}

// distinct reports whether no two registers of a list are the same, nor what they are copies of:
// exchanged rows are registers of their own.
func distinct(list []*ir.Reg, of map[*ir.Reg]*ir.Reg) bool {
	seen := map[*ir.Reg]bool{}
	for _, r := range list {
		if from := of[r]; from != nil {
			r = from
		}
		seen[r] = true
	}
	return len(seen) == len(list)
}

// without is a body without the statements at some places.
func without(body []ir.Stmt, dropped map[int]bool) []ir.Stmt {
	if len(dropped) == 0 {
		return body
	}
	var out []ir.Stmt
	for i, st := range body {
		if !dropped[i] {
			out = append(out, st)
		}
	}
	return out
}
