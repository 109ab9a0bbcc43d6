package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// clippedShare is the share of the vectors along v, for tiles of b along r, that have
// something to compute. With short vectors, the shape of a tile matters more than
// what it leaves out.
func (c *contraction) clippedShare(t Target, v, r ir.Axis, b int) float64 {
	if r.Var == nil || t.Lanes < lineFloats || !c.g.clipped() {
		return 1
	}
	within, ok := common(c.g.stages, v.Var, r.Var)
	if !ok || len(within.Sub.Terms) != 2 {
		return 1
	}
	all, some := 0, 0
	for _, x := range tiles(v.Size, t.Lanes) {
		for _, y := range tiles(r.Size, b) {
			lo, hi := within.Sub.Const, within.Sub.Const
			for _, e := range []struct {
				coef int
				span
			}{{within.Sub.Coef(v.Var), x}, {within.Sub.Coef(r.Var), y}} {
				lo += min(e.coef*e.lo, e.coef*(e.hi-1))
				hi += max(e.coef*e.lo, e.coef*(e.hi-1))
			}
			area := (x.hi - x.lo) * (y.hi - y.lo)
			if all += area; hi >= 0 && lo < within.Size {
				some += area
			}
		}
	}
	return float64(some) / float64(all)
}

// tiles are the values of an axis that each of its tiles has.
func tiles(size, most int) []span {
	var out []span
	for _, r := range blocks(size, most) {
		for k := range r.count {
			out = append(out, span{r.start + k*r.size, r.start + (k+1)*r.size})
		}
	}
	return out
}

// summedShare is the share of its terms that a sum has left in tiles of b along r,
// where which of them count depends on the place along r.
func (c *contraction) summedShare(t Target, r ir.Axis, b int) float64 {
	if r.Var == nil || !c.g.clipped() {
		return 1
	}
	share := 1.0
	for _, o := range c.main.nest.Reduce {
		within, ok := common([]*stage{c.main}, r.Var, o.Var)
		if !ok || len(within.Sub.Terms) != 2 {
			continue
		}
		list := tiles(r.Size, b)
		each, terms := naive.CeilDiv(len(list), maxClips(t)), 0
		for k := 0; k < len(list); k += each {
			of := span{list[k].lo, list[min(k+each, len(list))-1].hi}
			s := clipping{within, o}.span(r, of, min(t.Lanes, 4))
			terms += (of.hi - of.lo) * (s.hi - s.lo)
		}
		share *= float64(terms) / float64(r.Size*o.Size)
	}
	return share
}
