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

// Repeated reports whether a register repeats a few elements in all lanes.
func (s *Selection) Repeated(r *ir.Reg) bool { return s.repeated[r] }
