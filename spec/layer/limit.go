package layer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limit is a bound of a run-time scalar: the scalar Op Bound must hold, where Op is one of
// < <= > >=.
type Limit struct {
	Op    string
	Bound float64
}

var limitWords = map[string]string{">=": "at least", ">": "above", "<=": "at most", "<": "below"}

// Allowed says in words what the limits of a scalar allow, such as "at least 1"; it is empty
// where there are none.
func (t *Tensor) Allowed() string {
	var parts []string
	for _, l := range t.Limits {
		parts = append(parts, fmt.Sprintf("%s %s", limitWords[l.Op], strconv.FormatFloat(l.Bound, 'g', -1, 64)))
	}
	return strings.Join(parts, " and ")
}

// Allows reports whether a scalar may be v.
func (t *Tensor) Allows(v float64) bool {
	ok := true
	for _, l := range t.Limits {
		switch l.Op {
		case ">=":
			ok = ok && v >= l.Bound
		case ">":
			ok = ok && v > l.Bound
		case "<=":
			ok = ok && v <= l.Bound
		case "<":
			ok = ok && v < l.Bound
		}
	}
	return ok
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
