package schedule

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/fuse"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	"github.com/dlgen/dlgen/gen/naive"
)

// turnAhead gives loops that go across the rows of arrays, as a sum with a matrix that is
// transposed does, copies in another order: of what they read, or of their result. A vector takes
// rows only, and exchanging rows and columns is fast by itself.
func turnAhead(l *ir.Loops, t machine.Target) *ir.Loops {
	if t.Lanes == 1 {
		return l
	}
	r := &turner{t: t, stored: map[*ir.Buffer]bool{}, made: map[string]*ir.Buffer{}}
	for _, n := range l.Nests {
		r.stored[n.Store.Buf.Root()] = true
	}
	out := *l
	out.Nests = nil
	for _, n := range l.Nests {
		out.Nests = append(out.Nests, r.nest(n)...)
	}
	return &out
}

// mostTurned bounds the elements of copies in another order: they are memory that the caller has to
// have.
const mostTurned = 1 << 22

// turner knows which copies there are of what no nest stores.
type turner struct {
	t      machine.Target
	stored map[*ir.Buffer]bool
	made   map[string]*ir.Buffer
}

// nest is a nest, as several where that gives it vectors.
func (r *turner) nest(n *ir.Nest) []*ir.Nest {
	if n.Steps != nil || n.Value.Load != nil && len(n.Reduce) == 0 || len(n.Within)+len(n.Only)+len(n.Gathers) > 0 || n.Accumulate || n.Op == ir.ReduceArgMax || naive.IsContraction(n) || r.fits(n) {
		return []*ir.Nest{n}
	}
	var best *turned
	for _, a := range naive.Join(n.Axes, n.Reduce) {
		if x := r.along(n, a); x != nil && x.copied <= mostTurned && (best == nil || x.copied < best.copied) {
			best = x
		}
	}
	if best == nil {
		return []*ir.Nest{n}
	}
	for key, b := range best.made {
		r.made[key] = b
	}
	return best.parts
}

// turned is a nest with the copies that it needs, and the number of their elements.
type turned struct {
	parts  []*ir.Nest
	copied float64
	made   map[string]*ir.Buffer
}

// along is a nest with copies of what goes across the rows along an axis; nil where that does not
// give it vectors along it.
func (r *turner) along(n *ir.Nest, v ir.Axis) *turned {
	out := &turned{made: map[string]*ir.Buffer{}}
	last := *n
	last.Axes = append(slices.DeleteFunc(naive.Join(n.Axes, n.Reduce), func(a ir.Axis) bool { return a.Var == v.Var }), v)
	last.Reduce = nil
	copies := map[string]*ir.Expr{}
	m := *n
	m.Value = naive.ReplacedLoads(n.Value, func(e *ir.Expr) *ir.Expr {
		if naive.InLanes(e.Load, v.Var) || e.Load.Buf.Elem != ir.F32 {
			return e
		}
		text := e.Load.String()
		if copies[text] == nil {
			copies[text] = r.operand(out, &last, e)
		}
		return copies[text]
	})
	out.parts = append(out.parts, &m)
	if naive.Has(n.Axes, v.Var) && !naive.AlongRow(&n.Store, v.Var) {
		if n.Store.Buf.Elem != ir.F32 {
			return nil
		}
		out.result(&m, &last)
	}
	if !fillsAlong(&m, v, r.t) || slices.ContainsFunc(out.parts, func(c *ir.Nest) bool { return c != &m && !naive.Exchanges(c) }) {
		return nil
	}
	return out
}

// operand is what stands for e in a copy, whose last axis is that of the nest.
func (r *turner) operand(out *turned, last *ir.Nest, e *ir.Expr) *ir.Expr {
	c, instead := tabled(last, e, e.Load.Buf.Name+"Turned")
	places := map[*ir.Var]*ir.Var{}
	for k, a := range c.Axes {
		places[a.Var] = &ir.Var{Name: fmt.Sprintf("#%d", k)}
	}
	at := naive.RenamedMem(*c.Value.Load, places)
	key := fmt.Sprintf("%p %s %v", at.Buf, at, c.Store.Buf.Shape)
	b := r.made[key]
	if b == nil {
		b = out.made[key]
	}
	switch {
	case b != nil:
		instead = ir.LoadExpr(ir.Mem{Buf: b, Subs: instead.Load.Subs})
	default:
		out.parts = append(out.parts, c)
		out.copied += naive.Volume(c.Axes)
		if !r.stored[at.Buf.Root()] {
			out.made[key] = c.Store.Buf
		}
	}
	return instead
}

// result makes m store its result in the order of the axes of last, and puts it in its own after it.
func (x *turned) result(m, last *ir.Nest) {
	value := *last
	value.Axes = slices.DeleteFunc(slices.Clone(last.Axes), func(a ir.Axis) bool { return !naive.Has(m.Axes, a.Var) })
	back, to := *m, map[*ir.Var]*ir.Var{}
	buf := &ir.Buffer{Name: m.Store.Buf.Name + "Turned", Place: ir.Frame}
	store := ir.Mem{Buf: buf}
	m.Axes = nil
	for _, a := range value.Axes {
		to[a.Var] = &ir.Var{Name: a.Var.Name}
		if naive.DependsOn(m.Value, a.Var) {
			m.Axes, buf.Shape, store.Subs = append(m.Axes, a), append(buf.Shape, a.Size), append(store.Subs, ir.VarSub(a.Var))
		}
	}
	back.Reduce, back.Op, back.Value = nil, 0, ir.LoadExpr(store)
	m.Store = store
	x.parts = append(x.parts, naive.Renamed(&back, to))
	x.copied += naive.Volume(value.Axes)
}

// fits reports whether vectors may go along an axis of a nest.
func (r *turner) fits(n *ir.Nest) bool {
	return slices.ContainsFunc(naive.Join(n.Axes, n.Reduce), func(a ir.Axis) bool {
		return fuse.LanesFit([]*fuse.Stage{{Nest: n, Store: true}}, a.Var, r.t)
	})
}

// fillsVectors reports whether vectors go along an axis of a nest that fills at least half of them.
func fillsVectors(n *ir.Nest, t machine.Target) bool {
	return slices.ContainsFunc(naive.Join(n.Axes, n.Reduce), func(a ir.Axis) bool { return fillsAlong(n, a, t) })
}

// fillsAlong reports whether vectors go along the axis.
func fillsAlong(n *ir.Nest, a ir.Axis, t machine.Target) bool {
	return 2*a.Size > t.Lanes && fuse.LanesFit([]*fuse.Stage{{Nest: n, Store: true}}, a.Var, t)
}
