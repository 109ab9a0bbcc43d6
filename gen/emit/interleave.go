package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/place"
	"github.com/dlgen/dlgen/gen/plan"
)

// Groups that go through the same large arrays, each in several calls, would
// fetch these again and again. Their calls are put in an order in which all
// groups come along together, so that what one has fetched is at hand for the
// next.

// strand is the calls of one group, in order, and how many of them are placed.
type strand struct {
	calls  []*call
	placed int
}

// call is one call of a function, and what of each array it may touch.
type call struct {
	step          ir.Step
	reads, writes map[*ir.Buffer]stretch
	// before is the share of the group's work that comes before it.
	before float64
}

// stretch is a part of an array, from its first to its last element.
type stretch struct{ lo, hi int }

// interleaved is the steps of groups one after another, with the calls of those
// that share memory in turns.
func interleaved(groups []*plan.Group, steps [][]ir.Step, shares map[*plan.Group]bool) []ir.Step {
	var out []ir.Step
	var turns [][]ir.Step
	for k, g := range groups {
		if shares[g] && !slices.ContainsFunc(steps[k], func(s ir.Step) bool { return s.In != nil }) {
			turns = append(turns, steps[k])
			continue
		}
		out = append(append(out, takenInTurns(turns)...), steps[k]...)
		turns = nil
	}
	return append(out, takenInTurns(turns)...)
}

// callCycles is how long a call of one of the groups may take: where it shares
// memory, no longer than it takes to go through as much as the second cache holds.
func (s *scheduler) callCycles(g *plan.Group, shares map[*plan.Group]bool) float64 {
	if n := place.Bytes(g); shares[g] && n > float64(s.target.Second) {
		return min(s.target.CallCycles, g.Plan.Cycles*float64(s.target.Second)/n)
	}
	return s.target.CallCycles
}

// mostTurns bounds the code of calls that take turns, and the time to find their order.
const mostTurns = 500

// takenInTurns orders the calls of groups: next comes the one of which the group
// has done least, among those that need nothing of calls still to come. Very many calls
// stay as they are.
func takenInTurns(groups [][]ir.Step) []ir.Step {
	calls := 0
	for _, st := range slices.Concat(groups...) {
		calls += st.Count
	}
	if calls > mostTurns {
		return slices.Concat(groups...)
	}
	var strands []*strand
	left := 0
	for _, steps := range groups {
		s := &strand{calls: callsOf(steps)}
		strands = append(strands, s)
		left += len(s.calls)
	}
	var out []ir.Step
	for ; left > 0; left-- {
		var next *strand
		for k, s := range strands {
			if s.placed < len(s.calls) && (next == nil || s.calls[s.placed].before < next.calls[next.placed].before) && s.ready(strands[:k]) {
				next = s
			}
		}
		out = appended(out, next.calls[next.placed].step)
		next.placed++
	}
	return out
}

// callsOf lists the calls of steps.
func callsOf(steps []ir.Step) []*call {
	var out []*call
	sum := 0.0
	for _, st := range steps {
		for k := range st.Count {
			c := &call{step: ir.Step{Func: st.Func, Count: 1, From: st.From + k}, before: sum}
			c.reads, c.writes = map[*ir.Buffer]stretch{}, map[*ir.Buffer]stretch{}
			ranges := map[*ir.Var]stretch{}
			if b := st.Func.Block; b != nil {
				ranges[b] = stretch{c.step.From, c.step.From}
			}
			c.touch(st.Func.Body, ranges)
			out = append(out, c)
			sum += st.Func.Cycles
		}
	}
	for _, c := range out {
		c.before /= sum
	}
	return out
}

// touch notes what the statements touch, given the ranges of variables.
func (c *call) touch(body []ir.Stmt, ranges map[*ir.Var]stretch) {
	for _, st := range body {
		if l, ok := st.(*ir.Loop); ok {
			ranges[l.Var] = stretch{0, l.Count - 1}
			c.touch(l.Body, ranges)
			delete(ranges, l.Var)
		}
		if m, n := ir.Read(st); m != nil {
			widen(c.reads, *m, n, ranges)
		}
		if m, n := ir.Written(st); m != nil {
			widen(c.writes, *m, n, ranges)
		}
	}
}

// widen adds n elements from m on to what is touched.
func widen(to map[*ir.Buffer]stretch, m ir.Mem, n int, ranges map[*ir.Var]stretch) {
	b := m.Buf.Root()
	if b.Place == ir.Frame {
		return
	}
	s := reach(m, n, ranges)
	if old, ok := to[b]; ok {
		s = stretch{min(s.lo, old.lo), max(s.hi, old.hi)}
	}
	to[b] = s
}

// reach is where n elements from m on may be: anywhere, where m depends on what is
// not known.
func reach(m ir.Mem, n int, ranges map[*ir.Var]stretch) stretch {
	f := m.Flat()
	s := stretch{f.Const, f.Const + n - 1}
	for _, t := range f.Terms {
		r, known := ranges[t.Var]
		if !known {
			return stretch{0, m.Buf.Root().Size() - 1}
		}
		s.lo += min(t.Coef*r.lo, t.Coef*r.hi)
		s.hi += max(t.Coef*r.lo, t.Coef*r.hi)
	}
	return s
}

// ready reports whether the next call of s may come before what is left of the
// strands that stood before it.
func (s *strand) ready(earlier []*strand) bool {
	next := s.calls[s.placed]
	for _, e := range earlier {
		for _, c := range e.calls[e.placed:] {
			if overlap(c.writes, next.reads) || overlap(c.writes, next.writes) || overlap(c.reads, next.writes) {
				return false
			}
		}
	}
	return true
}

// overlap reports whether two calls touch the same part of an array.
func overlap(a, b map[*ir.Buffer]stretch) bool {
	for buf, s := range a {
		if o, ok := b[buf]; ok && s.lo <= o.hi && o.lo <= s.hi {
			return true
		}
	}
	return false
}

// appended is the steps and one more, which the last one takes in where it goes on
// with the same function.
func appended(steps []ir.Step, st ir.Step) []ir.Step {
	if n := len(steps); n > 0 && steps[n-1].Func == st.Func && steps[n-1].From+steps[n-1].Count == st.From {
		steps[n-1].Count++
		return steps
	}
	return append(steps, st)
}
