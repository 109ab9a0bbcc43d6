package schedule

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// Some sums are read at fixed places along one of their axes, as the four gates
// of a cell are: what follows takes one result of each. Such an axis stands
// abreast: a tile has all of its values, so that what follows finds them in
// registers.

// places are the axes of a contraction that n reads at fixed places only, beyond
// those that stand abreast already; ok is false where n does not read these so.
func (g *group) places(n *ir.Nest, t Target) (axes []ir.Axis, ok bool) {
	fixed := map[*ir.Var]bool{}
	for _, s := range g.stages {
		for _, pair := range naive.SharedPairs(s.nest, n) {
			for d := range pair[0].Subs {
				v := naive.Bare(pair[0].Subs[d])
				switch {
				case v == nil || pair[0] != &s.nest.Store:
				case len(pair[1].Subs[d].Terms) == 0 && naive.Has(s.nest.Axes, v):
					fixed[v] = true
				case naive.Has(g.abreast, v):
					return nil, false
				}
			}
		}
	}
	width := g.width()
	for _, a := range g.outer {
		if fixed[a.Var] {
			axes = append(axes, a)
			width *= a.Size
		}
	}
	if len(axes) > 0 && (!g.contraction || g.terms() < fewTerms || t.Lanes == 1 || width > t.Registers/2 || !naive.Plain(n) || slices.ContainsFunc(g.stages, func(s *stage) bool { return !naive.Plain(s.nest) })) {
		return nil, false
	}
	return axes, g.together(n, naive.Join(g.abreast, axes))
}

// together reports whether each stage, and n beside them, has all of some axes or none.
func (g *group) together(n *ir.Nest, axes []ir.Axis) bool {
	some := func(n *ir.Nest) bool {
		k := 0
		for _, a := range axes {
			if naive.Has(n.Axes, a.Var) {
				k++
			}
		}
		return k > 0 && k < len(axes)
	}
	return !some(n) && !slices.ContainsFunc(g.stages, func(s *stage) bool { return some(s.nest) })
}

// fewTerms is the length below which a sum is little beside what follows it, and
// not worth the code of a tile that has both.
const fewTerms = 8

// terms is the length of the group's longest sum.
func (g *group) terms() float64 {
	n := 0.0
	for _, s := range g.stages {
		if len(s.nest.Reduce) > 0 {
			n = max(n, naive.Volume(s.nest.Reduce))
		}
	}
	return n
}

// isAbreast reports whether s has a result for each value of the axes abreast.
func (g *group) isAbreast(s *stage) bool {
	return len(g.abreast) > 0 && naive.Has(s.nest.Axes, g.abreast[0].Var)
}

// besideText says which axes stand abreast, for explanations.
func (g *group) besideText() string {
	text := ""
	for _, a := range g.abreast {
		text += fmt.Sprintf("; %d of %s side by side", a.Size, a.Var.Name)
	}
	return text
}

// width is the number of results that stand abreast.
func (g *group) width() int { return int(naive.Volume(g.abreast)) }

// beside opens the tile of the axes abreast around a pass, where it has them.
func (e *emitter) beside(ps *pass, p at, body func(at)) {
	if !e.g.isAbreast(ps.stages[0]) {
		body(p)
		return
	}
	saved := e.tiles
	e.tiles = slices.Clone(saved)
	for _, a := range e.g.abreast {
		t := tileAxis{v: a.Var}
		for k := range a.Size {
			t.offsets, t.lanes = append(t.offsets, k), append(t.lanes, 1)
		}
		e.tiles = append(e.tiles, t)
		p = p.with(a.Var, ir.Sub{})
	}
	body(p)
	e.tiles = saved
}

// splits is the group as its sum and what follows it; nil where nothing stands
// abreast.
func (g *group) splits(t Target) []*group {
	if len(g.abreast) == 0 {
		return nil
	}
	c := newContraction(g)
	sum := &group{steps: g.steps, outer: c.main.nest.Axes, contraction: true}
	rest := &group{steps: g.steps, outer: g.outer}
	for _, s := range g.stages {
		c := *s
		if g.isAbreast(s) {
			sum.stages = append(sum.stages, &c)
		} else {
			rest.stages = append(rest.stages, &c)
		}
	}
	for _, s := range sum.stages {
		s.store = s.store || rest.reads(s.nest.Store.Buf)
	}
	return replanned(t, sum, rest)
}

// longSum is the number of terms in whose time data arrive from anywhere.
const longSum = 32

// ask prefetches what the passes after a sum read at the tile: pieces of many rows,
// which the machine does not foresee.
func (e *emitter) ask(p at) {
	if !e.g.contraction || e.t.Lanes == 1 || e.g.terms() < longSum {
		return
	}
	asked := map[string]bool{}
	for _, ps := range e.g.passes {
		if len(ps.inner) > 0 {
			continue
		}
		e.beside(ps, p, func(p at) {
			for _, q := range e.points(p, e.resultLanes()) {
				for _, s := range ps.stages {
					for _, m := range s.nest.Value.Loads() {
						at := e.mem(*m, s.nest, q)
						if key := e.ids.memKey(nil, at); !asked[key] && e.mode(m, q) == vector && !e.g.makes(m.Buf) && 4*m.Buf.Size() > e.t.First {
							asked[key] = true
							e.top().b.Emit(&ir.Prefetch{Mem: at})
						}
					}
				}
			}
		})
	}
}

// makes reports whether a stage writes to b.
func (g *group) makes(b *ir.Buffer) bool {
	return slices.ContainsFunc(g.stages, func(s *stage) bool { return s.nest.Store.Buf == b })
}
