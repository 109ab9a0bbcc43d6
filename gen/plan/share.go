package plan

import (
	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// clippedShare is the share of the vectors along v, for tiles of b along r, that have
// something to compute. With short vectors, the shape of a tile matters more than
// what it leaves out.
func (c *Contraction) clippedShare(t machine.Target, v, r ir.Axis, b int) float64 {
	if r.Var == nil || t.Lanes < machine.LineFloats || !c.g.Clipped() {
		return 1
	}
	within, ok := fuse.Common(c.g.Stages, v.Var, r.Var)
	if !ok || len(within.Sub.Terms) != 2 {
		return 1
	}
	all, some := 0, 0
	for _, x := range tiles(v.Size, t.Lanes) {
		for _, y := range tiles(r.Size, b) {
			lo, hi := within.Sub.Const, within.Sub.Const
			for _, e := range []struct {
				coef int
				naive.Span
			}{{within.Sub.Coef(v.Var), x}, {within.Sub.Coef(r.Var), y}} {
				lo += min(e.coef*e.Lo, e.coef*(e.Hi-1))
				hi += max(e.coef*e.Lo, e.coef*(e.Hi-1))
			}
			area := (x.Hi - x.Lo) * (y.Hi - y.Lo)
			if all += area; hi >= 0 && lo < within.Size {
				some += area
			}
		}
	}
	return float64(some) / float64(all)
}

// tiles are the values of an axis that each of its tiles has.
func tiles(size, most int) []naive.Span {
	var out []naive.Span
	for _, r := range Blocks(size, most) {
		for k := range r.Count {
			out = append(out, naive.Span{Lo: r.Start + k*r.Size, Hi: r.Start + (k+1)*r.Size})
		}
	}
	return out
}

// summedShare is the share of its terms that a sum has left in tiles of b along r,
// where which of them count depends on the place along r.
func (c *Contraction) summedShare(t machine.Target, r ir.Axis, b int) float64 {
	if r.Var == nil || !c.g.Clipped() {
		return 1
	}
	share := 1.0
	for _, o := range c.Main.Nest.Reduce {
		within, ok := fuse.Common([]*fuse.Stage{c.Main}, r.Var, o.Var)
		if !ok || len(within.Sub.Terms) != 2 {
			continue
		}
		list := tiles(r.Size, b)
		each, terms := naive.CeilDiv(len(list), MaxClips(t)), 0
		for k := 0; k < len(list); k += each {
			of := naive.Span{Lo: list[k].Lo, Hi: list[min(k+each, len(list))-1].Hi}
			s := Clipping{within, o}.Span(r, of, min(t.Lanes, 4))
			terms += (of.Hi - of.Lo) * (s.Hi - s.Lo)
		}
		share *= float64(terms) / float64(r.Size*o.Size)
	}
	return share
}
