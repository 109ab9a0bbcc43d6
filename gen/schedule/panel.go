package schedule

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
)

// panel is a contiguous copy of the part of an operand that a tile of the
// outer loops uses, made before the loops inside it. Where the operand is not
// contiguous along the vector axis, the copy is transposed.
type panel struct {
	mem *ir.Mem
	// depth is the number of outer loops around the copy.
	depth int
	// vec is the axis along the lanes, along the operand's contiguous axis.
	vec, along *ir.Var
	// tileRow is the outer axis whose tile gives the first dimension of a copy
	// for a sum along the lanes, or nil.
	tileRow *ir.Var
	// rows are the reduction axes of the other dimensions.
	rows []ir.Axis
	// cols is the number of elements in a row.
	cols int
	// ahead is how many rows ahead the tile that fills the panel asks for them, 0
	// where the tiles before it do.
	ahead int
	// cycles is the work of copying, wait that of fetching.
	cycles float64
	wait   traffic
	// buf is the scratch memory.
	buf *ir.Buffer
}

// namePanels gives every panel its memory under a name of its own.
func namePanels(groups []*group, t Target) {
	count := map[string]int{}
	for _, g := range groups {
		for _, pn := range g.plan.panels {
			name := pn.mem.Buf.Name + "Panel"
			count[name]++
			if n := count[name]; n > 1 {
				name = fmt.Sprintf("%s%d", name, n)
			}
			pn.buf = &ir.Buffer{Name: name, Shape: pn.shape(g.plan.tileOf(pn.tileRow)), Place: pn.place(g.plan, t)}
		}
	}
}

// transposed reports whether the operand has to be transposed.
func (pn *panel) transposed() bool { return pn.vec != pn.along }

// shape is the panel's, for a tile of n rows.
func (pn *panel) shape(n int) []int {
	var out []int
	if pn.tileRow != nil {
		out = append(out, n)
	}
	for _, r := range pn.rows {
		out = append(out, r.Size)
	}
	return append(out, pn.cols)
}

// place is the stack for a panel that fits it.
func (pn *panel) place(p *plan, t Target) ir.Place {
	if float64(4*pn.size(p)) > float64(t.FrameBytes)*0.7 {
		return ir.Workspace
	}
	return ir.Frame
}

// size is the number of elements of the panel.
func (pn *panel) size(p *plan) int {
	n := 1
	for _, d := range pn.shape(p.tileOf(pn.tileRow)) {
		n *= d
	}
	return n
}

// newPanel is the copy of a vector operand that some inner loop uses again, or
// that has to be transposed; nil where there is none to make.
func (c *contraction) newPanel(t Target, p *plan, order []ir.Axis, sets []float64, m *ir.Mem) *panel {
	vec := p.vec
	if vec == nil {
		vec = p.sumVec()
	}
	if t.Lanes == 1 || vec == nil || m.Buf.Elem != ir.F32 || naive.Stride(m, vec) == 0 || len(c.main.nest.Gathers) > 0 {
		return nil
	}
	if !c.operand(t, m).inside {
		return nil
	}
	pn := &panel{mem: m, vec: vec, along: naive.Contiguous(m)}
	if pn.along == nil || !pn.transposed() && p.vec == nil {
		return nil
	}
	pn.cols = p.width(t, vec)
	if p.vec == nil {
		pn.tileRow = pn.along
		pn.cols = naive.CeilDiv(naive.SizeOf(c.main.nest.Reduce, vec), t.Lanes) * t.Lanes
		if !naive.Has(c.g.outer, pn.along) || p.tileOf(pn.along) > t.Lanes {
			return nil
		}
	} else if pn.transposed() && !naive.Has(c.main.nest.Reduce, pn.along) {
		return nil
	}
	copies, reuse := 1.0, 1.0
	for i, o := range order {
		n := float64(naive.CeilDiv(o.Size, p.width(t, o.Var)))
		if naive.Stride(m, o.Var) == 0 {
			reuse *= n
			continue
		}
		if o.Var != p.vec && o.Var != pn.tileRow && p.tileOf(o.Var) > 1 {
			return nil
		}
		pn.depth = i + 1
		copies *= n * reuse
		reuse = 1
	}
	for _, x := range naive.Join(c.main.nest.Reduce, c.g.abreast) {
		if naive.Stride(m, x.Var) != 0 && x.Var != vec {
			pn.rows = append(pn.rows, x)
		}
	}
	return c.priced(t, p, pn, len(order), copies, reuse, sets[len(order)])
}

// inside reports whether an operand's subscripts stay in its shape for all
// values of the axes, those that ranges exclude as well.
func inside(m *ir.Mem, lists ...[]ir.Axis) bool {
	for d, s := range m.Subs {
		if lo, hi := naive.Extent(s, lists...); lo < 0 || hi >= m.Buf.Shape[d] {
			return false
		}
	}
	return true
}

// priced is the panel with its cost, or nil where it does not pay or fit.
func (c *contraction) priced(t Target, p *plan, pn *panel, loops int, copies, reuse, tile float64) *panel {
	bytes := 4 * float64(pn.size(p))
	if reuse < 2 && !pn.transposed() || len(pn.rows) == 0 && pn.tileRow == nil || bytes > float64(t.Second)*0.6 {
		return nil
	}
	work := bytes / 32 * 0.7 // the loads are those of the first tile
	if pn.transposed() {
		work = pn.turning(p, t, c)
	}
	pn.cycles = copies * work
	pn.wait.near = copies * bytes / fromSecond
	if 4*pn.mem.Buf.Size() > t.Second {
		if pn.depth+1 == loops { // the tiles of one loop use it, the first of which fills it
			pn.ahead = c.rowsAhead(p, pn)
		}
		pn.wait.far = copies * bytes / c.arriving(t, pn)
	}
	if max(bytes, tile) > float64(t.First) {
		pn.cycles += copies * bytes / fromSecond // what is written leaves the first cache
		pn.wait.near += copies * reuse * bytes / fromSecond
	}
	return pn
}

// turning is the time in which the squares of a transposed panel are turned.
func (pn *panel) turning(p *plan, t Target, c *contraction) float64 {
	n, side := pn.cols/t.Lanes, t.Lanes
	if pn.tileRow != nil {
		side = p.tileOf(pn.tileRow)
		n *= naive.CeilDiv(side, t.Lanes)
	}
	for _, r := range pn.rows {
		if r.Var == pn.along {
			side = min(side, r.Size)
			n *= naive.CeilDiv(r.Size, t.Lanes)
		} else {
			n *= r.Size
		}
	}
	return float64(n) * turning(side, t)
}

// sumVec is the reduction axis along the lanes, nil where there is none.
func (p *plan) sumVec() *ir.Var {
	for _, pp := range p.passes {
		if pp.vec != nil {
			return pp.vec
		}
	}
	return nil
}
