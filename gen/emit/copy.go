package emit

import (
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/gen/plan"
)

// copyOf finds the panel that holds what an access reads.
func (e *emitter) copyOf(m *ir.Mem) *plan.Panel {
	for _, pn := range e.copied {
		if naive.SameMem(pn.Mem, m) {
			return pn
		}
	}
	return nil
}

// inPanel is the place of an element of the operand in its panel.
func (e *emitter) inPanel(pn *plan.Panel, p at) ir.Mem {
	m := ir.Mem{Buf: pn.Buf}
	if pn.TileRow != nil {
		m.Subs = append(m.Subs, ir.Sub{Const: p.blocks[pn.TileRow]})
	}
	for _, r := range pn.Rows {
		m.Subs = append(m.Subs, p.sub(r.Var))
	}
	if pn.TileRow != nil {
		return ir.Mem{Buf: pn.Buf, Subs: append(m.Subs, p.sub(pn.Vec))}
	}
	return ir.Mem{Buf: pn.Buf, Subs: append(m.Subs, ir.Sub{Const: p.blocks[pn.Vec] * e.t.Lanes})}
}

// drop forgets what a panel holds.
func (e *emitter) drop(pn *plan.Panel) {
	var kept []*plan.Panel
	for _, other := range e.copied {
		if other != pn {
			kept = append(kept, other)
		}
	}
	e.copied = kept
	e.forget(pn.Buf)
}

// fill stores a vector loaded from an operand in the panel that the tile at hand fills,
// once: another factor may have loaded it before.
func (e *emitter) fill(m *ir.Mem, r *ir.Reg, p at) {
	for _, pn := range e.filling {
		if !naive.SameMem(pn.Mem, m) {
			continue
		}
		to := e.inPanel(pn, p)
		k := e.ids.memKey(key('p'), to)
		if _, ok := e.lookup(k); ok {
			continue
		}
		scope := e.depth[r]
		e.scopes[scope].memo[k], e.loads[k] = r, pn.Buf
		e.scopes[scope].b.Emit(&ir.Store{Mem: to, Src: r, Lanes: e.t.Lanes})
		e.askAhead(pn, p, scope)
	}
}

// fillable reports whether a tile with all terms of the sum loads all of an operand.
func (e *emitter) fillable(m *ir.Mem) bool {
	return slices.ContainsFunc(e.g.Passes, func(ps *fuse.Pass) bool {
		return slices.ContainsFunc(ps.Stages, func(s *fuse.Stage) bool { return always(s.Nest.Value, m) })
	})
}

// wholeRun is the first run of the innermost of the outer loops whose tiles have all
// terms of the sum, so that one of them can fill a panel on its way, or -1.
func (e *emitter) wholeRun(p at) int {
	last := len(e.plan.Order) - 1
	a := e.plan.Order[last]
	switch {
	case e.g.Clipped() && (len(e.clips) > 0 || e.g.Restricted()):
		return -1
	case e.g.Clipped():
		list := e.clippings(last)
		return slices.IndexFunc(e.runs(a), func(r axisRun) bool {
			return slices.ContainsFunc(e.clipParts(list, a, r), func(part axisRun) bool { return e.needsAll(list, a, part) })
		})
	case !e.g.Restricted():
		return 0
	}
	saved := e.tiles
	defer func() { e.tiles = saved }()
	for k, r := range e.splitRuns(a, e.runs(a)) {
		e.tiles = append(append([]tileAxis(nil), saved...), tileAxis{v: a.Var, start: r.start, offsets: r.offsets, lanes: r.lanes})
		pts := e.points(p.with(a.Var, ir.Sub{Const: r.start}), nil)
		if !slices.ContainsFunc(e.g.Passes, func(ps *fuse.Pass) bool { return !e.whole(ps.Stages[0].Nest.Within, ps.Inner, pts) }) {
			return k
		}
	}
	return -1
}

// whole reports whether each term of a sum is one of some of the points.
func (e *emitter) whole(ranges []ir.Range, axes []ir.Axis, pts []at) bool {
	if len(axes) == 0 {
		return true
	}
	rest := axes[0].Size
	for _, s := range e.segments(ranges, axes[0], pts) {
		if rest -= s.count; !e.whole(ranges, axes[1:], s.points) {
			return false
		}
	}
	return rest == 0
}

// copyPanel emits the copy of an operand for the tile that is open.
func (e *emitter) copyPanel(pn *plan.Panel, p at) {
	e.drop(pn)
	switch {
	case pn.TileRow != nil:
		e.transposeSum(pn, p)
	case pn.Transposed():
		e.transposeTile(pn, p)
	default:
		e.copyRows(pn, p)
	}
	e.copied = append(e.copied, pn)
	e.depth[pn.Buf] = len(e.scopes) - 1
}

