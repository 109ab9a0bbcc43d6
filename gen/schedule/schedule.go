// Package schedule makes loops fast: of naive loops it makes kernels for a target.
//
// What comes in: naive loops and a target. What goes out: kernels in which nothing is left to
// decide. What is promised: the kernels compute what the loops do, up to the order of sums and
// rounding: products are added as they are formed, rows multiplied by reciprocals, roots estimated
// and refined, and squared deviations taken from a sample of the mean. The decisions follow from
// loops, strides and counts alone, never from a layer's name.
//
// Package reform gives loops another form, the passes here divide those that go through long
// rows or wait for what they look up, package fuse decides which run together, package cut in what
// parts, package plan how each is computed, package place where its temporaries live, and package
// emit writes that down.
package schedule

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/cut"
	"github.com/dlgen/dlgen/gen/emit"
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/reform"
)

// Run schedules one pass.
func Run(l *ir.Loops, t machine.Target) *ir.Program {
	l = naive.Cloned(l)
	l = reform.Run(l, reform.Vectors{Lanes: t.Lanes, Exchanges: t.Wide})
	l.Nests = naive.Distinct(l.Nests)
	l = stream(deviations(turnAhead(gatherAhead(l, t), t), t), t)
	l.Nests = naive.Distinct(l.Nests)
	if err := ir.VerifyLoops(l); err != nil {
		panic(fmt.Sprintf("schedule: loops have become invalid: %v\n%s", err, l))
	}
	return emit.Program(l, cut.Groups(fuse.Groups(l, t), t), t)
}
