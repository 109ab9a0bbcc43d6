package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// nextPanel asks for the next panel of an operand that comes from beyond the second
// cache, while tiles are computed from the one at hand: its rows are too far
// apart for the machine to foresee, and only so many lines can be on their way
// at a time. Each tile asks for a few of the lines, in turn.
type nextPanel struct {
	pn *plan.Panel
	// next are the values, for the next panel, of the axes whose loops change it.
	next []setting
	// slots is the number of turns to ask for everything: each is a line of one
	// in askSteps steps of the sum, or one row of an operand that is transposed.
	slots int
	// each is how many slots a tile takes.
	each int
	// turn is the next slot; cyclic goes through them again and again, because
	// not all tiles go through all of the sum.
	turn   int
	cyclic bool
	// tile counts the tiles since turn, nil for one.
	tile *ir.Var
	// now says that the tiles at hand ask.
	now bool
}

// askSteps is the number of steps of the innermost loop between two times of
// asking.
const askSteps = 4

// lookAhead is for the tiles that follow the i-th loop, which is at tile p and fills
// panel pn; nil where there is nothing to ask for.
func (e *emitter) lookAhead(i int, p at, pn *plan.Panel) *nextPanel {
	if e.t.Lanes == 1 || pn.TileRow != nil || pn.Foreseen() || 4*pn.Mem.Buf.Size() <= e.t.Second || i+1 == len(e.plan.Order) {
		return nil
	}
	h := &nextPanel{pn: pn, next: e.panelAfter(i, p, pn), cyclic: e.g.Restricted() || e.g.Clipped()}
	if len(h.next) == 0 {
		return nil
	}
	if pn.Transposed() {
		h.slots = pn.Cols
	} else {
		h.slots = askSteps * naive.CeilDiv(pn.Cols, machine.LineFloats)
	}
	tiles := 1
	for k := i + 1; k < len(e.plan.Order); k++ {
		runs := e.splitRuns(e.plan.Order[k], e.runs(e.plan.Order[k]))
		n := len(runs)
		if k+1 == len(e.plan.Order) {
			n = 0
			for _, x := range runs {
				n += x.count
			}
		}
		tiles *= n
	}
	h.each = naive.CeilDiv(h.slots, max(1, tiles-1))
	return h
}

// panelAfter is where the panel after pn lies, which the i-th loop has filled at p: one
// tile on along the innermost loop that pn goes with, which loops of one turn may
// stand inside of; from its end, at its beginning and one on along the loop around it.
func (e *emitter) panelAfter(i int, p at, pn *plan.Panel) []setting {
	var next []setting
	for _, o := range slices.Backward(e.plan.Order[:i+1]) {
		k := slices.IndexFunc(e.tiles, func(t tileAxis) bool { return t.v == o.Var })
		if k < 0 || naive.Stride(pn.Mem, o.Var) == 0 {
			continue
		}
		if step := e.tiles[k].width(); e.tiles[k].start+step < o.Size {
			return append(next, setting{v: o.Var, sub: p.sub(o.Var).Add(ir.Sub{Const: 1}, step)})
		}
		next = append(next, setting{v: o.Var})
	}
	return next[:0]
}

// askAhead asks, where a tile copies an element of an operand, for one some rows ahead.
func (e *emitter) askAhead(pn *plan.Panel, p at, scope int) {
	if pn.Ahead == 0 || p.blocks[pn.Vec]*e.t.Lanes%machine.LineFloats != 0 {
		return
	}
	row := pn.Rows[len(pn.Rows)-1].Var
	q := p.with(row, p.sub(row).Add(ir.Sub{Const: 1}, pn.Ahead))
	e.scopes[scope].b.Emit(&ir.Prefetch{Mem: e.mem(*pn.Mem, nil, q), Soon: true})
}

// inTurns divides a run of the innermost of the outer loops so that the tiles of
// each part ask for neighbouring lines, and those of the last one for nothing.
func (e *emitter) inTurns(count int, part func(from, count int)) {
	h := e.next
	if h == nil || e.rest {
		part(0, count)
		return
	}
	from := 0
	for from < count && (h.cyclic || h.turn < h.slots) {
		h.turn %= h.slots
		room := h.slots - h.turn
		if !h.pn.Transposed() {
			room = askSteps - h.turn%askSteps
		}
		n := min(count-from, naive.CeilDiv(room, h.each))
		h.now = true
		part(from, n)
		h.now, h.tile = false, nil
		h.turn += n * h.each
		from += n
	}
	if from < count {
		part(from, count-from)
	}
}

// asksByLine reports whether each line along v has something to ask for: rows of the next
// tile, or of a panel that is transposed.
func (e *emitter) asksByLine(v *ir.Var) bool {
	return len(e.rows) > 0 || e.next != nil && e.next.now && e.next.pn.Transposed() && v == e.next.pn.Along
}

// askNext asks for lines of the next panel, at a step of the sum's innermost axis v, or at
// a line along v, which is for panels that are transposed.
func (e *emitter) askNext(v *ir.Var, p at, line bool) {
	h := e.next
	if h == nil || !h.now || naive.Stride(h.pn.Mem, v) == 0 || h.pn.Transposed() != line || line && v != h.pn.Along {
		return
	}
	for _, x := range h.next {
		p = p.with(x.v, x.sub)
	}
	for k := 0; k < h.each; k++ {
		slot, line := h.turn+k, 0
		row := v
		if h.pn.Transposed() {
			row = h.pn.Vec
		} else {
			slot, line = slot%askSteps, slot/askSteps*machine.LineFloats
		}
		off := ir.Sub{Const: slot}
		if h.tile != nil {
			off = off.Add(ir.VarSub(h.tile), h.each)
		}
		q := p.with(row, p.sub(row).Add(off, 1))
		q = q.with(h.pn.Vec, q.sub(h.pn.Vec).Add(ir.Sub{Const: 1}, line))
		e.top().b.Emit(&ir.Prefetch{Mem: e.mem(*h.pn.Mem, nil, q)})
	}
}
