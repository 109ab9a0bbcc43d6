package schedule

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// fromThird is the bytes a cycle that arrive from beyond the second cache: few
// where the rows are short and far apart, which the machine does not foresee.
func (pn *panel) fromThird() float64 {
	step, reach := math.MaxInt, 0
	rows, run := pn.memoryRows()
	for _, r := range rows {
		if c := naive.Stride(pn.mem, r.Var); c > 0 {
			step = min(step, c)
			reach += c * (r.Size - 1)
		}
	}
	if step < 16*lineFloats || run >= 4 {
		return fromThird
	}
	rate := fromThird * float64(max(run, 1)) / 4
	if 4*reach > foreseenPages*4096 {
		rate /= 2
	}
	return rate
}

// memoryRows are the axes along which the panel's operand goes on from one row in
// memory to the next, and the number of whole cache lines in a row.
func (pn *panel) memoryRows() (rows []ir.Axis, lines int) {
	if !pn.transposed() {
		return pn.rows, pn.cols / lineFloats
	}
	for _, r := range pn.rows {
		if r.Var == pn.along {
			lines = r.Size / lineFloats
		} else {
			rows = append(rows, r)
		}
	}
	return append(rows, ir.Axis{Var: pn.vec, Size: pn.cols}), lines
}

// foreseenPages is the number of pages that the machine finds without a search.
const foreseenPages = 1024

// foreseen reports whether the machine fetches the panel's rows ahead of time by
// itself.
func (pn *panel) foreseen() bool { return !pn.transposed() && pn.fromThird() == fromThird }

// arriving is the bytes of a panel that arrive in a cycle from beyond the second cache.
// What is asked for long before its time drives itself out of that cache where rows are
// far apart.
func (c *contraction) arriving(t Target, pn *panel) float64 {
	lines, hold := naive.Volume(pn.rows)*lineFloats*4, c.operand(t, pn.mem).capacity
	switch rate := pn.fromThird(); {
	case pn.ahead > 0:
		return rate
	case rate == fromThird && lines > hold.second:
		return rate / 2
	case lines > 2*hold.apart:
		return rate * 2 / 3
	default:
		return rate
	}
}

// What arrives from beyond the second cache is asked for aheadCycles before its time;
// a panel has at least fewestAhead times the rows of which the first ones are not.
const (
	aheadCycles = 420
	fewestAhead = 16
)

// rowsAhead is how many rows ahead a tile asks for those that it copies, so that they
// are there in time: 0 where it takes more than arrives meanwhile, or parts of lines, or
// where the next rows in memory are not those of the panel.
func (c *contraction) rowsAhead(p *plan, pn *panel) int {
	if pn.transposed() || pn.foreseen() || len(c.g.abreast) > 0 || pn.cols%lineFloats != 0 {
		return 0
	}
	sums := float64(c.g.width() * p.tileSize())
	step := sums * c.products / 2
	rows := int(math.Ceil(aheadCycles / step))
	for k, r := range pn.rows {
		if k > 0 && naive.Stride(pn.mem, pn.rows[k-1].Var) != r.Size*naive.Stride(pn.mem, r.Var) {
			return 0
		}
	}
	if float64(4*pn.cols) > fromThird*step || naive.Volume(pn.rows) < float64(fewestAhead*rows) {
		return 0
	}
	return rows
}

// linesAhead is how many lines of the next rows a copy has on their way.
const linesAhead = 24

// askRows asks, where a group copies pieces of rows of an array that lie far apart, for
// the lines of one some rows ahead.
func (e *emitter) askRows(points []at) {
	s := e.g.stages[0]
	m := s.nest.Value.Load
	if m == nil || len(e.g.stages) > 1 || e.t.Lanes == 1 || len(s.nest.Gathers) > 0 || 4*m.Buf.Size() < e.t.Second {
		return
	}
	row, vec := e.rowAxis(), e.plan.vec
	if row == nil || vec == nil || 4*naive.Stride(m, row) < longRow || e.plan.width(e.t, vec) < naive.SizeOf(e.g.outer, vec) {
		return
	}
	lines := naive.CeilDiv(len(points)*e.t.Lanes, lineFloats)
	for k, q := range points {
		if e.mode(m, q) == vector && k*e.t.Lanes%lineFloats == 0 {
			q = q.with(row, q.sub(row).Add(ir.Sub{Const: 1}, naive.CeilDiv(linesAhead, lines)))
			e.top().b.Emit(&ir.Prefetch{Mem: e.mem(*m, nil, q), Soon: true})
		}
	}
}

// rowAxis is the innermost of the loops that has no vectors, nil where there is none.
func (e *emitter) rowAxis() *ir.Var {
	for _, a := range slices.Backward(e.plan.order) {
		if a.Var != e.plan.vec {
			return a.Var
		}
	}
	return nil
}
