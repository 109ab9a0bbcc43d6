package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
)

// search compares on small dims: the layer's own, if they are, and, unless
// something is wrong there, others.
func (p *proof) search(s *search) {
	if own := s.own(); own != nil {
		if p.own = p.try(own); p.errs.Len() > 0 {
			return
		}
	}
	for _, small := range s.others() {
		if p.try(small); len(p.wrong) == len(s.l.Gradients) {
			return
		}
	}
	p.again()
	if !p.own && p.errs.Len() == 0 { // what happens nowhere else may happen at many places there
		p.once = p.tryUpTo(s.l, ownCostOnce, fewPoints)
	}
	if !p.own && !p.once && p.errs.Len() == 0 {
		p.spots(s.l)
	}
}

// again compares at more points where there were only a few, as of layers of which no set
// of dims is small: some happen under conditions that seldom hold.
func (p *proof) again() {
	slices.SortStableFunc(p.tried, func(a, b *trial) int { return int(a.cost - b.cost) })
	spent := 0.0
	for k := 0; p.points < manyPoints && p.errs.Len() == 0 && len(p.tried) > 0; k++ {
		t := p.tried[k%len(p.tried)]
		if spent += t.cost; spent > againBudget || spent > moreBudget && p.points >= enoughPoints {
			break
		}
		turn := k/len(p.tried) + k%len(p.tried) // each in all modes
		p.compare(t, seldom[turn%len(seldom)], turn)
	}
}

// seldom are the modes for more points: most where much differs from what is usual.
var seldom = []mode{ties, beyond, mixed, wide, normal, beyond, mixed, positive, unit}

// trial is a layer on small dims, ready to be evaluated.
type trial struct {
	l                          *layer.Layer
	forward, declared, derived *eval.Machine
	// written and wanted are the programs of declared and derived.
	written, wanted *layer.Program
	cost            float64
	draw            *points
	// strange are the modes in which outputs were not always finite.
	strange [modeCount]bool
}

// try compares on one set of dims, at as many points as are cheap, if there is one that is.
func (p *proof) try(l *layer.Layer) bool { return p.tryUpTo(l, maxCost, minPoints) }

// tryUpTo is try if evaluating all passes costs no more than most, at least at some points,
// or at fewer where one costs much.
func (p *proof) tryUpTo(l *layer.Layer, most float64, least int) bool {
	derived, err := Derive(l)
	if err != nil {
		return false // what cannot be derived here was found at the real dims
	}
	written := declared(l)
	t := &trial{
		l: l, forward: eval.Compile(l.Forward), declared: eval.Compile(written), derived: eval.Compile(derived),
		written: written, wanted: derived,
		cost: 1 + cost(l.Forward) + cost(written) + cost(derived),
		draw: newPoints(l, uint64(2+len(p.tried))),
	}
	if t.cost > most {
		return false
	}
	p.tried = append(p.tried, t)
	if t.cost > pointBudget && len(p.tried) > 3 || t.cost > maxCost {
		least = fewPoints
	}
	for k := range min(max(int(pointBudget/t.cost), least), maxPoints) {
		if p.compare(t, mode(k%int(modeCount)), k); k > 0 && p.errs.Len() > 0 {
			break // what is wrong shows at the first points, mostly
		}
	}
	return true
}

const (
	// pointBudget is in evaluated nodes, for one set of dims.
	pointBudget = 200_000
	minPoints   = int(modeCount)
	fewPoints   = 2 // of a set that costs much beside others
	maxPoints   = 25 * int(modeCount)
	// maxCost is about half a second a point, lastResort a few seconds.
	maxCost, lastResort = 100_000_000, 1_000_000_000
	// ownCostOnce is what a point at the layer's own dims may cost where those are not small.
	ownCostOnce = 6_000_000
	// enoughPoints is how many there are over all sets, unless they cost more nodes than
	// againBudget, and manyPoints is, unless they cost more than moreBudget: both are some
	// hundredths of a second.
	enoughPoints, manyPoints = 60, 200
	againBudget, moreBudget  = 5_000_000, 1_500_000
)
