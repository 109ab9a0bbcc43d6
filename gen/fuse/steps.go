package fuse

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// SerialParts divides groups at the edges of serial loops, which nothing
// crosses.
func SerialParts[G interface{ Loop() *ir.Steps }](groups []G) [][]G {
	var out [][]G
	for _, g := range groups {
		if n := len(out); n > 0 && out[n-1][0].Loop() == g.Loop() {
			out[n-1] = append(out[n-1], g)
		} else {
			out = append(out, []G{g})
		}
	}
	return out
}

// Nests are those of the stages of groups.
func Nests(groups []*Group) []*ir.Nest {
	var out []*ir.Nest
	for _, g := range groups {
		for _, s := range g.Stages {
			out = append(out, s.Nest)
		}
	}
	return out
}

// Accesses lists what nests touch.
func Accesses(nests []*ir.Nest) []*ir.Mem {
	var out []*ir.Mem
	for _, n := range nests {
		out = append(out, naive.Touches(n)...)
	}
	return out
}

// shrinkSteps drops the dimension of the steps from temporaries of which a step
// uses its own part only, and returns these: what one part of the program makes
// of them is nothing to the others.
func shrinkSteps(l *ir.Loops) map[*ir.Buffer]bool {
	own := map[*ir.Buffer]bool{}
	var parts [][]*ir.Nest
	for k, n := range l.Nests {
		if k == 0 || l.Nests[k-1].Steps != n.Steps {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], n)
	}
	for _, b := range l.Buffers {
		for d := range b.Shape {
			if b.Place == ir.Frame && b.Shape[d] > 1 && ofOwnStep(parts, b, d) {
				for _, m := range Accesses(l.Nests) {
					if m.Buf == b {
						m.Subs[d] = ir.Sub{}
					}
				}
				b.Shape = append([]int(nil), b.Shape...)
				b.Shape[d] = 1
				own[b] = true
			}
		}
	}
	return own
}

// ofOwnStep reports whether, in dimension d, each part of the program has one
// value of its own at a time, in a serial loop one for each step.
func ofOwnStep(parts [][]*ir.Nest, b *ir.Buffer, d int) bool {
	var taken []naive.Span
	stepped := false
	for _, part := range parts {
		var value *ir.Sub
		for _, m := range Accesses(part) {
			if m.Buf != b {
				continue
			}
			s := m.Subs[d]
			if value == nil {
				value = &s
			}
			if !s.Equal(*value) {
				return false
			}
		}
		if value == nil {
			continue
		}
		r := naive.Span{Lo: value.Const, Hi: value.Const + 1}
		for _, t := range value.Terms {
			if part[0].Steps == nil || t.Var != part[0].Steps.Var {
				return false
			}
			stepped = true
			r.Lo += min(0, t.Coef*(part[0].Steps.Count-1))
			r.Hi += max(0, t.Coef*(part[0].Steps.Count-1))
		}
		for _, o := range taken {
			if r.Lo < o.Hi && o.Lo < r.Hi {
				return false
			}
		}
		taken = append(taken, r)
	}
	return stepped
}
