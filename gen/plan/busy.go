package plan

import (
	"math"

	"github.com/dlgen/dlgen/gen/machine"
)

// Where sums are ready for their next terms just when the multipliers are free again,
// neither makes up for what they once waited: a part of what catchesUp leaves of the
// longer time is lost, unless the tile is soon done and the core goes on with the next.
const (
	soonDone      = 32
	catchesUp     = 0.8
	neverCaughtUp = 0.9
)

// inTime is the time in which the multipliers do all steps, each sum in a chain.
func inTime(t machine.Target, steps, busy, chain float64) float64 {
	long, short := math.Max(busy, chain), math.Min(busy, chain)
	if t.Lanes == 1 || steps <= soonDone {
		return long
	}
	return long + neverCaughtUp*math.Max(0, short-catchesUp*long)
}
