package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
)

// beside opens the tile of the axes abreast around a pass, where it has them.
func (e *emitter) beside(ps *fuse.Pass, p at, body func(at)) {
	if !e.g.IsAbreast(ps.Stages[0]) {
		body(p)
		return
	}
	saved := e.tiles
	e.tiles = slices.Clone(saved)
	for _, a := range e.g.Abreast {
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

// longSum is the number of terms in whose time data arrive from anywhere.
const longSum = 32

// ask prefetches what the passes after a sum read at the tile: pieces of many rows,
// which the machine does not foresee.
func (e *emitter) ask(p at) {
	if !e.g.Contraction || e.t.Lanes == 1 || e.g.Terms() < longSum {
		return
	}
	asked := map[string]bool{}
	for _, ps := range e.g.Passes {
		if len(ps.Inner) > 0 {
			continue
		}
		e.beside(ps, p, func(p at) {
			for _, q := range e.points(p, e.resultLanes()) {
				for _, s := range ps.Stages {
					for _, m := range s.Nest.Value.Loads() {
						at := e.mem(*m, s.Nest, q)
						if key := e.ids.memKey(nil, at); !asked[key] && e.mode(m, q) == vector && !e.g.Makes(m.Buf) && 4*m.Buf.Size() > e.t.First {
							asked[key] = true
							e.top().b.Emit(&ir.Prefetch{Mem: at})
						}
					}
				}
			}
		})
	}
}
