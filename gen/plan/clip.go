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
	at := func(v int) naive.Span {
		return naive.Solving(c.Within, c.Inner.Var, c.Within.Sub.Const+c.Within.Sub.Coef(a.Var)*v)
	}
	// What a value needs moves in one direction, so that those between need nothing else.
	s, last := at(of.Lo), at(min(of.Hi, a.Size)-1)
	out := naive.Span{Lo: max(0, min(s.Lo, last.Lo)), Hi: min(c.Inner.Size, max(s.Hi, last.Hi))}
	out.Lo -= out.Lo % unit
	out.Hi = min(c.Inner.Size, naive.CeilDiv(out.Hi, unit)*unit)
	if out.Lo >= out.Hi {
		return naive.Span{Lo: 0, Hi: min(c.Inner.Size, unit)}
	}
	return out
}
