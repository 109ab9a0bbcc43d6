package polish

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// Restated is a copy of statements with a variable replaced.
func Restated(body []ir.Stmt, v *ir.Var, by ir.Sub) []ir.Stmt {
	var out []ir.Stmt
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			out = append(out, &ir.Loop{Var: st.Var, Count: st.Count, Body: Restated(st.Body, v, by)})
		case *ir.Assign:
			c := *st
			c.Sub = st.Sub.Replace(v, by)
			out = append(out, &c)
		case *ir.Load:
			c := *st
			c.Mem = st.Mem.Replace(v, by)
			out = append(out, &c)
		case *ir.Store:
			c := *st
			c.Mem = st.Mem.Replace(v, by)
			out = append(out, &c)
		case *ir.Move:
			c := *st
			c.Dst = st.Dst.Replace(v, by)
			if st.Src != nil {
				src := st.Src.Replace(v, by)
				c.Src = &src
			}
			out = append(out, &c)
		case *ir.LoadIndex:
			out = append(out, &ir.LoadIndex{Dst: st.Dst, Mem: st.Mem.Replace(v, by)})
		case *ir.Prefetch:
			out = append(out, &ir.Prefetch{Mem: st.Mem.Replace(v, by), Soon: st.Soon})
		default:
			out = append(out, st)
		}
	}
	return out
}

// carrier keeps in registers what a loop over steps would load again and again.
type carrier struct {
	loop   *ir.Loop
	before []ir.Stmt
	lanes  int
	next   int
	// most is how many vectors are kept.
	most int
}

func (c *carrier) fresh(k ir.Kind) *ir.Reg {
	c.next++
	return &ir.Reg{ID: c.next, Kind: k}
}

// hoist moves what is the same in all steps in front of the loop.
func (c *carrier) hoist() {
	defs, written := map[*ir.Reg]int{}, map[*ir.Buffer]bool{}
	variables := map[*ir.Var]bool{c.loop.Var: true}
	definitions(c.loop.Body, defs, written, variables)
	same := func(s ir.Sub) bool {
		return !slices.ContainsFunc(s.Terms, func(t ir.SubTerm) bool { return variables[t.Var] })
	}
	fixed := func(st ir.Stmt) bool {
		l, ok := st.(*ir.Load)
		return ok && same(l.Mem.Flat()) && !written[l.Mem.Buf.Root()]
	}
	few := count(c.loop.Body, fixed) <= c.most/2 // more are operands in memory, at no cost
	moved := map[*ir.Reg]bool{}
	var rest []ir.Stmt
	for _, st := range c.loop.Body {
		var to *ir.Reg
		switch st := st.(type) {
		case *ir.Assign:
			if same(st.Sub) && !slices.ContainsFunc(st.Args, func(r *ir.Reg) bool { return !moved[r] }) {
				to = st.Dst
			}
		case *ir.Load:
			if few && fixed(st) {
				to = st.Dst
			}
		}
		if to == nil || defs[to] > 1 {
			rest = append(rest, st)
			continue
		}
		moved[to] = true
		c.before = append(c.before, st)
	}
	c.loop.Body = rest
}

func count(body []ir.Stmt, is func(ir.Stmt) bool) int {
	n := 0
	for _, st := range body {
		if is(st) {
			n++
		}
	}
	return n
}

// definitions counts how often registers are assigned, and notes what is written and the
// variables that change.
func definitions(body []ir.Stmt, defs map[*ir.Reg]int, written map[*ir.Buffer]bool, variables map[*ir.Var]bool) {
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			variables[st.Var] = true
			definitions(st.Body, defs, written, variables)
		case *ir.LoadIndex:
			variables[st.Dst] = true
		}
		for _, r := range ir.Assigned(st) {
			defs[r]++
		}
		if m, _ := ir.Written(st); m != nil {
			written[m.Buf.Root()] = true
		}
	}
}

// carry passes what a step stores on to the next one that loads it: a load of what has
// just been stored in pieces waits until these have reached the cache.
func (c *carrier) carry() {
	defs, ids := map[*ir.Reg]int{}, map[*ir.Var]bool{}
	definitions(c.loop.Body, defs, map[*ir.Buffer]bool{}, ids)
	regs := newRegisters(slices.Concat(c.before, c.loop.Body))
	var updates []ir.Stmt
	for k, st := range c.loop.Body {
		l, ok := st.(*ir.Load)
		if !ok || defs[l.Dst] > 1 || l.Dst.Kind != ir.Real || c.most <= 0 || slices.ContainsFunc(l.Mem.Flat().Terms, func(t ir.SubTerm) bool { return ids[t.Var] }) {
			continue
		}
		src := c.storedBefore(k, l)
		if src == nil || defs[src] > 1 || l.Broadcast && c.lanes > 1 && !regs.isUniform(src) {
			continue
		}
		c.most--
		kept := c.fresh(ir.Real)
		first := *l
		first.Dst, first.Mem = kept, l.Mem.Replace(c.loop.Var, ir.Sub{})
		c.before = append(c.before, &first)
		c.loop.Body[k] = &ir.Assign{Dst: l.Dst, Op: ir.Copy, Args: []*ir.Reg{kept}}
		n := l.Lanes
		if l.Broadcast {
			n = c.lanes
		}
		updates = append(updates, c.update(kept, src, n)...)
	}
	c.loop.Body = append(c.loop.Body, updates...)
}

// update makes the first n lanes of src those of kept, and the others 0, as a load does.
func (c *carrier) update(kept, src *ir.Reg, n int) []ir.Stmt {
	if n == c.lanes {
		return []ir.Stmt{&ir.Assign{Dst: kept, Op: ir.Copy, Args: []*ir.Reg{src}}}
	}
	mask, zero := c.fresh(ir.Mask), c.fresh(ir.Real)
	c.before = append(c.before, &ir.Assign{Dst: mask, Op: ir.LaneMask, Word: int32(n)}, &ir.Assign{Dst: zero, Op: ir.Const})
	return []ir.Stmt{&ir.Assign{Dst: kept, Op: ir.Select, Args: []*ir.Reg{mask, src, zero}}}
}

// storedBefore is what the step before stores where l, the k-th statement, loads, nil
// where that is not known: all that the loop stores in the same buffer must be apart from
// it and in no loop.
func (c *carrier) storedBefore(k int, l *ir.Load) *ir.Reg {
	v, root := c.loop.Var, l.Mem.Buf.Root()
	from := l.Mem.Flat()
	var src *ir.Reg
	for i, st := range c.loop.Body {
		switch st := st.(type) {
		case *ir.Loop:
			written := map[*ir.Buffer]bool{}
			definitions(st.Body, map[*ir.Reg]int{}, written, map[*ir.Var]bool{})
			if written[root] {
				return nil
			}
		case *ir.Move:
			if st.Dst.Buf.Root() == root {
				return nil
			}
		case *ir.Store:
			if st.Mem.Buf.Root() != root {
				continue
			}
			// How far the store is ahead of what the next step loads.
			ahead := st.Mem.Flat().Add(from, -1)
			if len(ahead.Terms) > 0 || i < k && ahead.Const > -st.Lanes && ahead.Const < l.Lanes {
				return nil // of this step
			}
			switch d := ahead.Const - from.Coef(v); {
			case d == 0 && st.Lanes == l.Lanes && src == nil && st.Src.Kind == ir.Real:
				src = st.Src
			case d > -st.Lanes && d < l.Lanes:
				return nil // a part of it, or twice
			}
		}
	}
	return src
}
