package polish

import "github.com/dlgen/dlgen/gen/ir"

// pressure is about how many registers a loop needs: those that live in it at the same
// time. A vector that is loaded once, before the loop, does not count, since it can be an
// operand in memory.
func pressure(l *ir.Loop, regs *registers) int {
	t := &lifetimes{first: map[*ir.Reg]int{}, last: map[*ir.Reg]int{}, always: map[*ir.Reg]bool{}}
	t.follow(l.Body)
	change := make([]int, t.at+1)
	for r, last := range t.last {
		if t.always[r] {
			if !regs.isLoaded(r) {
				change[0]++
			}
			continue
		}
		change[t.first[r]]++
		change[max(last, t.first[r]+1)]-- // a result may go where an operand was
	}
	live, most := 0, 0
	for _, c := range change {
		live += c
		most = max(most, live)
	}
	return most
}

// lifetimes go from the first statement that assigns to a register to the last that needs
// it, by their numbers as they stand, whatever loops they are in.
type lifetimes struct {
	at          int
	first, last map[*ir.Reg]int
	// always are the registers that the first iteration finds assigned.
	always map[*ir.Reg]bool
}

// follow numbers statements. What an inner loop reads, all of its iterations need.
func (t *lifetimes) follow(body []ir.Stmt) {
	for _, st := range body {
		from := t.at
		if l, ok := st.(*ir.Loop); ok {
			t.follow(l.Body)
			for r, last := range t.last {
				if last >= from && t.first[r] < from {
					t.last[r] = t.at - 1
				}
			}
			continue
		}
		for _, r := range ir.Operands(st) {
			if _, ok := t.first[r]; !ok {
				t.first[r], t.always[r] = 0, true
			}
			t.last[r] = from
		}
		for _, r := range ir.Assigned(st) {
			if _, ok := t.first[r]; !ok {
				t.first[r] = from
			}
			t.last[r] = from
		}
		t.at++
	}
}
