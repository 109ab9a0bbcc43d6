package schedule

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// size is the number of elements of the panel.
func (pn *panel) size() int { return int(volume(pn.rows)) * pn.cols }

// panelCopy is a panel in scratch memory: one row for each value of the
// reduction axes, the vectors of the tile side by side.
type panelCopy struct {
	panel *panel
	buf   *ir.Buffer
}

// copyOf finds the panel that holds what an access reads.
func (e *emitter) copyOf(m *ir.Mem) *panelCopy {
	for other, pc := range e.copies {
		if sameMem(other, m) {
			return pc
		}
	}
	return nil
}

// at is the place of an element of the operand in the panel.
func (pc *panelCopy) at(t Target, p at) ir.Mem {
	m := ir.Mem{Buf: pc.buf}
	for _, r := range pc.panel.rows {
		m.Subs = append(m.Subs, p.subs[r.Var])
	}
	m.Subs = append(m.Subs, ir.Sub{Const: p.block * t.Lanes})
	return m
}

// copyPanel emits the copy of an operand for the tile that is open, four rows
// an iteration.
func (e *emitter) copyPanel(pn *panel, p at) {
	pc := e.copies[pn.mem]
	if pc == nil {
		shape := []int{}
		for _, r := range pn.rows {
			shape = append(shape, r.Size)
		}
		pc = &panelCopy{pn, &ir.Buffer{Name: pn.mem.Buf.Name + "Panel", Shape: append(shape, pn.cols), Place: ir.Frame}}
	}
	delete(e.copies, pn.mem)
	rows := pn.rows[:len(pn.rows)-1]
	last := pn.rows[len(pn.rows)-1]
	e.nest(rows, map[*ir.Var]ir.Sub{}, func(q map[*ir.Var]ir.Sub) {
		e.innermost(passPlan{}, last, 4, func(sub ir.Sub, _, _ int) {
			for _, pt := range e.vectorPoints(p) {
				for a, s := range q {
					pt = pt.with(a, s)
				}
				e.copyVector(pc, pt.with(last.Var, sub))
			}
		})
	})
	e.copies[pn.mem] = pc
}

// vectorPoints are the vectors of the tile, other tile axes left out.
func (e *emitter) vectorPoints(p at) []at {
	saved := e.tiles
	defer func() { e.tiles = saved }()
	e.tiles = nil
	for _, t := range saved {
		if t.v == e.plan.vec {
			e.tiles = append(e.tiles, t)
		}
	}
	return e.points(p, nil)
}

// copyVector moves one vector of the operand to the panel; a vector at the
// edge is filled up with zeros.
func (e *emitter) copyVector(pc *panelCopy, p at) {
	b := e.top().b
	r := b.Reg(ir.Real)
	b.Emit(&ir.Load{Dst: r, Mem: e.mem(*pc.panel.mem, nil, p), Lanes: p.lanes})
	b.Emit(&ir.Store{Mem: pc.at(e.t, p), Src: r, Lanes: e.t.Lanes})
}
