package check

import (
	"fmt"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// bounds proves every access of the equation in bounds.
func (q *equation) bounds(e *layer.Equation) {
	var on *conds
	if e.Accumulate {
		on = unlessZero(e.Value, nil) // 0 may be added anywhere
	}
	for d, s := range e.Subs {
		q.boundsOf(s)
		if e.Accumulate && e.T.Open() && computed(s) {
			continue // beyond the shape of what may be read there nothing is added
		}
		q.subscript(spot{e.T, e.Subs, q.src.Target.Subs[d].Position(), "writes"}, d, on)
	}
	q.boundsOf(e.Value)
}

// computed reports whether a subscript is made of numbers that equations compute.
func computed(s layer.Int) bool {
	found := false
	layer.Walk(s, func(node any) bool {
		e, ok := node.(*layer.Element)
		found = found || ok && e.T.Role != layer.Input
		return !found
	})
	return found
}

// boundsOf proves what x reads in bounds.
func (q *equation) boundsOf(x any) {
	accesses(x, nil, func(a access) {
		for d := range a.subs {
			q.subscript(spot{a.t, a.subs, q.subPos[a.node][d], "reads"}, d, a.on)
		}
	})
}

// spot is one use of a tensor, for messages.
type spot struct {
	t    *layer.Tensor
	subs []layer.Int
	pos  diag.Pos
	verb string
}

// text is the access with the value v as subscript d.
func (a spot) text(d int, v int64) string {
	var b strings.Builder
	b.WriteString(a.t.Name)
	for k, s := range a.subs {
		if k == d {
			fmt.Fprintf(&b, "[%d]", v)
		} else {
			fmt.Fprintf(&b, "[%s]", layer.FormatInt(s))
		}
	}
	return b.String()
}

// subscript proves that subscript d of an access is in bounds.
func (q *equation) subscript(a spot, d int, on *conds) {
	sub := a.subs[d]
	if !q.legalSubscript(a, sub) {
		return
	}
	if a.t.HasOutside && a.verb == "reads" {
		return
	}
	if e, ok := sub.(*layer.Element); ok && e.T.Role == layer.Input {
		e.Under = under(e, on.list())
		e.Guarded = len(e.Under) > 0
		q.beyondIDs(a, d, e, on)
		return // the ids themselves are checked at run time
	}
	if q.guards(sub, a.t.Shape[d], on) {
		return
	}
	point, bad, found := q.leaves(a, sub, a.t, d, on)
	switch {
	case found && computed(sub) && !q.c.full().of(sub).within(interval{-1 << 30, 1 << 30}):
		help := fmt.Sprintf("the remainder of a division by %s is in range; %s", a.t.Extents[d], outsideHelp(a))
		q.helpf(a.pos, strings.TrimSuffix(help, "; "),
			"%s may be any number; it %s %s, whose size%s is %s", layer.FormatInt(sub), a.verb, a.t.Name, there(a.t), extentText(a.t, d))
	case found:
		q.helpf(a.pos, outsideHelp(a), "%s %s %s, its size%s is %s", point, a.verb, a.text(d, bad), there(a.t), extentText(a.t, d))
	}
}

// leaves finds a point at which a subscript is beyond dimension d of t, and its value
// there.
func (q *equation) leaves(a spot, sub layer.Int, t *layer.Tensor, d int, on *conds) (point string, bad int64, found bool) {
	p := prover{sub: sub, size: int64(t.Shape[d]), conds: on.list(), left: budget}
	point, found = p.prove(q.c.full())
	if p.left <= 0 {
		q.helpf(a.pos, "split the equation, or give "+t.Name+" an outside value", "it takes too long to prove that this stays within %s", extentText(t, d))
		return "", 0, false
	}
	return point, p.bad, found && q.c.possible(on)
}

// beyondIDs demands that what ids are beyond their shape is a subscript, too, if that is
// where they are read.
func (q *equation) beyondIDs(a spot, d int, ids *layer.Element, on *conds) {
	if v := ids.T.Outside; !ids.T.HasOutside || 0 <= v && v < float64(a.t.Shape[d]) || !ids.Reaches(int(v)) {
		return
	}
	for k, sub := range ids.Subs {
		if point, bad, found := q.leaves(a, sub, ids.T, k, on); found {
			help := fmt.Sprintf("give %s another outside", ids.T.Name)
			if a.verb == "reads" {
				help += fmt.Sprintf(", or say where(condition, %s..., 0) with a condition on indices", a.t.Name)
			}
			q.helpf(a.pos, help, "%s reads %s, which is %g there; the size of %s is %s", point, spot{t: ids.T, subs: ids.Subs}.text(k, bad), ids.T.Outside, a.t.Name, extentText(a.t, d))
			return
		}
	}
}

func there(t *layer.Tensor) string {
	if len(t.Shape) > 1 {
		return " there"
	}
	return ""
}

func outsideHelp(a spot) string {
	if a.verb == "reads" && a.t.Type == layer.Float32 && a.t.Role != layer.Gradient {
		return "if reads beyond the shape are meant, say where(condition, " + a.t.Name + "..., 0), or outside: 0 at " + a.t.Name
	}
	return ""
}

// legalSubscript refuses what is not known before run time, except the whole
// element of an int32 tensor.
func (q *equation) legalSubscript(a spot, sub layer.Int) bool {
	legal := true
	whole, _ := sub.(*layer.Element)
	layer.Walk(sub, func(n any) bool {
		switch n := n.(type) {
		case *layer.Element:
			switch {
			case n.T.Role == layer.Scalar:
				legal = false
				q.errorf(a.pos, "the run-time scalar %s cannot be part of a subscript", n.T.Name)
			case n != whole && n.T.Role == layer.Input:
				legal = false
				help := fmt.Sprintf("compute it in a scratch tensor of type int32, and say under which condition it is a subscript of %s, or give that an outside", a.t.Name)
				q.helpf(a.pos, help, "an element of %s must be the whole subscript, as in %s[%s[n]]", n.T.Name, a.t.Name, n.T.Name)
			}
			return false
		case *layer.ArgMax:
			legal = false
			q.helpf(a.pos, "give it a scratch tensor of type int32", "argmax cannot be part of a subscript")
			return false
		}
		return true
	})
	return legal
}
