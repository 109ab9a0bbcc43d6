package lower

import (
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/spec/layer"
)

// guarded takes the conditions off a product of which a term of a sum consists,
// where it is 0 unless all of them hold.
func guarded(e layer.Expr) (layer.Expr, []layer.Cond) {
	switch x := e.(type) {
	case *layer.Where:
		if v, ok := layer.Constant(x.Y); ok && v == 0 {
			in, conds := guarded(x.X)
			return in, append(layer.Joined(x.Cond, "&&"), conds...)
		}
	case *layer.Binary:
		switch x.Op {
		case '*':
			a, ca := guarded(x.X)
			b, cb := guarded(x.Y)
			return &layer.Binary{Op: '*', X: a, Y: b}, append(ca, cb...)
		case '/':
			a, ca := guarded(x.X)
			return &layer.Binary{Op: '/', X: a, Y: x.Y}, ca
		}
	case *layer.Call:
		if x.Fn == "neg" {
			in, conds := guarded(x.Args[0])
			return &layer.Call{Fn: "neg", Args: []layer.Expr{in}}, conds
		}
	}
	return e, nil
}

// factorsOf lists the factors of a product.
func factorsOf(e layer.Expr) []layer.Expr {
	switch x := e.(type) {
	case *layer.Binary:
		switch x.Op {
		case '*':
			return append(factorsOf(x.X), factorsOf(x.Y)...)
		case '/':
			return factorsOf(x.X)
		}
	case *layer.Call:
		if x.Fn == "neg" {
			return factorsOf(x.Args[0])
		}
	}
	return []layer.Expr{e}
}

// window restricts the nest's reduction to the terms that count: those whose
// conditions hold and whose factors lie inside their tensors. It returns the
// term without what the restriction says.
func (s *scope) window(op ir.ReduceOp, body layer.Expr) layer.Expr {
	w := &window{s: s}
	switch op {
	case ir.ReduceSum:
		whole := body
		var conds, open []layer.Cond
		body, conds = guarded(body)
		for _, c := range conds {
			if !w.condition(c) {
				open = append(open, c)
			}
		}
		if len(open) == len(conds) {
			body = whole
		} else {
			for _, c := range open {
				body = &layer.Where{Cond: c, X: body, Y: layer.Const{}}
			}
		}
		body = w.thinned(w.surrounded(body))
		rest, _ := guarded(body)
		w = w.within(factorsOf(rest), 0)
	case ir.ReduceMax, ir.ReduceArgMax, ir.ReduceMin:
		worst := math.Inf(-1)
		if op == ir.ReduceMin {
			worst = math.Inf(1)
		}
		w = w.within([]layer.Expr{body}, worst)
	}
	for _, b := range w.bounds {
		if lo, hi := s.interval(b.form); lo < b.lo || hi > b.hi {
			sub := b.form.Add(ir.Sub{Const: 1}, -b.lo)
			s.nest.Within = append(s.nest.Within, ir.Range{Sub: sub, Size: max(0, b.hi-b.lo+1)})
		}
	}
	return body
}

// window collects bounds of affine forms.
type window struct {
	s      *scope
	bounds []*bound
}

// bound says that a form without a constant lies in lo..hi, since conditions hold.
type bound struct {
	form   ir.Sub
	lo, hi int
	conds  []layer.Cond
}

// narrow notes that f lies in lo..hi, since conditions hold; it reports whether f is a form that
// a reduction can be restricted by.
func (w *window) narrow(f ir.Sub, lo, hi int, conds ...layer.Cond) bool {
	if !w.clips(f) {
		return false
	}
	lo, hi = lo-f.Const, hi-f.Const
	f = ir.Sub{Terms: append([]ir.SubTerm(nil), f.Terms...)}
	if f.Terms[0].Coef < 0 {
		f, lo, hi = ir.Sub{}.Add(f, -1), -hi, -lo
	}
	g := 0
	for _, t := range f.Terms {
		g = naive.GCD(g, t.Coef)
	}
	if g > 1 {
		for i, t := range f.Terms {
			f.Terms[i] = ir.SubTerm{Coef: t.Coef / g, Var: t.Var}
		}
		up, _ := floorDiv(lo+g-1, g)
		down, _ := floorDiv(hi, g)
		lo, hi = up, down
	}
	for _, b := range w.bounds {
		if d := b.form.Add(f, -1); len(d.Terms) == 0 {
			b.lo, b.hi, b.conds = max(b.lo, lo), min(b.hi, hi), append(b.conds, conds...)
			return true
		}
	}
	least, most := w.s.interval(f)
	w.bounds = append(w.bounds, &bound{f, max(lo, least), min(hi, most), conds})
	return true
}

