package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/plan"
)

// sideBySide emits n computations: the terms of a window by what they load, others
// with their chains side by side where they are alone with the registers.
func (e *emitter) sideBySide(n int, alone bool, emit func(k int)) {
	b := e.top().b
	start := len(b.Body)
	var parts [][]ir.Stmt
	for k := range n {
		from := len(b.Body)
		emit(k)
		parts = append(parts, slices.Clone(b.Body[from:]))
	}
	most := e.t.Chains()
	if n == 1 || most == 1 {
		return
	}
	if terms := slid(parts); terms != nil {
		b.Body = append(b.Body[:start], terms...)
	} else if alone && !e.g.Accumulates() {
		b.Body = append(b.Body[:start], lockstep(parts, most)...)
	}
}

// lockstep puts the statements of up to most points at a time side by side: a step
// of each in turn.
func lockstep(points [][]ir.Stmt, most int) []ir.Stmt {
	var out []ir.Stmt
	for set := range slices.Chunk(points, most) {
		if len(set[len(set)-1]) < plan.LongChain {
			out = append(out, slices.Concat(set...)...)
		} else {
			out = append(out, merged(set)...)
		}
	}
	return out
}

// merged takes a statement of each list in turn; one that uses what another list
// computes waits for it. Lists in which a register changes, or that do anything
// but load, compute and store, stay one behind the other.
func merged(lists [][]ir.Stmt) []ir.Stmt {
	one := slices.Concat(lists...)
	waiting := map[*ir.Reg]int{} // for the list of that number, from 1 on
	for i, l := range lists {
		for _, st := range l {
			r, ok := result(st)
			if !ok || waiting[r] > 0 {
				return one
			}
			if r != nil {
				waiting[r] = i + 1
			}
		}
	}
	out := make([]ir.Stmt, 0, len(one))
	next := make([]int, len(lists))
	for len(out) < len(one) {
		for i, l := range lists {
			if next[i] == len(l) || slices.ContainsFunc(ir.Operands(l[next[i]]), func(r *ir.Reg) bool { return waiting[r] > 0 && waiting[r] != i+1 }) {
				continue
			}
			r, _ := result(l[next[i]])
			delete(waiting, r)
			out = append(out, l[next[i]])
			next[i]++
		}
	}
	return out
}

// result is the register that a statement assigns to, nil for a store; ok is false
// for statements that do anything else.
func result(st ir.Stmt) (r *ir.Reg, ok bool) {
	switch st := st.(type) {
	case *ir.Load:
		return st.Dst, true
	case *ir.Assign:
		return st.Dst, true
	case *ir.Store:
		return nil, true
	}
	return nil, false
}
