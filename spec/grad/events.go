package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// events are what may happen in an equation, in the order of its text: that conditions hold
// or do not, alone decide, that reads are within a shape or beyond it, and which side a kink
// takes that depends on positions alone.
func events(e *layer.Equation) []bool { return happeningsIn(e).out }

// mostChoices is how many conditions of an equation are looked at in pairs.
const mostChoices = 8

// joint are the ways in which two conditions of an equation may come together.
func joint(e *layer.Equation) (out []bool) {
	conds := happeningsIn(e).choices
	conds = conds[:min(len(conds), mostChoices)]
	for k, c := range conds {
		for _, d := range conds[:k] {
			for n := range 4 {
				out = append(out, may(slices.Concat(c[n/2], d[n%2])))
			}
		}
	}
	return out
}

// happenings are found in an equation.
type happenings struct {
	out []bool
	// choices are conditions of where, with those around them, and their opposites.
	choices [][2][]layer.Cond
}

func happeningsIn(e *layer.Equation) *happenings {
	h := &happenings{}
	for _, s := range e.Subs {
		h.walk(s, nil)
	}
	h.walk(e.Value, nil)
	return h
}

// walk finds what may happen in node, under conditions.
func (h *happenings) walk(node any, under []layer.Cond) {
	layer.Walk(node, func(node any) bool {
		switch x := node.(type) {
		case *layer.Where:
			yes, no := with(under, x.Cond), with(under, not(x.Cond))
			h.choices = append(h.choices, [2][]layer.Cond{yes, no})
			h.walk(x.Cond, under)
			h.walk(x.X, yes)
			h.walk(x.Y, no)
			return false
		case *layer.CmpInt:
			h.either(under, x)
		case *layer.CmpReal:
			if positional(x.X, x.Y) {
				h.either(under, x)
			}
		case *layer.Logic:
			h.either(under, x)
			h.alone(under, x)
		case *layer.Call:
			h.kink(under, x)
		case *layer.Read:
			h.read(under, x)
		}
		return true
	})
}

// note adds whether conditions may hold together.
func (h *happenings) note(conds []layer.Cond) { h.out = append(h.out, may(conds)) }

// either notes whether c may hold, and whether it may not.
func (h *happenings) either(under []layer.Cond, c layer.Cond) {
	h.note(with(under, c))
	h.note(with(under, not(c)))
}

// alone notes for each of the conditions that x joins whether it may be what decides: the
// others hold and it does not, of alternatives the other way round.
func (h *happenings) alone(under []layer.Cond, x *layer.Logic) {
	parts := layer.Joined(x, x.Op)
	for k := range parts {
		conds := slices.Clone(under)
		for i, p := range parts {
			if (x.Op == "||") != (i == k) {
				p = not(p)
			}
			conds = append(conds, p)
		}
		h.note(conds)
	}
}

// kink notes which sides of a maximum, minimum or magnitude of positions may be taken.
func (h *happenings) kink(under []layer.Cond, x *layer.Call) {
	if !positional(x.Args...) {
		return
	}
	a, b := x.Args[0], layer.Expr(constant(0))
	switch x.Fn {
	case "max", "min":
		b = x.Args[1]
	case "abs":
	default:
		return
	}
	for _, op := range []string{">", "<"} { // at a tie the sides may be the same
		h.note(with(under, &layer.CmpReal{Op: op, X: a, Y: b}))
	}
}

// read notes whether an element may be beyond a side of its tensor, where that is meant.
func (h *happenings) read(under []layer.Cond, x *layer.Read) {
	if !x.T.HasOutside {
		return
	}
	for d, s := range x.Subs {
		low, high := &layer.CmpInt{Op: "<", X: s, Y: lit(0)}, &layer.CmpInt{Op: ">=", X: s, Y: lit(x.T.Shape[d])}
		h.note(with(under, low))
		h.note(with(under, high))
		h.note(with(with(under, not(low)), not(high)))
	}
}

// with adds a condition to those around it.
func with(under []layer.Cond, c layer.Cond) []layer.Cond { return append(slices.Clip(under), c) }

// positional reports whether numbers depend on indices, and on nothing else.
func positional(xs ...layer.Expr) bool {
	some, data := false, false
	for _, x := range xs {
		layer.Walk(x, func(n any) bool {
			switch n.(type) {
			case *layer.Var:
				some = true
			case *layer.Read, *layer.Element, *layer.ArgMax, *layer.Uniform, *layer.Reduce:
				data = true
			}
			return !data
		})
	}
	return some && !data
}
