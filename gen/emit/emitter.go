package emit

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// emitter writes one group into a function.
type emitter struct {
	t     machine.Target
	g     *plan.Group
	plan  *plan.Plan
	fn    *ir.Func
	names map[string]int
	// reserved are the names that variables must not have, above those that groups before
	// gave to ids of the function.
	reserved, above map[string]bool
	// scopes are the open loops, outermost first; scopes[0] is the function.
	scopes []*scope
	// depth says in which scope a register or variable came to be.
	depth map[any]int
	ids   ids
	// tiles are the tiles of the outer axes that are open.
	tiles []tileAxis
	// source says which buffer a register was loaded from; loads and defined of which one
	// a load and a store is remembered.
	source         map[*ir.Reg]*ir.Buffer
	loads, defined map[string]*ir.Buffer
	// indexOf says which buffer an index was loaded from.
	indexOf map[*ir.Var]*ir.Buffer
	// joins are, for each of the operators that join conditions, what one made by it joins.
	joins map[ir.Op]map[*ir.Reg][]*ir.Reg
	// partial marks vectors loaded with 0 in the lanes beyond the end.
	partial map[*ir.Reg]bool
	// flags has the flag beside the accumulators of a maximum or minimum;
	// watched lists those of the pass at hand.
	flags   map[*ir.Reg]*nanFlag
	watched []*nanFlag
	// empty marks accumulators that nothing has been added to.
	empty map[*ir.Reg]bool
	// copied are the panels that hold their operands now; filling those that
	// the next tile copies while it reads the operands themselves.
	copied, filling []*plan.Panel
	// next asks for the next panel while one is in use.
	next *nextPanel
	// rows are the operands of which the tiles ask for the next one's rows.
	rows []plan.NextRows
	// onward are what tiles ask for of the next part of a sum.
	onward []*ir.Mem
	// clips are the values of axes that the tiles at hand need, borders which of their
	// blocks need which; rest says that the tiles have nothing to compute.
	clips   map[*ir.Var]naive.Span
	borders map[*ir.Var]border
	rest    bool
	// waiting are stores of the point at hand that are not emitted yet, parts what waits
	// for the elements between.
	waiting []*ir.Store
	parts   map[*fuse.Stage]rowPart
	// written holds the buffers that the group stores to.
	written map[*ir.Buffer]bool
	// counted is the number of kinds of tiles, 0 before they are counted.
	counted int
	// back makes the outermost loop run from its end to its beginning.
	back bool
}

// scope is the body of an open loop.
type scope struct {
	b *ir.Builder
	// memo finds what has been computed here before.
	memo map[string]any
	// pinned keeps what is computed in this loop inside it, so that a register
	// tile has its registers for itself.
	pinned bool
}

