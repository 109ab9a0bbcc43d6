package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// linesAhead is how many lines of the next rows a copy has on their way.
const linesAhead = 24

// askRows asks, where a group copies pieces of rows of an array that lie far apart, for
// the lines of one some rows ahead.
func (e *emitter) askRows(points []at) {
	s := e.g.Stages[0]
	m := s.Nest.Value.Load
	if m == nil || len(e.g.Stages) > 1 || e.t.Lanes == 1 || len(s.Nest.Gathers) > 0 || 4*m.Buf.Size() < e.t.Second {
		return
	}
	row, vec := e.rowAxis(), e.plan.Vec
	if row == nil || vec == nil || 4*naive.Stride(m, row) < plan.LongRow || e.plan.Width(e.t, vec) < naive.SizeOf(e.g.Outer, vec) {
		return
	}
	lines := naive.CeilDiv(len(points)*e.t.Lanes, machine.LineFloats)
	for k, q := range points {
		if e.mode(m, q) == vector && k*e.t.Lanes%machine.LineFloats == 0 {
			q = q.with(row, q.sub(row).Add(ir.Sub{Const: 1}, naive.CeilDiv(linesAhead, lines)))
			e.top().b.Emit(&ir.Prefetch{Mem: e.mem(*m, nil, q), Soon: true})
		}
	}
}

// rowAxis is the innermost of the loops that has no vectors, nil where there is none.
func (e *emitter) rowAxis() *ir.Var {
	for _, a := range slices.Backward(e.plan.Order) {
		if a.Var != e.plan.Vec {
			return a.Var
		}
	}
	return nil
}
