package grad

import (
	"github.com/dlgen/dlgen/spec/layer"
)

// verdict is whether a condition holds in a region.
type verdict uint8

const (
	never  verdict = iota
	partly         // in a part of it, or not known
	always         // in all of it
	byData         // it depends on data
)

// holds evaluates a condition over all points of the region at once.
func (r region) holds(c layer.Cond) verdict {
	switch c := c.(type) {
	case *layer.CmpInt:
		d, ok := r.integer(&layer.IntOp{Op: '-', X: c.X, Y: c.Y})
		return compares(c.Op, d, ok)
	case *layer.CmpReal:
		a, ok1 := r.real(c.X)
		b, ok2 := r.real(c.Y)
		return compares(c.Op, span{a.lo - b.hi, a.hi - b.lo}, ok1 && ok2)
	case *layer.Not:
		switch v := r.holds(c.X); v {
		case never:
			return always
		case always:
			return never
		default:
			return v
		}
	case *layer.Logic:
		x, y := r.holds(c.X), r.holds(c.Y)
		stop, pass := never, always
		if c.Op == "||" {
			stop, pass = always, never
		}
		switch {
		case x == stop || y == stop:
			return stop
		case x == pass:
			return y
		case y == pass:
			return x
		case x == partly || y == partly:
			return partly
		}
		return byData
	}
	return byData
}

// compares compares a difference with 0; where it is one number it is so exactly.
func compares(op string, d span, known bool) verdict {
	if !known {
		return byData
	}
	var yes, no bool
	switch op {
	case "<":
		yes, no = d.hi < 0, d.lo >= 0
	case "<=":
		yes, no = d.hi <= 0, d.lo > 0
	case ">":
		yes, no = d.lo > 0, d.hi <= 0
	case ">=":
		yes, no = d.lo >= 0, d.hi < 0
	case "==":
		yes, no = d.lo == 0 && d.hi == 0, d.lo > 0 || d.hi < 0
	case "!=":
		yes, no = d.lo > 0 || d.hi < 0, d.lo == 0 && d.hi == 0
	}
	switch {
	case yes:
		return always
	case no:
		return never
	}
	return partly
}

// mostRegions is how many regions are looked at to decide whether a condition may hold.
const mostRegions = 2000

// may reports whether conditions hold together for some values of their indices and some
// data, as far as one can tell.
func may(conds []layer.Cond) bool {
	if len(conds) == 0 {
		return true
	}
	c := conds[0]
	for _, d := range conds[1:] {
		c = &layer.Logic{Op: "&&", X: c, Y: d}
	}
	var idx []*layer.Index
	r := region{}
	layer.Walk(c, func(n any) bool {
		if v, ok := n.(*layer.Var); ok {
			if _, seen := r[v.I]; !seen {
				r[v.I] = region{}.side(v.I)
				idx = append(idx, v.I)
			}
		}
		return true
	})
	left := mostRegions
	return r.some(c, idx, &left)
}

// some splits the region until it is known whether c holds somewhere in it.
func (r region) some(c layer.Cond, idx []*layer.Index, left *int) bool {
	if *left--; *left < 0 {
		return true
	}
	v := r.holds(c)
	if v != partly {
		return v != never
	}
	var widest *layer.Index
	for _, i := range idx {
		if s := r[i]; s.lo < s.hi && (widest == nil || s.hi-s.lo > r[widest].hi-r[widest].lo) {
			widest = i
		}
	}
	if widest == nil {
		return true
	}
	s := r[widest]
	defer func() { r[widest] = s }()
	mid := s.lo + float64(int(s.hi-s.lo)/2)
	for _, half := range [...]span{{s.lo, mid}, {mid + 1, s.hi}} {
		r[widest] = half
		if r.some(c, idx, left) {
			return true
		}
	}
	return false
}
