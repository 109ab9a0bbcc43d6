package lower

import (
	"fmt"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// surrounded is a product in a sum without the conditions that hold on a part of the rows of
// its factors, along which the sum slides: these parts are read instead, with 0 around
// them. Vectors along the rows then have the same terms in all lanes. Where a condition does
// not hold, a factor must be 0, and nothing else in the product fail.
func (w *window) surrounded(body layer.Expr) layer.Expr {
	along := w.rowAxis()
	for _, b := range slices.Clone(w.bounds) {
		if along != nil && b.form.Coef(along) != 0 && len(b.form.Terms) == 2 && w.share(b) >= fewestTerms {
			body, _ = w.without(b, body, along)
		}
	}
	return body
}

// thinned is a product in a sum without the bounds that make too many kinds of windows:
// terms beyond them are 0, or found to be left out one by one, which takes longer and less code.
func (w *window) thinned(body layer.Expr) layer.Expr {
	for len(w.bounds) > 0 && w.borders() > w.mostKinds() {
		b := slices.MaxFunc(w.bounds, func(x, y *bound) int { return w.kinds(x) - w.kinds(y) })
		var ok bool
		if body, ok = w.without(b, body, nil); !ok {
			w.drop(b)
			for _, c := range b.conds {
				body = &layer.Where{Cond: c, X: body, Y: layer.Const{}}
			}
		}
	}
	return body
}

// mostKinds is how many kinds of windows there may be: more where one bound alone makes them,
// as in a triangle, and they do not multiply.
func (w *window) mostKinds() int {
	several := 0
	for _, b := range w.bounds {
		if w.kinds(b) > 1 {
			several++
		}
	}
	if several < 2 {
		return 2 * w.s.l.windows.Most
	}
	return w.s.l.windows.Most
}

// drop forgets a bound.
func (w *window) drop(b *bound) {
	w.bounds = slices.DeleteFunc(slices.Clone(w.bounds), func(other *bound) bool { return other == b })
}

// without is a product in a sum without a bound, if its factors can be 0 beyond it: those
// that slide along an axis, or along any where that is nil.
func (w *window) without(b *bound, body layer.Expr, along *ir.Var) (layer.Expr, bool) {
	factors, _ := guarded(body)
	parts := w.slides(b, factors, along)
	zero := func(f layer.Expr) bool { r, ok := f.(*layer.Read); return ok && parts[r] != nil }
	if w.s.l.steps != nil || !slices.ContainsFunc(factorsOf(factors), zero) || !w.holds(b, factors, parts) {
		return body, false
	}
	w.drop(b)
	return layer.Rewrite(body, func(node any) any {
		if r, ok := node.(*layer.Read); ok && parts[r] != nil {
			return parts[r].read(w.s.l)
		}
		return nil
	}), true
}

// fewestTerms is the share of its terms that a sum has at least for it to have all of them.
const fewestTerms = 1.0 / 3

// slidingPart is an element of a tensor, and the part of one of its dimensions that counts.
type slidingPart struct {
	of *layer.Read
	d  int
	in span
}

// read is the element as one of that part.
func (p *slidingPart) read(l *lowerer) *layer.Read {
	r := &layer.Read{T: l.part(p.of.T, p.d, p.in), Subs: slices.Clone(p.of.Subs), Pos: p.of.Pos}
	r.Subs[p.d] = &layer.IntOp{Op: '-', X: p.of.Subs[p.d], Y: layer.Lit{V: p.in.lo}}
	return r
}

// slides are the elements in a product that slide with a bound, all that change with both
// of its indices; nil where there are none.
func (w *window) slides(b *bound, x layer.Expr, along *ir.Var) map[*layer.Read]*slidingPart {
	out := map[*layer.Read]*slidingPart{}
	all := true
	layer.Walk(x, func(node any) bool {
		if r, ok := node.(*layer.Read); ok && w.depends(b, r) == 2 {
			p := w.slide(b, r, along)
			out[r], all = p, all && p != nil
		}
		return true
	})
	if !all || len(out) == 0 {
		return nil
	}
	return out
}

// slide is the part of r that counts, nil where r does not slide with b, along its rows if
// that is along an axis.
func (w *window) slide(b *bound, r *layer.Read, along *ir.Var) *slidingPart {
	if r.Old || r.T.Type != layer.Float32 || r.T.Role == layer.State || r.T.HasOutside && r.T.Outside != 0 {
		return nil
	}
	for d, sub := range r.Subs {
		if !w.s.affine(sub) {
			continue
		}
		f := w.s.sub(sub)
		if along != nil && (f.Coef(along) != 1 && !w.s.l.windows.Vectors || !w.alongMemory(r, d, f)) {
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
			return &slidingPart{r, d, in}
		}
	}
	return nil
}

// depends is on how many of the indices of a bound x depends.
func (w *window) depends(b *bound, x layer.Expr) int {
	n := 0
	for i := range indicesOf(x) {
		for _, t := range w.s.vars[i].Terms {
			if b.form.Coef(t.Var) != 0 {
				n++
			}
		}
	}
	return n
}

// holds reports whether x is a number where b does not hold, if what it reads is: no divisor
// and no function is of other places there than elsewhere.
func (w *window) holds(b *bound, x layer.Expr, parts map[*layer.Read]*slidingPart) bool {
	if w.depends(b, x) == 0 {
		return true
	}
	switch x := x.(type) {
	case layer.Const, *layer.FromInt:
		return true
	case *layer.Read:
		return parts[x] != nil || w.depends(b, x) < 2
	case *layer.Binary:
		return w.holds(b, x.X, parts) && w.holds(b, x.Y, parts) && (x.Op != '/' || w.depends(b, x.Y) == 0)
	case *layer.Call:
		return layer.Functions[x.Fn].Finite && !slices.ContainsFunc(x.Args, func(a layer.Expr) bool { return !w.holds(b, a, parts) })
	}
	return false
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
	key := fmt.Sprint(d, in)
	if p, ok := l.parts[t][key]; ok {
		return p
	}
	if l.parts[t] == nil {
		l.parts[t] = map[string]*layer.Tensor{}
	}
	p := &layer.Tensor{Name: t.Name, Role: t.Role, Type: t.Type, Shape: slices.Clone(t.Shape), Pos: t.Pos, HasOutside: true}
	l.parts[t][key] = p
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
