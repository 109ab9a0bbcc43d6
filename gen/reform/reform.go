// Package reform gives naive loops forms that vectors can make fast.
//
// What comes in: the loops of a pass and what vectors a machine has. What goes out: loops that
// compute the same, some of them from copies of arrays in another order, some as several. What
// is promised: nothing is tiled, fused or unrolled yet; sums are added up in another order at
// most.
package reform

import "github.com/dlgen/dlgen/gen/ir"

// Vectors is what a machine has.
type Vectors struct {
	// Lanes is the number of floats in a vector, 1 where there are none.
	Lanes int
	// Exchanges says that one operation takes its lanes from two vectors.
	Exchanges bool
}

// mostCopied bounds the elements of an array of which a copy in another order is made: it is
// memory that the caller has to have.
const mostCopied = 1 << 24

// Run reforms the loops of one pass, which are the caller's own.
func Run(l *ir.Loops, t Vectors) *ir.Loops {
	regions(l)
	if t.Lanes > 1 {
		stepsAhead(l, t)
		alternate(l, t)
		deinterleave(l, t)
		records(l, t)
		deinterleave(l, t) // of the members of records, too
	}
	return quotients(exponents(l))
}
