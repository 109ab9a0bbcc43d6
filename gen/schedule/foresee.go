package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// aheadFloats is how far ahead of a loop its memory is asked for.
const aheadFloats = 512

// foresee adds to the innermost loops of maps and sums of rows requests for the
// lines that later iterations read and write, where what the function goes
// through is more than the second cache holds. The machine foresees such
// streams, but neither early enough, nor into the next page, nor those that are
// written.
func (e *emitter) foresee(body []ir.Stmt) []ir.Stmt {
	if e.t.Lanes == 1 || e.g.contraction || e.g.bytes() <= 2*float64(e.t.Second) {
		return body
	}
	return foreseen(body, nil)
}

// bytes is the memory that the group's stages touch, each buffer once.
func (g *group) bytes() float64 {
	sum := 0.0
	for _, n := range g.touched() {
		sum += n
	}
	return sum
}

// touched is the bytes of each buffer that the group's stages touch.
func (g *group) touched() map[*ir.Buffer]float64 {
	most := map[*ir.Buffer]float64{}
	for _, s := range g.stages {
		for _, m := range touches(s.nest) {
			if b := m.Buf.Root(); s.store || m != &s.nest.Store {
				most[b] = max(most[b], footprint(m, s.nest.Axes, s.nest.Reduce))
			}
		}
	}
	return most
}

// foreseen is a body inside the given loops, the innermost one first. Of several
// passes over a row only the first one asks for what they read.
func foreseen(body []ir.Stmt, around []*ir.Loop) []ir.Stmt {
	out := make([]ir.Stmt, 0, len(body))
	asked := map[*ir.Buffer]bool{}
	for _, st := range body {
		l, ok := st.(*ir.Loop)
		if !ok {
			out = append(out, st)
			continue
		}
		in := *l
		loops := append([]*ir.Loop{l}, around...)
		if holdsLoop(l.Body) {
			in.Body = foreseen(l.Body, loops)
		} else {
			in.Body = append(append([]ir.Stmt(nil), l.Body...), requests(l.Body, loops, asked)...)
		}
		if len(around) == 0 {
			clear(asked)
		}
		out = append(out, &in)
	}
	return out
}

func holdsLoop(body []ir.Stmt) bool {
	for _, st := range body {
		if _, ok := st.(*ir.Loop); ok {
			return true
		}
	}
	return false
}

// mostLinesAhead is the lines of an array for which one iteration asks: more are
// of several rows side by side, none of which is long.
const mostLinesAhead = 8

// requests are those for the lines of a later iteration of an innermost loop,
// but for what has been asked for.
func requests(body []ir.Stmt, loops []*ir.Loop, asked map[*ir.Buffer]bool) []ir.Stmt {
	lines := linesOf(body, loops[0].Var)
	perBuffer := map[*ir.Buffer]int{}
	for _, l := range lines {
		perBuffer[l.Buf.Root()]++
	}
	var out []ir.Stmt
	for _, l := range lines {
		n := perBuffer[l.Buf.Root()]
		if n > mostLinesAhead || asked[l.Buf.Root()] && !l.written {
			continue
		}
		if m, ok := ahead(l.Mem, lineFloats*n, loops); ok {
			out = append(out, &ir.Prefetch{Mem: m, Near: true})
		}
	}
	for b := range perBuffer {
		asked[b] = true
	}
	return out
}

// ahead is the place that m is once the loops have gone through a number of
// floats, given those of one iteration of the innermost: some iterations on of
// the first loop that has enough of them.
func ahead(m ir.Mem, floats int, loops []*ir.Loop) (ir.Mem, bool) {
	for _, l := range loops {
		d := ceilDiv(aheadFloats, floats)
		if l.Count >= 2*d && m.Step(l.Var) != 0 {
			return later(m, l.Var, d), true
		}
		floats *= l.Count
	}
	return ir.Mem{}, false
}

// smallArray is the bytes of arrays that stay in the first cache.
const smallArray = 16 << 10

// line is the first place in a cache line that a loop touches.
type line struct {
	ir.Mem
	written bool
}

// linesOf lists the lines that vectors of a loop over v are in, as far as it
// moves on from them.
func linesOf(body []ir.Stmt, v *ir.Var) []*line {
	known, places := map[string]*line{}, ids{}
	var out []*line
	for _, st := range body {
		m, ok := vectorAt(st)
		if !ok || m.Buf.Place == ir.Frame || 4*m.Buf.Size() <= smallArray || m.Step(v) == 0 {
			continue
		}
		f := m.Flat()
		key := places.memKey(nil, ir.Mem{Buf: m.Buf.Root(), Subs: []ir.Sub{{Const: f.Const / lineFloats, Terms: f.Terms}}})
		if known[key] == nil {
			known[key] = &line{Mem: m}
			out = append(out, known[key])
		}
		if _, store := st.(*ir.Store); store {
			known[key].written = true
		}
	}
	return out
}

// vectorAt is the place of a vector that a statement loads or stores.
func vectorAt(st ir.Stmt) (ir.Mem, bool) {
	switch st := st.(type) {
	case *ir.Load:
		return st.Mem, !st.Broadcast
	case *ir.Store:
		return st.Mem, true
	}
	return ir.Mem{}, false
}

// later is the place that m is, d iterations of a loop on.
func later(m ir.Mem, v *ir.Var, d int) ir.Mem {
	out := ir.Mem{Buf: m.Buf, Subs: make([]ir.Sub, len(m.Subs))}
	for k, s := range m.Subs {
		out.Subs[k] = s.Add(ir.Sub{Const: s.Coef(v)}, d)
	}
	return out
}
