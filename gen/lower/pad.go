package lower

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// read lowers an element of a tensor.
func (s *scope) read(t *layer.Tensor, subs []layer.Int) *ir.Expr {
	if s.l.carries(t) {
		return s.carried(t, subs)
	}
	e := s.load(ir.Mem{Buf: s.l.buffer(t), Subs: s.subs(subs, t, leavingOf(t, meeting))}, t)
	if e.Kind == ir.Word {
		e = ir.NewExpr(ir.ToReal, e)
	}
	if t.HasOutside {
		if in := s.meets(subs, t); in != nil {
			return ir.NewExpr(ir.Select, in, e, ir.RealExpr(t.Outside))
		}
	}
	return e
}

// load is an element of t's buffer, or of its padded copy where the subscripts
// leave the shape.
func (s *scope) load(m ir.Mem, t *layer.Tensor) *ir.Expr {
	r := s.reach(m.Subs, m.Buf.Shape)
	if r == nil {
		return ir.LoadExpr(m)
	}
	p := s.l.padded(m.Buf, t, r, s.gathered(m.Subs))
	return ir.LoadExpr(ir.Mem{Buf: p.buf, Subs: shifted(m.Subs, p.reach)})
}

// span is the range of one subscript.
type span struct{ lo, hi int }

// reach gives the range of each subscript, widened to the shape, or nil where
// all stay inside it. Ids are valid by the run-time check.
func (s *scope) reach(subs []ir.Sub, shape []int) []span {
	out := make([]span, len(subs))
	beyond := false
	for d, sub := range subs {
		r := span{sub.Const, sub.Const}
		for _, t := range sub.Terms {
			n, ok := s.size[t.Var]
			if !ok {
				r = span{0, shape[d] - 1}
				break
			}
			if t.Coef > 0 {
				r.hi += t.Coef * (n - 1)
			} else {
				r.lo += t.Coef * (n - 1)
			}
		}
		r = s.clipped(sub, r)
		beyond = beyond || r.lo < 0 || r.hi >= shape[d]
		out[d] = span{min(r.lo, 0), max(r.hi, shape[d]-1)}
	}
	if !beyond {
		return nil
	}
	return out
}

// clipped is the range of a subscript at the points that a reduction is
// restricted to.
func (s *scope) clipped(sub ir.Sub, r span) span {
	for _, w := range s.nest.Within {
		if d := sub.Add(w.Sub, -1); len(d.Terms) == 0 {
			r = span{max(r.lo, d.Const), min(r.hi, d.Const+w.Size-1)}
		} else if d := sub.Add(w.Sub, 1); len(d.Terms) == 0 {
			r = span{max(r.lo, d.Const-w.Size+1), min(r.hi, d.Const)}
		}
	}
	return r
}

func shifted(subs []ir.Sub, r []span) []ir.Sub {
	out := make([]ir.Sub, len(subs))
	for d := range subs {
		out[d] = subs[d].Add(ir.Sub{Const: 1}, -r[d].lo)
	}
	return out
}

func extents(r []span) []int {
	out := make([]int, len(r))
	for d := range r {
		out[d] = r[d].hi - r[d].lo + 1
	}
	return out
}

// paddedCopy is a copy of a buffer with something around it, and what it reaches.
type paddedCopy struct {
	buf   *ir.Buffer
	reach []span
}

// padded is a copy of a tensor with its outside value (0 where it has none and
// a condition discards what is read) around it, at least as far as r says, and in the given
// dimensions as far.
func (l *lowerer) padded(b *ir.Buffer, t *layer.Tensor, r []span, exact []bool) *paddedCopy {
	covers := func(p *paddedCopy) bool {
		for d := range r {
			if p.reach[d].lo > r[d].lo || p.reach[d].hi < r[d].hi || exact[d] && p.reach[d] != r[d] {
				return false
			}
		}
		return true
	}
	if i := slices.IndexFunc(l.pads[b], covers); i >= 0 {
		return l.pads[b][i]
	}
	r = evenly(r, b.Shape, exact)
	p := &paddedCopy{l.temporary(b.Name+"Padded", b.Elem, extents(r)), r}
	l.pads[b] = append(l.pads[b], p)
	text := fmt.Sprintf("%s with %g outside", b.Name, t.Outside)
	l.ahead(func() {
		l.around(p.buf, r, b.Shape, t.Outside, text)
		n, subs := l.overShape(b.Shape, text)
		n.Value = ir.LoadExpr(ir.Mem{Buf: b, Subs: subs})
		n.Store = ir.Mem{Buf: p.buf, Subs: shifted(subs, r)}
		l.append(n)
	})
	return p
}