func newEmitter(t machine.Target, g *plan.Group, f *ir.Func) *emitter {
	e := &emitter{t: t, g: g, plan: g.Plan, fn: f, names: map[string]int{}, depth: map[any]int{}, ids: ids{}, indexOf: map[*ir.Var]*ir.Buffer{}, source: map[*ir.Reg]*ir.Buffer{}, loads: map[string]*ir.Buffer{}, defined: map[string]*ir.Buffer{}, partial: map[*ir.Reg]bool{}, joins: map[ir.Op]map[*ir.Reg][]*ir.Reg{}, empty: map[*ir.Reg]bool{}, flags: map[*ir.Reg]*nanFlag{}, written: map[*ir.Buffer]bool{}, parts: map[*fuse.Stage]rowPart{}, clips: map[*ir.Var]naive.Span{}, borders: map[*ir.Var]border{}}
	if g.Contraction && slices.ContainsFunc(g.Stages, g.IsMain) {
		c := plan.NewContraction(g)
		e.rows, e.onward = c.RowsToAskFor(t, g.Plan), c.NextParts(t)
	}
	if f != nil {
		f.Plans = append(f.Plans, g.Plan.String()+g.BesideText())
	}
	for _, s := range g.Stages {
		if s.Store {
			e.written[s.Nest.Store.Buf] = true
		}
		if f != nil && !contains(f.Doc, s.Nest.Text) {
			f.Doc = append(f.Doc, s.Nest.Text)
		}
	}
	return e
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// run emits the whole group.
func (e *emitter) run() {
	e.open()
	e.outer(0, e.origin())
	e.close()
}

// runBlock emits the iterations of the outermost loop that r holds; where
// block is not nil it counts such runs, one behind the other.
func (e *emitter) runBlock(r axisRun, block *ir.Var, blocks int) {
	e.open()
	base := ir.Sub{Const: r.start}
	if block != nil {
		e.depth[block] = 0
		number := ir.VarSub(block)
		if e.back {
			number = ir.Sub{Const: blocks - 1}.Add(number, -1)
		}
		base = base.Add(number, r.count*r.step)
	}
	e.inCall(0, e.origin(), r, base, blocks)
	e.close()
}

// origin is the point at which no axis has a value yet, only the serial loop.
func (e *emitter) origin() at {
	if e.g.Steps == nil {
		return at{}
	}
	e.depth[e.g.Steps.Var] = 0
	return at{}.with(e.g.Steps.Var, ir.VarSub(e.g.Steps.Var))
}

// open starts the outermost scope, whose statements go to the function.
func (e *emitter) open() {
	start := ir.LastReg(e.fn.Body)
	b := &ir.Builder{}
	for i := 0; i < start; i++ {
		b.Reg(ir.Real)
	}
	e.scopes = []*scope{{b: b, memo: map[string]any{}}}
	e.above = map[string]bool{}
	for _, st := range e.fn.Body {
		if id, ok := st.(*ir.LoadIndex); ok {
			e.above[id.Dst.Name] = true
		}
	}
}

func (e *emitter) close() { e.fn.Body = append(e.fn.Body, e.scopes[0].b.Body...) }

func (e *emitter) top() *scope { return e.scopes[len(e.scopes)-1] }

// fresh is a new variable with a readable name.
func (e *emitter) fresh(name string) *ir.Var {
	for {
		e.names[name]++
		full := name
		if n := e.names[name]; n > 1 {
			full = fmt.Sprintf("%s_%d", name, n)
		}
		if !e.reserved[full] && !e.above[full] {
			return &ir.Var{Name: full}
		}
	}
}

// loop runs body count times with a new variable; a single iteration needs no
// loop and has the variable nil.
func (e *emitter) loop(name string, count int, pinned bool, body func(v *ir.Var)) {
	if count == 1 {
		body(nil)
		return
	}
	v := e.fresh(name)
	e.depth[v] = len(e.scopes)
	e.scopes = append(e.scopes, &scope{b: e.top().b.Nested(), memo: map[string]any{}, pinned: pinned})
	body(v)
	in := e.top()
	e.scopes = e.scopes[:len(e.scopes)-1]
	e.top().b.Emit(&ir.Loop{Var: v, Count: count, Body: in.b.Body})
}

// axisRun is a number of tiles of one size along an outer axis.
type axisRun struct {
	// start is the first index, in elements.
	start, count int
	// offsets are the indices of the tile's blocks relative to its start;
	// lanes is how many lanes each block has (1 for an axis that is no vector).
	offsets, lanes []int
	// step is the distance between tiles, in elements.
	step int
}

// runs divides an outer axis into tiles.
func (e *emitter) runs(a ir.Axis) []axisRun {
	tile := e.plan.TileOf(a.Var)
	unit := 1
	if a.Var == e.plan.Vec {
		unit = e.t.Lanes
	}
	var out []axisRun
	units := naive.CeilDiv(a.Size, unit)
	for _, r := range plan.Blocks(units, tile) {
		ar := axisRun{start: r.Start * unit, count: r.Count, step: r.Size * unit}
		for i := 0; i < r.Size; i++ {
			ar.offsets = append(ar.offsets, i*unit)
			ar.lanes = append(ar.lanes, unit)
		}
		out = append(out, ar)
	}
	tail := a.Size % unit
	if tail == 0 {
		return out
	}
	last := out[len(out)-1]
	if last.count > 1 {
		out[len(out)-1].count--
		last.start += last.step * (last.count - 1)
		last.count = 1
		last.offsets = append([]int(nil), last.offsets...)
		last.lanes = append([]int(nil), last.lanes...)
		out = append(out, last)
	}
	k := len(last.offsets) - 1
	if a.Size >= unit && e.mayOverlap() {
		last.offsets[k] -= unit - tail
	} else {
		last.lanes[k] = tail
	}
	return out
}

// mayOverlap reports whether elements may be computed twice: nothing that is
// written is read or accumulated.
func (e *emitter) mayOverlap() bool {
	for _, s := range e.g.Stages {
		if s.Nest.Accumulate {
			return false
		}
		for _, m := range s.Nest.Value.Loads() {
			if e.written[m.Buf] || m.Buf.Tensor != nil && !e.g.Contraction {
				return false
			}
		}
	}
	return true
}

// outer emits the outer loops from the i-th on.
func (e *emitter) outer(i int, p at) {
	if i == len(e.plan.Order) {
		if e.rest {
			e.restOfTile(p)
		} else {
			e.tile(p)
		}
		return
	}
	if len(e.g.Passes) == 1 && e.allMove(e.plan.Order[i:]) && e.moves(e.g.Passes[0], e.plan.Order[i:], p) {
		return
	}
	a := e.plan.Order[i]
	runs := e.splitRuns(a, e.runs(a))
	if len(e.filling) > 0 && i+1 == len(e.plan.Order) {
		k := e.wholeRun(p)
		runs[0], runs[k] = runs[k], runs[0]
	}
	active := e.active(a, runs)
	if i > 0 && e.backward(i) {
		slices.Reverse(active)
	}
	for _, r := range active {
		e.inActive(i, p, r)
	}
}

// backward reports whether the loop over the i-th outer axis goes from its end: all do where the
// outermost one does, so that memory is gone through evenly. Of the steps of a serial loop, one
// sweeps through rows, which lie as they are needed.
func (e *emitter) backward(i int) bool { return e.back && (i == 0 || e.g.Steps == nil) }

// overRun emits the tiles of one run of the i-th outer axis from base on.
func (e *emitter) overRun(i int, p at, r axisRun, base ir.Sub) {
	a := e.plan.Order[i]
	if len(e.filling) > 0 && i+1 == len(e.plan.Order) {
		e.inRun(i, p.with(a.Var, base), r)
		for _, pn := range e.filling {
			e.depth[pn.Buf] = len(e.scopes) - 1
		}
		e.copied, e.filling = append(e.copied, e.filling...), nil
		if r.count == 1 {
			return
		}
		r.count--
		base = base.Add(ir.Sub{Const: 1}, r.step)
	}
	if i+1 < len(e.plan.Order) {
		e.overTiles(i, p, r, base)
		return
	}
	e.inTurns(r.count, func(from, count int) {
		part := r
		part.start, part.count = r.start+from*r.step, count
		e.overTiles(i, p, part, base.Add(ir.Sub{Const: 1}, from*r.step))
	})
}

// overTiles emits the loop over the tiles of a run.
func (e *emitter) overTiles(i int, p at, r axisRun, base ir.Sub) {
	a := e.plan.Order[i]
	e.loop(a.Var.Name, r.count, e.g.Contraction, func(v *ir.Var) {
		s := base
		switch {
		case v != nil && e.backward(i):
			s = s.Add(ir.Sub{Const: r.count - 1}.Add(ir.VarSub(v), -1), r.step)
		case v != nil:
			s = s.Add(ir.VarSub(v), r.step)
		}
		if e.next != nil && i+1 == len(e.plan.Order) {
			e.next.tile = v
		}
		e.inRun(i, p.with(a.Var, s), r)
	})
}

// inRun goes on to the next axis with the tile of this one fixed.
func (e *emitter) inRun(i int, p at, r axisRun) {
	saved, next := e.tiles, e.next
	e.tiles = append(append([]tileAxis(nil), saved...), tileAxis{v: e.plan.Order[i].Var, start: r.start, offsets: r.offsets, lanes: r.lanes})
	for _, pn := range e.plan.Panels {
		if e.rest {
			break
		}
		if pn.Depth == i+1 && !pn.Transposed() && i+2 == len(e.plan.Order) && e.fillable(pn.Mem) && e.wholeRun(p) >= 0 {
			e.drop(pn)
			e.filling = append(e.filling, pn)
		} else if pn.Depth == i+1 {
			e.copyPanel(pn, p)
		}
		if pn.Depth == i+1 && e.next == nil && !(pn.Ahead > 0 && slices.Contains(e.filling, pn)) {
			e.next = e.lookAhead(i, p, pn)
		}
	}
	e.outer(i+1, p)
	e.tiles, e.next = saved, next
}