// copyRows copies as it stands, four rows an iteration.
func (e *emitter) copyRows(pn *plan.Panel, p at) {
	last := pn.Rows[len(pn.Rows)-1]
	e.nest(pn.Rows[:len(pn.Rows)-1], map[*ir.Var]ir.Sub{}, func(q map[*ir.Var]ir.Sub) {
		e.innermost(plan.PassPlan{}, last, 4, func(sub ir.Sub, _, _ int) {
			for _, pt := range e.tilePoints(p, pn.Vec) {
				pt = pt.withAll(q).with(last.Var, sub)
				b := e.top().b
				r := b.Reg(ir.Real)
				b.Emit(&ir.Load{Dst: r, Mem: e.mem(*pn.Mem, nil, pt), Lanes: pt.lanes})
				b.Emit(&ir.Store{Mem: e.inPanel(pn, pt), Src: r, Lanes: e.t.Lanes})
			}
		})
	})
}

// transposeTile turns blocks with the lanes along a reduction axis into
// vectors along the tile's axis.
func (e *emitter) transposeTile(pn *plan.Panel, p at) {
	var along ir.Axis
	var rest []ir.Axis
	for _, r := range pn.Rows {
		if r.Var == pn.Along {
			along = r
		} else {
			rest = append(rest, r)
		}
	}
	e.nest(rest, map[*ir.Var]ir.Sub{}, func(q map[*ir.Var]ir.Sub) {
		e.innermost(plan.PassPlan{Vec: along.Var}, along, 1, func(sub ir.Sub, lanes, _ int) {
			for _, pt := range e.tilePoints(p, pn.Vec) {
				pt = pt.withAll(q).with(along.Var, sub)
				e.transpose(pt.lanes, lanes, e.t.Lanes, func(j int) ir.Mem {
					return e.mem(*pn.Mem, nil, pt.with(pn.Vec, pt.sub(pn.Vec).Add(ir.Sub{Const: 1}, j)))
				}, func(k int) ir.Mem {
					return e.inPanel(pn, pt.with(along.Var, sub.Add(ir.Sub{Const: 1}, k)))
				})
			}
		})
	})
}

// transposeSum turns blocks with the lanes along a tile's axis into vectors
// along the axis of the sum.
func (e *emitter) transposeSum(pn *plan.Panel, p at) {
	v := ir.Axis{Var: pn.Vec, Size: naive.SizeOf(e.sumAxes(), pn.Vec)}
	points := e.tilePoints(p, pn.TileRow)
	e.nest(pn.Rows, map[*ir.Var]ir.Sub{}, func(q map[*ir.Var]ir.Sub) {
		e.innermost(plan.PassPlan{Vec: v.Var}, v, 1, func(sub ir.Sub, lanes, _ int) {
			e.transpose(lanes, len(points), e.t.Lanes, func(j int) ir.Mem {
				return e.mem(*pn.Mem, nil, points[0].withAll(q).with(v.Var, sub.Add(ir.Sub{Const: 1}, j)))
			}, func(k int) ir.Mem {
				return e.inPanel(pn, points[k].withAll(q).with(v.Var, sub))
			})
		})
	})
}

// sumAxes are the inner axes of the group's sum.
func (e *emitter) sumAxes() []ir.Axis {
	for _, ps := range e.g.Passes {
		if len(ps.Inner) > 0 {
			return ps.Inner
		}
	}
	return nil
}

// transpose loads rows vectors of cols lanes and stores cols vectors of the given
// lanes; what is beyond the rows is 0.
func (e *emitter) transpose(rows, cols, lanes int, from, to func(int) ir.Mem) {
	b := e.top().b
	kind, nothing := ir.Real, ir.Const
	if from(0).Buf.Elem == ir.I32 {
		kind, nothing = ir.Word, ir.ConstWord
	}
	src, dst := make([]*ir.Reg, lanes), make([]*ir.Reg, cols)
	for k := range dst {
		dst[k] = b.Reg(kind)
	}
	for j := range src {
		src[j] = b.Reg(kind)
		if j < rows {
			b.Emit(&ir.Load{Dst: src[j], Mem: from(j), Lanes: cols})
		} else {
			b.Emit(&ir.Assign{Dst: src[j], Op: nothing})
		}
	}
	b.Emit(&ir.Transpose{Dst: dst, Src: src})
	for k, r := range dst {
		b.Emit(&ir.Store{Mem: to(k), Src: r, Lanes: lanes})
	}
}

// tilePoints are the blocks of the tile along one axis, the other tile axes
// left at their start.
func (e *emitter) tilePoints(p at, v *ir.Var) []at {
	saved := e.tiles
	defer func() { e.tiles = saved }()
	e.tiles = nil
	for _, t := range saved {
		if t.v == v {
			e.tiles = append(e.tiles, t)
		}
	}
	return e.points(p, nil)
}

// square turns one square.
func (e *emitter) square(p at) {
	n := e.g.Stages[0].Nest
	along := e.plan.Turn
	sizes := map[*ir.Var]int{}
	for _, t := range e.tiles {
		sizes[t.v] = len(t.offsets)
	}
	place := func(v *ir.Var, k int) at { return p.with(v, p.sub(v).Add(ir.Sub{Const: 1}, k)) }
	e.transpose(sizes[along.To], sizes[along.From], sizes[along.To], func(j int) ir.Mem {
		return e.mem(*n.Value.Load, n, place(along.To, j))
	}, func(k int) ir.Mem {
		return e.mem(n.Store, n, place(along.From, k))
	})
}