// clips reports whether f is a multiple of one axis of the reduction and, at
// most, one other.
func (w *window) clips(f ir.Sub) bool {
	free, reduce := 0, 0
	for _, t := range f.Terms {
		switch {
		case axisOf(w.s.nest.Reduce, t.Var):
			reduce++
		case axisOf(w.s.nest.Axes, t.Var):
			free++
		default:
			return false
		}
	}
	return len(f.Terms) > 0 && len(w.s.nest.Reduce) > 0 && free <= 1 && reduce <= 1
}

func axisOf(axes []ir.Axis, v *ir.Var) bool {
	for _, a := range axes {
		if a.Var == v {
			return true
		}
	}
	return false
}

// condition notes what c says of an affine form.
func (w *window) condition(c layer.Cond) bool {
	cmp, ok := c.(*layer.CmpInt)
	if !ok {
		return false
	}
	diff := &layer.IntOp{Op: '-', X: cmp.X, Y: cmp.Y}
	if !w.s.affine(diff) {
		return false
	}
	f := w.s.sub(diff)
	if len(f.Terms) == 0 {
		return false
	}
	switch cmp.Op {
	case "<":
		return w.narrow(f, -unbounded, -1, c)
	case "<=":
		return w.narrow(f, -unbounded, 0, c)
	case ">":
		return w.narrow(f, 1, unbounded, c)
	case ">=":
		return w.narrow(f, 0, unbounded, c)
	case "==":
		return w.narrow(f, 0, 0, c)
	}
	return false
}

// unbounded is beyond every form.
const unbounded = 1 << 40

// within is the window with the elements among xs inside their tensors, beyond which they
// have the given value; where that makes too many kinds of windows, w itself, and they are
// read with something around them.
func (w *window) within(xs []layer.Expr, outside float64) *window {
	out := &window{s: w.s}
	for _, b := range w.bounds {
		c := *b
		out.bounds = append(out.bounds, &c)
	}
	for _, x := range xs {
		if r, ok := x.(*layer.Read); ok && r.T.HasOutside && r.T.Outside == outside {
			out.inside(r)
		}
	}
	if out.borders() > out.mostKinds() {
		return w
	}
	return out
}

// borders is how many kinds of windows there are, each of which has code of its own.
func (w *window) borders() int {
	n := 1
	for _, b := range w.bounds {
		n = min(n*w.kinds(b), 1<<20)
	}
	return n
}

// kinds is how many there are for one bound.
func (w *window) kinds(b *bound) int {
	n := 1
	lo, hi := w.s.interval(b.form)
	for _, t := range b.form.Terms {
		if axisOf(w.s.nest.Axes, t.Var) {
			step := max(t.Coef, -t.Coef)
			clipped := (max(0, b.lo-lo) + max(0, hi-b.hi) + step - 1) / step
			n *= min(w.s.size[t.Var], clipped+1)
		}
	}
	return n
}

// inside notes that the subscripts of an element stay in its tensor.
func (w *window) inside(r *layer.Read) {
	for d, x := range r.Subs {
		if !w.s.affine(x) {
			continue
		}
		f := w.s.sub(x)
		if lo, hi := w.s.interval(f); (lo < 0 || hi >= r.T.Shape[d]) && !w.alongMemory(r, d, f) {
			w.narrow(f, 0, r.T.Shape[d]-1)
		}
	}
}

// shortRow is the number of elements from which on a row is for vectors.
const shortRow = 4

// alongMemory reports whether a subscript slides along the rows of a tensor by one or two
// elements: vectors want whole rows, with something around them, more than fewer terms.
// Where there is one channel, the rows are those of the image, if the result has one, too.
func (w *window) alongMemory(r *layer.Read, d int, f ir.Sub) bool {
	if slices.ContainsFunc(r.T.Shape[d+1:], func(n int) bool { return n > 1 }) || d+1 < len(r.T.Shape) && (w.rowAxis() == nil || f.Coef(w.rowAxis()) == 0) {
		return false
	}
	return slices.ContainsFunc(f.Terms, func(t ir.SubTerm) bool { return (t.Coef == 1 || t.Coef == 2) && w.s.size[t.Var] >= shortRow })
}

// rowAxis is the axis along the rows of the result, nil where there is none.
func (w *window) rowAxis() *ir.Var {
	for _, a := range slices.Backward(w.s.nest.Axes) {
		if a.Size > 1 {
			return a.Var
		}
	}
	return nil
}

// interval is the range of a form over all values of its variables.
func (s *scope) interval(f ir.Sub) (lo, hi int) {
	lo, hi = f.Const, f.Const
	for _, t := range f.Terms {
		lo += min(0, t.Coef*(s.size[t.Var]-1))
		hi += max(0, t.Coef*(s.size[t.Var]-1))
	}
	return lo, hi
}
