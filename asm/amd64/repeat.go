package amd64

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// repeat finds the loads of a few elements that only shuffles read. Repeated in all
// lanes, each quarter of a register has what any of its lanes may need.
func (s *Selection) repeat(body []ir.Stmt) {
	size, shuffles := map[*ir.Reg]int{}, map[*ir.Reg]int{}
	var look func(body []ir.Stmt)
	look = func(body []ir.Stmt) {
		for _, st := range body {
			switch st := st.(type) {
			case *ir.Loop:
				look(st.Body)
			case *ir.Load:
				if s.set.Repeat[st.Lanes] != nil && !st.Broadcast && st.Dst.Kind == ir.Real && s.defs[st.Dst] == 1 {
					size[st.Dst] = st.Lanes
				}
			case *ir.Assign:
				if st.Op == ir.Shuffle && slices.Max(st.Order) < size[st.Args[0]] {
					shuffles[st.Args[0]]++
				}
			}
		}
	}
	look(body)
	for r := range size {
		s.repeated[r] = shuffles[r] > 0 && shuffles[r] == s.uses[r]
	}
}

// Shuffle chooses lanes by their numbers: among all, or within quarters, which is quick,
// where each of them has what it needs; there a number for all is part of the instruction.
func (s *Selection) Shuffle(a *ir.Assign, among, same, within *Code) {
	dst, order := s.Of(a.Dst), Ref{Mem: s.Order(a.Order)}
	switch first := a.Order[0]; {
	case inQuarters(a.Order):
		s.Do(same, dst, a.Order[0]|a.Order[1]<<2|a.Order[2]<<4|a.Order[3]<<6, s.Reg(a.Args[0]))
	case !s.repeated[a.Args[0]]:
		s.Do(among, dst, None, order, s.Use(a.Args[0]))
	case slices.Max(a.Order) == slices.Min(a.Order):
		s.Do(same, dst, first*0x55, s.Reg(a.Args[0]))
	default:
		s.Do(within, dst, None, s.Reg(a.Args[0]), order)
	}
}

// inQuarters reports whether each quarter takes its own lanes, all in the same order.
func inQuarters(order []int) bool {
	for j, from := range order {
		if order[j%4] >= 4 || from != j-j%4+order[j%4] {
			return false
		}
	}
	return true
}
