package plan

import (
	"fmt"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// Panel is a contiguous copy of the part of an operand that a tile of the
// outer loops uses, made before the loops inside it. Where the operand is not
// contiguous along the vector axis, the copy is transposed.
type Panel struct {
	Mem *ir.Mem
	// Depth is the number of outer loops around the copy.
	Depth int
	// Vec is the axis along the lanes, along the operand's contiguous axis.
	Vec, Along *ir.Var
	// TileRow is the outer axis whose tile gives the first dimension of a copy
	// for a sum along the lanes, or nil.
	TileRow *ir.Var
	// Rows are the reduction axes of the other dimensions.
	Rows []ir.Axis
	// Cols is the number of elements in a row.
	Cols int
	// Ahead is how many rows ahead the tile that fills the panel asks for them, 0
	// where the tiles before it do.
	Ahead int
	// Cycles is the work of copying, wait that of fetching.
	Cycles float64
	wait   Traffic
	// Buf is the scratch memory.
	Buf *ir.Buffer
}

// NamePanels gives every panel its memory under a name of its own.
func NamePanels(groups []*Group, t machine.Target) {
	count := map[string]int{}
	for _, g := range groups {
		for _, pn := range g.Plan.Panels {
			name := pn.Mem.Buf.Name + "Panel"
			count[name]++
			if n := count[name]; n > 1 {
				name = fmt.Sprintf("%s%d", name, n)
			}
			pn.Buf = &ir.Buffer{Name: name, Shape: pn.shape(g.Plan.TileOf(pn.TileRow)), Place: pn.place(g.Plan, t)}
		}
	}
}

// Transposed reports whether the operand has to be transposed.
func (pn *Panel) Transposed() bool { return pn.Vec != pn.Along }

// shape is the panel's, for a tile of n rows.
func (pn *Panel) shape(n int) []int {
	var out []int
	if pn.TileRow != nil {
		out = append(out, n)
	}
	for _, r := range pn.Rows {
		out = append(out, r.Size)
	}
	return append(out, pn.Cols)
}

// place is the stack for a panel that fits it.
func (pn *Panel) place(p *Plan, t machine.Target) ir.Place {
	if float64(4*pn.Size(p)) > float64(t.FrameBytes)*0.7 {
		return ir.Workspace
	}
	return ir.Frame
}

// Size is the number of elements of the panel.
func (pn *Panel) Size(p *Plan) int {
	n := 1
	for _, d := range pn.shape(p.TileOf(pn.TileRow)) {
		n *= d
	}
	return n
}

// newPanel is the copy of a vector operand that some inner loop uses again, or
// that has to be transposed; nil where there is none to make.
func (c *Contraction) newPanel(t machine.Target, p *Plan, order []ir.Axis, sets []float64, m *ir.Mem) *Panel {
	vec := p.Vec
	if vec == nil {
		vec = p.sumVec()
	}
	if t.Lanes == 1 || vec == nil || m.Buf.Elem != ir.F32 || naive.Stride(m, vec) == 0 || len(c.Main.Nest.Gathers) > 0 {
		return nil
	}
	if !c.Operand(t, m).Inside {
		return nil
	}
	pn := &Panel{Mem: m, Vec: vec, Along: naive.Contiguous(m)}
	if pn.Along == nil || !pn.Transposed() && p.Vec == nil {
		return nil
	}
	pn.Cols = p.Width(t, vec)
	if p.Vec == nil {
		pn.TileRow = pn.Along
		pn.Cols = naive.CeilDiv(naive.SizeOf(c.Main.Nest.Reduce, vec), t.Lanes) * t.Lanes
		if !naive.Has(c.g.Outer, pn.Along) || p.TileOf(pn.Along) > t.Lanes {
			return nil
		}
	} else if pn.Transposed() && !naive.Has(c.Main.Nest.Reduce, pn.Along) {
		return nil
	}
	copies, reuse := 1.0, 1.0
	for i, o := range order {
		n := float64(naive.CeilDiv(o.Size, p.Width(t, o.Var)))
		if naive.Stride(m, o.Var) == 0 {
			reuse *= n
			continue
		}
		if o.Var != p.Vec && o.Var != pn.TileRow && p.TileOf(o.Var) > 1 {
			return nil
		}
		pn.Depth = i + 1
		copies *= n * reuse
		reuse = 1
	}
	for _, x := range naive.Join(c.Main.Nest.Reduce, c.g.Abreast) {
		if naive.Stride(m, x.Var) != 0 && x.Var != vec {
			pn.Rows = append(pn.Rows, x)
		}
	}
	return c.priced(t, p, pn, len(order), copies, reuse, sets[len(order)])
}

// priced is the panel with its cost, or nil where it does not pay or fit.
func (c *Contraction) priced(t machine.Target, p *Plan, pn *Panel, loops int, copies, reuse, tile float64) *Panel {
	bytes := 4 * float64(pn.Size(p))
	if reuse < 2 && !pn.Transposed() || len(pn.Rows) == 0 && pn.TileRow == nil || bytes > float64(t.Second)*0.6 {
		return nil
	}
	work := bytes / 32 * 0.7 // the loads are those of the first tile
	if pn.Transposed() {
		work = pn.turning(p, t)
	}
	pn.Cycles = copies * work
	pn.wait.Near = copies * bytes / machine.FromSecond
	if 4*pn.Mem.Buf.Size() > t.Second {
		if pn.Depth+1 == loops { // the tiles of one loop use it, the first of which fills it
			pn.Ahead = c.rowsAhead(p, pn)
		}
		pn.wait.Far = copies * bytes / c.arriving(t, pn)
	}
	if max(bytes, tile) > float64(t.First) {
		pn.Cycles += copies * bytes / machine.FromSecond // what is written leaves the first cache
		pn.wait.Near += copies * reuse * bytes / machine.FromSecond
	}
	return pn
}

// turning is the time in which the squares of a transposed panel are turned.
func (pn *Panel) turning(p *Plan, t machine.Target) float64 {
	n, side := pn.Cols/t.Lanes, t.Lanes
	if pn.TileRow != nil {
		side = p.TileOf(pn.TileRow)
		n *= naive.CeilDiv(side, t.Lanes)
	}
	for _, r := range pn.Rows {
		if r.Var == pn.Along {
			side = min(side, r.Size)
			n *= naive.CeilDiv(r.Size, t.Lanes)
		} else {
			n *= r.Size
		}
	}
	return float64(n) * turning(side, t)
}

// sumVec is the reduction axis along the lanes, nil where there is none.
func (p *Plan) sumVec() *ir.Var {
	for _, pp := range p.Passes {
		if pp.Vec != nil {
			return pp.Vec
		}
	}
	return nil
}
