package place

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// Sharing lists the groups that wait for memory which others of them touch, too,
// and of which the second cache does not hold all.
func Sharing(groups []*plan.Group, t machine.Target) map[*plan.Group]bool {
	out := map[*plan.Group]bool{}
	for k := 0; k < len(groups); k++ {
		n := k
		for n < len(groups) && !groups[n].Contraction && groups[n].Steps == nil && t.Lanes > 1 {
			n++
		}
		if n > k+1 && sharedBytes(groups[k:n]) > float64(t.Second) {
			for _, g := range groups[k:n] {
				out[g] = true
			}
		}
		k = n
	}
	return out
}

// sharedBytes is the memory that several of the groups touch.
func sharedBytes(groups []*plan.Group) float64 {
	users, size := map[*ir.Buffer]int{}, map[*ir.Buffer]float64{}
	for _, g := range groups {
		for b, n := range touched(g) {
			users[b]++
			size[b] = max(size[b], n)
		}
	}
	sum := 0.0
	for b, n := range users {
		if n > 1 {
			sum += size[b]
		}
	}
	return sum
}

// Bytes is the memory that the group's stages touch, each buffer once.
func Bytes(g *plan.Group) float64 {
	sum := 0.0
	for _, n := range touched(g) {
		sum += n
	}
	return sum
}

// touched is the bytes of each buffer that the group's stages touch.
func touched(g *plan.Group) map[*ir.Buffer]float64 {
	most := map[*ir.Buffer]float64{}
	for _, s := range g.Stages {
		for _, m := range naive.Touches(s.Nest) {
			if b := m.Buf.Root(); s.Store || m != &s.Nest.Store {
				most[b] = max(most[b], naive.Footprint(m, s.Nest.Axes, s.Nest.Reduce))
			}
		}
	}
	return most
}
