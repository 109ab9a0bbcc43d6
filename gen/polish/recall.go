package polish

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// recall replaces loads of what has just been stored by the registers that hold it:
// where a load takes a part of what several stores wrote, it has to wait until they
// reach the cache. It drops stores to the frame that nothing reads any more.
func recall(f *ir.Func, registers int) {
	if f.Lanes == 1 {
		return
	}
	r := &recaller{lanes: f.Lanes, most: registers / 2, next: ir.LastReg(f.Body)}
	f.Body = r.straight(f.Body)
	read := map[*ir.Buffer]bool{}
	collectReads(f.Body, read)
	f.Body = dropUnread(f.Body, read)
}

// straight is a list of statements with what is recalled of it.
func (r *recaller) straight(body []ir.Stmt) []ir.Stmt {
	r.held, r.out = nil, nil
	for _, st := range body {
		r.statement(st)
	}
	return r.out
}

// recaller goes through the statements of a function outside of loops, or of the loop over
// steps.
type recaller struct {
	lanes int
	// most is how many vectors are remembered.
	most int
	next int
	out  []ir.Stmt
	held []heldVector
}

// heldVector says that n elements of a buffer are in the first lanes of a register.
type heldVector struct {
	buf   *ir.Buffer
	at, n int
	reg   *ir.Reg
}

// statement passes on a statement, a load perhaps as something else. A loop needs
// the registers for itself.
func (r *recaller) statement(st ir.Stmt) {
	switch st := st.(type) {
	case *ir.Load:
		if x := r.instead(st); x != nil {
			r.assign(st.Dst)
			r.out = append(r.out, x...)
			return
		}
		r.assign(st.Dst)
	case *ir.Assign:
		r.assign(st.Dst)
	case *ir.Transpose:
		for _, d := range st.Dst {
			r.assign(d)
		}
	case *ir.Store:
		r.store(st)
	case *ir.Loop, *ir.Move:
		r.held = nil
	}
	r.out = append(r.out, st)
}

// assign forgets what a register held.
func (r *recaller) assign(x *ir.Reg) {
	r.held = slices.DeleteFunc(r.held, func(h heldVector) bool { return h.reg == x })
}

// store notes what is stored, in place of what was there. Arguments may be one and
// the same array.
func (r *recaller) store(st *ir.Store) {
	at, buf := st.Mem.Flat(), st.Mem.Buf.Root()
	known := len(at.Terms) == 0
	r.held = slices.DeleteFunc(r.held, func(h heldVector) bool {
		if h.buf != buf {
			return h.buf.Place == ir.Arg && buf.Place == ir.Arg
		}
		return !known || h.at < at.Const+st.Lanes && at.Const < h.at+h.n
	})
	if known && st.Src.Kind == ir.Real && st.Lanes > 1 {
		r.held = append(r.held, heldVector{buf, at.Const, st.Lanes, st.Src})
	}
	if most := r.most; len(r.held) > most {
		r.held = slices.Delete(r.held, 0, len(r.held)-most)
	}
}

// instead is what makes the lanes of a load of held elements, nil where not all are.
func (r *recaller) instead(ld *ir.Load) []ir.Stmt {
	at := ld.Mem.Flat()
	if len(at.Terms) > 0 || ld.Broadcast || ld.Lanes == 1 || ld.Dst.Kind != ir.Real {
		return nil
	}
	low := r.holding(ld.Mem.Buf.Root(), at.Const)
	if low == nil {
		return nil
	}
	high, first := low, at.Const-low.at
	if low.at+low.n < at.Const+ld.Lanes {
		high = r.holding(low.buf, low.at+r.lanes)
		if low.n < r.lanes || high == nil || high.at != low.at+r.lanes || high.at+high.n < at.Const+ld.Lanes {
			return nil
		}
	}
	x := &ir.Assign{Dst: ld.Dst, Op: ir.Align, Args: []*ir.Reg{low.reg, high.reg}, Word: int32(first)}
	if first == 0 {
		x = &ir.Assign{Dst: ld.Dst, Op: ir.Copy, Args: []*ir.Reg{low.reg}}
	}
	if ld.Lanes == r.lanes {
		return []ir.Stmt{x}
	}
	x.Dst = r.fresh(ir.Real)
	mask, zero := r.fresh(ir.Mask), r.fresh(ir.Real)
	return []ir.Stmt{x,
		&ir.Assign{Dst: mask, Op: ir.LaneMask, Word: int32(ld.Lanes)},
		&ir.Assign{Dst: zero, Op: ir.Const},
		&ir.Assign{Dst: ld.Dst, Op: ir.Select, Args: []*ir.Reg{mask, x.Dst, zero}},
	}
}

// holding is the vector that holds an element of a buffer, nil where none does.
func (r *recaller) holding(b *ir.Buffer, at int) *heldVector {
	i := slices.IndexFunc(r.held, func(h heldVector) bool { return h.buf == b && h.at <= at && at < h.at+h.n })
	if i < 0 {
		return nil
	}
	return &r.held[i]
}

func (r *recaller) fresh(k ir.Kind) *ir.Reg {
	r.next++
	return &ir.Reg{ID: r.next, Kind: k}
}

// dropUnread is a body without the stores to buffers of the frame that nothing reads.
func dropUnread(body []ir.Stmt, read map[*ir.Buffer]bool) []ir.Stmt {
	return slices.DeleteFunc(body, func(st ir.Stmt) bool {
		switch st := st.(type) {
		case *ir.Loop:
			st.Body = dropUnread(st.Body, read)
		case *ir.Store:
			return st.Mem.Buf.Root().Place == ir.Frame && !read[st.Mem.Buf.Root()]
		}
		return false
	})
}

// collectReads finds the buffers that statements read.
func collectReads(body []ir.Stmt, read map[*ir.Buffer]bool) {
	for _, st := range body {
		if l, ok := st.(*ir.Loop); ok {
			collectReads(l.Body, read)
		}
		if m, _ := ir.Read(st); m != nil {
			read[m.Buf.Root()] = true
		}
	}
}
