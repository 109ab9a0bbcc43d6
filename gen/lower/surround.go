package lower

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// surrounded is a product in a sum without the conditions that hold on a part of the rows of
// one of its factors, along which the sum slides: that part is read instead, with 0 around
// it. Vectors along the rows then have the same terms in all lanes.
func (w *window) surrounded(body layer.Expr) layer.Expr {
	if w.s.l.steps != nil {
		return body
	}
	factors, _ := guarded(body)
	var left []*bound
	for _, b := range w.bounds {
		r, d, in := w.slides(b, factorsOf(factors))
		if r == nil {
			left = append(left, b)
			continue
		}
		part := &layer.Read{T: w.s.l.part(r.T, d, in), Subs: slices.Clone(r.Subs), Pos: r.Pos}
		part.Subs[d] = &layer.IntOp{Op: '-', X: r.Subs[d], Y: layer.Lit{V: in.lo}}
		body = layer.Rewrite(body, func(node any) any {
			if node == r {
				return part
			}
			return nil
		})
		factors, _ = guarded(body)
	}
	w.bounds = left
	return body
}

// fewestTerms is the share of its terms that a sum has at least for it to have all of them.
const fewestTerms = 1.0 / 3

// slides is the factor that slides along its rows with a bound, the dimension of these, and
// the part of them that counts; nil where there is none or it leaves out most terms.
func (w *window) slides(b *bound, factors []layer.Expr) (*layer.Read, int, span) {
	along := w.rowAxis()
	if along == nil || b.form.Coef(along) == 0 || len(b.form.Terms) != 2 || w.share(b) < fewestTerms {
		return nil, 0, span{}
	}
	for _, x := range factors {
		r, ok := x.(*layer.Read)
		if !ok || r.Old || r.T.Type != layer.Float32 || r.T.Role == layer.State || r.T.HasOutside && r.T.Outside != 0 {
			continue
		}
		for d, sub := range r.Subs {
			if !w.s.affine(sub) {
				continue
			}
			f := w.s.sub(sub)
			if f.Coef(along) != 1 || !w.alongMemory(r, d, f) {
				continue
			}
			in := span{b.lo, b.hi}
			if apart := f.Add(b.form, -1); len(apart.Terms) == 0 {
				in = span{b.lo + apart.Const, b.hi + apart.Const}
			} else if apart = f.Add(b.form, 1); len(apart.Terms) == 0 {
				in = span{apart.Const - b.hi, apart.Const - b.lo}
			} else {
				continue
			}
			if in = (span{max(in.lo, 0), min(in.hi, r.T.Shape[d]-1)}); in.lo <= in.hi {
				return r, d, in
			}
		}
	}
	return nil, 0, span{}
}

// share is how many of the points of the two axes of a bound it lets through.
func (w *window) share(b *bound) float64 {
	x, y := b.form.Terms[0], b.form.Terms[1]
	n, m := w.s.size[x.Var], w.s.size[y.Var]
	if n*m > 1<<20 {
		return 0
	}
	inside := 0
	for i := range n {
		for j := range m {
			if v := x.Coef*i + y.Coef*j; b.lo <= v && v <= b.hi {
				inside++
			}
		}
	}
	return float64(inside) / float64(n*m)
}

// part is a tensor of a part of t along one dimension, with 0 outside.
func (l *lowerer) part(t *layer.Tensor, d int, in span) *layer.Tensor {
	key := fmt.Sprintf("part %p %d %v", t, d, in)
	if p, ok := l.parts[key]; ok {
		return p
	}
	p := &layer.Tensor{Name: t.Name, Role: t.Role, Type: t.Type, Shape: slices.Clone(t.Shape), Pos: t.Pos, HasOutside: true}
	l.parts[key] = p
	from := l.buffer(t)
	if p.Shape[d] = in.hi - in.lo + 1; p.Shape[d] == t.Shape[d] {
		l.buffers[p] = from
		return p
	}
	b := l.temporary(t.Name+"Part", ir.F32, p.Shape)
	n, subs := l.overShape(p.Shape, fmt.Sprintf("%s from %d to %d", t.Name, in.lo, in.hi))
	n.Store = ir.Mem{Buf: b, Subs: slices.Clone(subs)}
	subs[d] = subs[d].Add(ir.Sub{Const: 1}, in.lo)
	n.Value = ir.LoadExpr(ir.Mem{Buf: from, Subs: subs})
	l.append(n)
	l.buffers[p] = b
	return p
}
