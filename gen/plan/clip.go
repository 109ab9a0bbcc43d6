package plan

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// MaxClips is how many different ranges of one axis the tiles of another get:
// more follow the border closer, and are more code, of which the Go compiler
// takes long to make little. The tiles of wide vectors are fewer and larger.
func MaxClips(t machine.Target) int {
	switch {
	case t.Lanes == 1:
		return 3
	case t.Lanes < machine.LineFloats:
		return 12
	}
	return 22
}

// Clipping is a range of the nests of a group, or of a pass, that is about an
// outer axis and an axis inside of it.
type Clipping struct {
	Within ir.Range
	Inner  ir.Axis
}

// Span is the values of the inner axis, in whole units, that some of those of the
// outer axis a need.
func (c Clipping) Span(a ir.Axis, of naive.Span, unit int) naive.Span {
	out := naive.Span{Lo: c.Inner.Size, Hi: 0}
	for _, v := range []int{of.Lo, of.Hi - 1} {
		s := naive.Counting(c.Within, c.Inner, c.Within.Sub.Const+c.Within.Sub.Coef(a.Var)*min(v, a.Size-1))
		if s.Lo < s.Hi {
			out = naive.Span{Lo: min(out.Lo, s.Lo), Hi: max(out.Hi, s.Hi)}
		}
	}
	out.Lo -= out.Lo % unit
	out.Hi = min(c.Inner.Size, naive.CeilDiv(out.Hi, unit)*unit)
	if out.Lo >= out.Hi {
		return naive.Span{Lo: 0, Hi: min(c.Inner.Size, unit)}
	}
	return out
}
