package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// How far ahead of a loop its memory is asked for, in floats.
const ahead = 512

// foresee adds to the innermost loops of a map or a sum of rows requests for
// the lines that later iterations read and write, where what the function goes
// through is more than the second cache holds. The machine foresees such
// streams, but neither early enough nor those that are written.
func (e *emitter) foresee(body []ir.Stmt) []ir.Stmt {
	if e.t.Lanes == 1 || e.g.contraction || e.g.bytes() <= 2*float64(e.t.Second) {
		return body
	}
	return foreseen(body, nil, e.g.reduces())
}

// bytes is the memory that the group's stages touch, each buffer once.
func (g *group) bytes() float64 {
	sum := 0.0
	seen := map[*ir.Buffer]bool{}
	for _, s := range g.stages {
		for _, m := range touches(s.nest) {
			b := m.Buf.Root()
			if seen[b] || m == &s.nest.Store && !s.store {
				continue
			}
			seen[b] = true
			sum += footprint(m, s.nest.Axes, s.nest.Reduce)
		}
	}
	return sum
}

// foreseen is a body inside the given loops, the innermost one first; rows says
// that several passes go over each row.
func foreseen(body []ir.Stmt, around []*ir.Loop, rows bool) []ir.Stmt {
	out := make([]ir.Stmt, 0, len(body))
	for _, st := range body {
		l, ok := st.(*ir.Loop)
		if !ok {
			out = append(out, st)
			continue
		}
		in := *l
		loops := append([]*ir.Loop{l}, around...)
		if holdsLoop(l.Body) {
			in.Body = foreseen(l.Body, loops, rows)
		} else {
			in.Body = append(append([]ir.Stmt(nil), l.Body...), requests(l.Body, loops, rows)...)
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

// longBody is the statements for a line from which on a request does not count.
const longBody = 12

// requests are those for the lines of a later iteration of an innermost loop
// that stores. What it reads of a row has been read by a pass before it, so that
// a request is for another row, which a short loop has no time for.
func requests(body []ir.Stmt, loops []*ir.Loop, rows bool) []ir.Stmt {
	lines := linesOf(body, loops[0].Var)
	perBuffer := map[*ir.Buffer]int{}
	stores := false
	for _, l := range lines {
		perBuffer[l.Buf.Root()]++
		stores = stores || l.written
	}
	if !stores {
		return nil
	}
	var out []ir.Stmt
	for _, l := range lines {
		if rows && !l.written && len(body) < longBody*len(lines) {
			continue
		}
		d := ceilDiv(ahead, lineFloats*perBuffer[l.Buf.Root()])
		if runs(l.Mem, loops) >= 2*d {
			out = append(out, &ir.Prefetch{Mem: later(l.Mem, loops[0].Var, d), Near: true})
		}
	}
	return out
}

// line is the first place in a cache line that a loop touches.
type line struct {
	ir.Mem
	written bool
}

// linesOf lists the lines that vectors of a loop over v are in, as far as it
// moves on from them.
func linesOf(body []ir.Stmt, v *ir.Var) []*line {
	known := map[string]*line{}
	var out []*line
	for _, st := range body {
		m, ok := vectorAt(st)
		if !ok || m.Buf.Place == ir.Frame || m.Step(v) == 0 {
			continue
		}
		f := m.Flat()
		key := memKey(ir.Mem{Buf: m.Buf.Root(), Subs: []ir.Sub{{Const: f.Const / lineFloats, Terms: f.Terms}}})
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

// runs is how many iterations in a row go on through memory in equal steps, the
// loops around the innermost one included where they continue it.
func runs(m ir.Mem, loops []*ir.Loop) int {
	n, step := loops[0].Count, m.Step(loops[0].Var)
	for _, l := range loops[1:] {
		if m.Step(l.Var) != step*n {
			break
		}
		n *= l.Count
	}
	return n
}

// later is the place that m is, d iterations of a loop on.
func later(m ir.Mem, v *ir.Var, d int) ir.Mem {
	out := ir.Mem{Buf: m.Buf, Subs: make([]ir.Sub, len(m.Subs))}
	for k, s := range m.Subs {
		out.Subs[k] = s.Add(ir.Sub{Const: s.Coef(v)}, d)
	}
	return out
}
