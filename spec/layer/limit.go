package layer

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Limit is a bound of a number, of which Op, one of < <= > >=, must hold with it; Words say Op.
type Limit struct {
	Op, Words string
	Bound     float64
}

// Allows reports whether v keeps the limit.
func (l Limit) Allows(v float64) bool {
	switch l.Op {
	case ">=":
		return v >= l.Bound
	case ">":
		return v > l.Bound
	case "<=":
		return v <= l.Bound
	case "<":
		return v < l.Bound
	}
	panic("layer: unknown limit " + l.Op)
}

// Allowed says in words what the limits of a scalar allow, such as "at least 1"; it is empty
// where there are none.
func (t *Tensor) Allowed() string {
	var parts []string
	for _, l := range t.Limits {
		parts = append(parts, l.Words+" "+strconv.FormatFloat(l.Bound, 'g', -1, 64))
	}
	return strings.Join(parts, " and ")
}

// Allows reports whether a scalar may be v.
func (t *Tensor) Allows(v float64) bool {
	return !slices.ContainsFunc(t.Limits, func(l Limit) bool { return !l.Allows(v) })
}

// Within is v where the limits of a scalar allow it, and otherwise a number that they do allow,
// which follows from v; it is v where they allow none.
func (t *Tensor) Within(v float64) float64 {
	lo, hi := math.Inf(-1), math.Inf(1)
	for _, l := range t.Limits {
		if l.Op[0] == '>' {
			lo = max(lo, l.Bound)
		} else {
			hi = min(hi, l.Bound)
		}
	}
	far := math.Abs(v) + 1
	for _, u := range []float64{v, lo + far, hi - far, lo + (hi-lo)*(0.5+math.Atan(v)/4), math.Ceil(lo), math.Floor(hi), math.Floor(lo) + 1, math.Ceil(hi) - 1} {
		if !math.IsInf(u, 0) && t.Allows(u) && (t.Type == Float32 || u == math.Trunc(u)) {
			return u
		}
	}
	return v
}