// gathered says which of the subscripts are ids, of which the places are counted from the first
// one that they reach.
func (s *scope) gathered(subs []ir.Sub) []bool {
	out := make([]bool, len(subs))
	for d, sub := range subs {
		out[d] = slices.ContainsFunc(sub.Terms, func(t ir.SubTerm) bool {
			return slices.ContainsFunc(s.nest.Gathers, func(g *ir.LoadIndex) bool { return g.Dst == t.Var })
		})
	}
	return out
}

// narrowBorder is the width of a border up to which it is the same on both sides, so that
// neighbours on any side are read from one copy.
const narrowBorder = 2

// evenly is r with narrow borders on both sides where there is one on either.
func evenly(r []span, shape []int, exact []bool) []span {
	out := slices.Clone(r)
	for d := range out {
		if exact[d] {
			continue
		}
		if border := max(-r[d].lo, r[d].hi-shape[d]+1); border <= narrowBorder {
			out[d] = span{-border, shape[d] - 1 + border}
		}
	}
	return out
}

// padStore redirects sums that may leave the shape, where they are 0, to a padded target;
// the second result adds the part inside to the real one.
func (l *lowerer) padStore(s *scope, m ir.Mem) (ir.Mem, *ir.Nest) {
	r := s.reach(m.Subs, m.Buf.Shape)
	p := l.temporary(m.Buf.Name+"Padded", ir.F32, extents(r))
	l.fill(p, 0, s.nest.Text)
	n, subs := l.overShape(m.Buf.Shape, s.nest.Text)
	n.Accumulate = true
	n.Value = ir.LoadExpr(ir.Mem{Buf: p, Subs: shifted(subs, r)})
	n.Store = ir.Mem{Buf: m.Buf, Subs: subs}
	return ir.Mem{Buf: p, Subs: shifted(m.Subs, r)}, n
}

// fill sets a whole buffer to a constant.
func (l *lowerer) fill(b *ir.Buffer, v float64, text string) {
	l.fillPart(b, b.Shape, make([]int, len(b.Shape)), v, text)
}

// longPadded is the number of elements of a row from which on it takes less time to set its
// ends, element by element, than all of it.
const longPadded = 64

// around sets what a padded copy has around a tensor of the given shape: of each dimension
// what is before and behind, where all dimensions before it are inside; or all of it, where
// short rows have ends.
func (l *lowerer) around(b *ir.Buffer, r []span, shape []int, v float64, text string) {
	if last := len(shape) - 1; b.Shape[last] > shape[last] && b.Shape[last] < longPadded {
		l.fill(b, v, text)
		return
	}
	size, at := slices.Clone(b.Shape), make([]int, len(shape))
	for d, inside := range shape {
		before := -r[d].lo
		for _, part := range []span{{0, before}, {before + inside, b.Shape[d]}} {
			if size[d], at[d] = part.hi-part.lo, part.lo; size[d] > 0 {
				l.fillPart(b, size, at, v, text)
			}
		}
		size[d], at[d] = inside, before
	}
}

// fillPart sets a part of a buffer to a constant.
func (l *lowerer) fillPart(b *ir.Buffer, size, at []int, v float64, text string) {
	n, subs := l.overShape(size, text)
	for d := range subs {
		subs[d].Const += at[d]
	}
	n.Value = ir.RealExpr(v)
	if b.Elem == ir.I32 {
		n.Value = wordConst(int32(v))
	}
	n.Store = ir.Mem{Buf: b, Subs: subs}
	l.append(n)
}

// overShape is a nest without a value over all elements of a shape.
func (l *lowerer) overShape(shape []int, text string) (*ir.Nest, []ir.Sub) {
	n := &ir.Nest{Text: text}
	subs := make([]ir.Sub, len(shape))
	for d, size := range shape {
		if size == 1 {
			continue
		}
		v := l.variable(fmt.Sprintf("d%d", d))
		n.Axes = append(n.Axes, ir.Axis{Var: v, Size: size})
		subs[d] = ir.VarSub(v)
	}
	return n, subs
}
