package plan

import "github.com/dlgen/dlgen/gen/naive"

// lightTail is the work of what follows a sum, such as a bias and a rectifier,
// that the tile's own cost has room for.
const lightTail = 6

// TailWork is the excess of the work of what follows the sum over a light one,
// for each vector of results, those abreast together.
func (g *Group) TailWork() float64 {
	work := 0.0
	for _, s := range g.Stages {
		if len(s.Nest.Reduce) > 0 {
			continue
		}
		w := naive.Weight(s.Nest.Value) + 1
		if g.IsAbreast(s) {
			w *= float64(g.Results())
		}
		work += w
	}
	return max(0, work-lightTail*float64(g.Results()))
}
