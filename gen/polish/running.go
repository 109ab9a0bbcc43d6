package polish

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// keepSums keeps in registers what loops add to places in memory: within an iteration,
// what one statement adds goes on to the next that adds to the same place; and where the
// place is the same in all iterations, it is loaded before the loop and stored after it,
// as far as there are registers.
func keepSums(f *ir.Func, registers int) {
	if f.Lanes == 1 {
		return
	}
	k := &sumKeeper{registers: newRegisters(f.Body), most: registers - 1, next: ir.LastReg(f.Body)}
	f.Body = k.within(f.Body)
}

// sumKeeper goes through the loops of a function.
type sumKeeper struct {
	*registers
	most, next int
}

// within is a list of statements with sums kept in its loops.
func (k *sumKeeper) within(body []ir.Stmt) []ir.Stmt {
	var out []ir.Stmt
	for _, st := range body {
		l, ok := st.(*ir.Loop)
		if !ok {
			out = append(out, st)
			continue
		}
		l.Body = k.within(l.Body)
		l.Body = k.passedOn(l.Body)
		before, after := k.kept(l)
		out = append(append(append(out, before...), l), after...)
	}
	return out
}

// runningSum is where a body loads what there is at a place, and stores it with something
// added.
type runningSum struct{ load, store int }

// passedOn is a body in which a sum goes on from one statement to the next in a register.
func (k *sumKeeper) passedOn(body []ir.Stmt) []ir.Stmt {
	a := placesOf(body)
	dropped := map[int]bool{}
	last := map[*ir.Buffer][]runningSum{}
	for _, s := range k.sums(body, a) {
		root := a.of[s.load][0].root
		for i, p := range last[root] {
			if a.same(p.load, s.load) && !a.meets(p.store+1, s.load, s.load) {
				body[s.load] = &ir.Assign{Dst: body[s.load].(*ir.Load).Dst, Op: ir.Copy, Args: []*ir.Reg{body[p.store].(*ir.Store).Src}}
				dropped[p.store] = true
				last[root] = slices.Delete(last[root], i, i+1)
				break
			}
		}
		last[root] = append(last[root], s)
	}
	return without(body, dropped)
}

// kept moves the loads and stores of sums that are in the same place in all iterations
// out of a loop.
func (k *sumKeeper) kept(l *ir.Loop) (before, after []ir.Stmt) {
	a := placesOf(l.Body)
	var fixed []runningSum
	changing := map[*ir.Var]bool{l.Var: true}
	definitions(l.Body, map[*ir.Reg]int{}, map[*ir.Buffer]bool{}, changing)
	for _, s := range k.sums(l.Body, a) {
		if slices.ContainsFunc(a.of[s.load][0].at.Terms, func(t ir.SubTerm) bool { return changing[t.Var] }) {
			continue
		}
		if !a.meets(0, s.load, s.load) && !a.meets(s.store+1, len(l.Body), s.load) {
			fixed = append(fixed, s)
		}
	}
	if len(fixed) == 0 {
		return nil, nil
	}
	room := max(0, k.most-pressure(l, k.registers))
	for _, s := range fixed[:min(room, len(fixed))] {
		ld, st := l.Body[s.load].(*ir.Load), l.Body[s.store].(*ir.Store)
		k.next++
		sum := &ir.Reg{ID: k.next, Kind: ir.Real}
		first := *ld
		first.Dst = sum
		before = append(before, &first)
		l.Body[s.load] = &ir.Assign{Dst: ld.Dst, Op: ir.Copy, Args: []*ir.Reg{sum}}
		l.Body[s.store] = &ir.Assign{Dst: sum, Op: ir.Copy, Args: []*ir.Reg{st.Src}}
		after = append(after, &ir.Store{Mem: st.Mem, Src: sum, Lanes: st.Lanes})
	}
	return before, after
}

// sums finds the sums of a body, outside of the loops in it. Nothing but what is stored comes of
// what is loaded, lane by lane: beyond a row the lanes of a register may hold anything.
func (k *sumKeeper) sums(body []ir.Stmt, a *places) []runningSum {
	var out []runningSum
	open, of := map[*ir.Buffer][]int{}, map[*ir.Reg][]int{} // loads, and those of which a register comes
	for i, st := range body {
		switch st := st.(type) {
		case *ir.Load:
			if k.once(st.Dst) && st.Dst.Kind == ir.Real {
				root := a.of[i][0].root
				open[root], of[st.Dst] = append(open[root], i), []int{i}
			}
		case *ir.Assign:
			if k.once(st.Dst) && (lanewise[st.Op] || st.Op == ir.Copy) {
				for _, r := range st.Args {
					of[st.Dst] = append(of[st.Dst], of[r]...)
				}
			}
		case *ir.Store:
			root := a.of[i][0].root
			for n, from := range open[root] {
				l := body[from].(*ir.Load)
				if slices.Contains(of[st.Src], from) && a.same(from, i) && l.Broadcast == (st.Lanes == 1) && (!l.Broadcast || k.isUniform(st.Src)) && !a.meets(from+1, i, i) {
					out = append(out, runningSum{from, i})
					open[root] = slices.Delete(open[root], n, n+1)
					break
				}
			}
		}
	}
	return out
}

// once reports whether r is assigned and read once.
func (k *sumKeeper) once(r *ir.Reg) bool { return k.defs[r] == 1 && k.uses[r] == 1 }
