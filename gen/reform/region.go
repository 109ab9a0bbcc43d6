package reform

import (
	"math"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/naive"
	"github.com/dlgen/dlgen/spec/layer"
)

// Known gives what the loops make known of the tensors in the workspace: where
// all of their elements have one value.
func Known(l *ir.Loops) map[*layer.Tensor]ir.Known {
	out := map[*layer.Tensor]ir.Known{}
	for b, k := range regions(naive.Cloned(l)) {
		if b.Tensor != nil && b.Place == ir.Workspace {
			out[b.Tensor] = k
		}
	}
	return out
}

// regions finds the parts of nests where there is nothing to compute, such as
// the upper half of scores that a mask hides: from conditions on indices,
// through what reads what they define, and back to what is read under them
// only. It notes them in the nests and returns what it knows of buffers.
func regions(l *ir.Loops) map[*ir.Buffer]ir.Known {
	r := &regionFinder{known: map[*ir.Buffer]ir.Known{}, writers: map[*ir.Buffer]int{}}
	for _, n := range l.Nests {
		r.writers[n.Store.Buf]++
	}
	for _, b := range l.Buffers {
		if k, ok := l.Known[b.Tensor]; ok && b.Tensor != nil && r.writers[b] == 0 {
			r.known[b] = k
		}
	}
	for _, n := range l.Nests {
		r.forward(n)
	}
	for k := len(l.Nests) - 1; k >= 0; k-- {
		r.backward(l.Nests[k], l.Nests)
	}
	return r.known
}

type regionFinder struct {
	known   map[*ir.Buffer]ir.Known
	writers map[*ir.Buffer]int
}

// forward notes the ranges beyond which the value of n is a constant.
func (r *regionFinder) forward(n *ir.Nest) {
	if n.Accumulate || len(n.Gathers) > 0 || n.Steps != nil {
		return
	}
	for _, c := range r.candidates(n) {
		v, ok := r.beyond(n, n.Value, c)
		if !ok {
			continue
		}
		if len(n.Reduce) > 0 {
			if v != float64(naive.Identity(n.Op)) || n.Op == ir.ReduceArgMax {
				continue
			}
		}
		if len(n.Only) == 0 {
			n.Rest = float32(v)
		}
		if n.Rest != float32(v) {
			continue
		}
		n.Only = append(n.Only, c)
		if k, ok := r.elements(n, c); ok {
			r.known[n.Store.Buf] = k
		}
	}
}

// candidates are the ranges in the conditions of n and those known of what it
// reads.
func (r *regionFinder) candidates(n *ir.Nest) []ir.Range {
	var out []ir.Range
	add := func(c ir.Range) {
		for _, o := range out {
			if naive.SameRanges([]ir.Range{o}, []ir.Range{c}) {
				return
			}
		}
		if len(c.Sub.Terms) == 2 {
			out = append(out, c)
		}
	}
	n.Value.Walk(func(x *ir.Expr) {
		if x.Load != nil {
			if c, ok := r.at(x.Load, n); ok {
				add(c)
			}
		} else if x.Op == ir.Select {
			for _, c := range conditions(x.Args[0], n) {
				add(c)
			}
		}
	})
	return out
}

// at is what is known of a buffer as a range of the variables of an access.
func (r *regionFinder) at(m *ir.Mem, n *ir.Nest) (ir.Range, bool) {
	k, ok := r.known[m.Buf]
	if !ok {
		return ir.Range{}, false
	}
	f := ir.Sub{Const: k.Const}
	for d, c := range k.Coef {
		f = f.Add(m.Subs[d], c)
	}
	return atLeast(f, n), true
}

// atLeast is the range in which f, over the axes of n, is not negative.
func atLeast(f ir.Sub, n *ir.Nest) ir.Range {
	_, hi := naive.Extent(f, n.Axes, n.Reduce)
	return ir.Range{Sub: f, Size: max(0, hi+1)}
}

// conditions are the ranges in which a condition on indices holds, all of them
// together; none where it is of another kind.
func conditions(c *ir.Expr, n *ir.Nest) []ir.Range {
	if c.Load != nil {
		return nil
	}
	negated := c.Op == ir.Not
	if negated {
		c = c.Args[0]
	}
	switch {
	case c.Load == nil && c.Op == ir.And && !negated:
		a, b := conditions(c.Args[0], n), conditions(c.Args[1], n)
		return append(a, b...)
	case c.Load == nil && c.Op == ir.IGT:
		x, ok := form(c.Args[0])
		y, ok2 := form(c.Args[1])
		if !ok || !ok2 {
			return nil
		}
		if negated {
			return []ir.Range{atLeast(y.Add(x, -1), n)}
		}
		return []ir.Range{atLeast(x.Add(y, -1).Add(ir.Sub{Const: 1}, -1), n)}
	}
	return nil
}

// form is a word as an affine form.
func form(x *ir.Expr) (ir.Sub, bool) {
	switch {
	case x.Load != nil:
	case x.Op == ir.Iota:
		return x.Sub, true
	case x.Op == ir.ConstWord:
		return ir.Sub{Const: int(x.Word)}, true
	}
	return ir.Sub{}, false
}

// beyond gives the value of x beyond a range, if it is one and the same. A
// product with zero counts as zero, as that with what lies outside of a tensor
// does, and what is not known as a number.
func (r *regionFinder) beyond(n *ir.Nest, x *ir.Expr, c ir.Range) (float64, bool) {
	if x.Load != nil {
		k, ok := r.at(x.Load, n)
		return float64(r.known[x.Load.Buf].Rest), ok && naive.SameRanges([]ir.Range{k}, []ir.Range{c})
	}
	switch x.Op {
	case ir.Const:
		return float64(x.Real), true
	case ir.Select:
		for _, k := range conditions(x.Args[0], n) {
			if naive.SameRanges([]ir.Range{k}, []ir.Range{c}) {
				return r.beyond(n, x.Args[2], c)
			}
		}
		return 0, false
	case ir.Neg:
		v, ok := r.beyond(n, x.Args[0], c)
		return -v, ok
	case ir.Mul, ir.Div, ir.Add, ir.Sub2:
		a, ok := r.beyond(n, x.Args[0], c)
		b, ok2 := r.beyond(n, x.Args[1], c)
		return arithmetic(x.Op, a, b, ok, ok2)
	case ir.Apply:
		v, ok := r.beyond(n, x.Args[0], c)
		return 0, ok && math.IsInf(v, -1) && (x.Fn == "exp" || x.Fn == "exp_nonpos")
	}
	return 0, false
}

// arithmetic computes with operands that may not be known.
func arithmetic(op ir.Op, a, b float64, aKnown, bKnown bool) (float64, bool) {
	infinite := aKnown && math.IsInf(a, 0)
	switch {
	case op == ir.Mul && (aKnown && a == 0 || bKnown && b == 0), op == ir.Div && aKnown && a == 0:
		return 0, true
	case (op == ir.Add || op == ir.Sub2) && infinite && !bKnown:
		return a, true
	case !aKnown || !bKnown:
		return 0, false
	case op == ir.Mul:
		a *= b
	case op == ir.Div:
		a /= b
	case op == ir.Add:
		a += b
	case op == ir.Sub2:
		a -= b
	}
	return a, !math.IsNaN(a)
}

// elements is what a range of n says of the elements of its result, if n defines
// all of them.
func (r *regionFinder) elements(n *ir.Nest, c ir.Range) (ir.Known, bool) {
	k := ir.Known{Coef: make([]int, len(n.Store.Subs)), Const: c.Sub.Const, Size: c.Size, Rest: n.Rest}
	if r.writers[n.Store.Buf] != 1 || n.Store.Buf.Elem != ir.F32 {
		return k, false
	}
	for d, s := range n.Store.Subs {
		v := naive.Bare(s)
		if n.Store.Buf.Shape[d] == 1 {
			continue
		}
		if v == nil || naive.SizeOf(n.Axes, v) != n.Store.Buf.Shape[d] {
			return k, false
		}
		k.Coef[d] = c.Sub.Coef(v)
	}
	for _, t := range c.Sub.Terms {
		if !naive.Has(n.Axes, t.Var) {
			return k, false
		}
	}
	return k, true
}

// backward notes in n the range in which all nests that read it do.
func (r *regionFinder) backward(n *ir.Nest, nests []*ir.Nest) {
	b := n.Store.Buf
	if b.Place != ir.Frame || r.writers[b] != 1 || n.Steps != nil || n.Accumulate || len(n.Only) > 0 || len(n.Gathers) > 0 || n.Op == ir.ReduceArgMax || b.Elem != ir.F32 {
		return
	}
	var common *ir.Known
	for _, q := range nests {
		for _, m := range naive.Touches(q) {
			if m.Buf != b || m == &n.Store {
				continue
			}
			k, ok := read(q, m)
			if !ok || common != nil && !sameKnown(*common, k) {
				return
			}
			common = &k
		}
	}
	if common == nil {
		return
	}
	f := ir.Sub{Const: common.Const}
	for d, c := range common.Coef {
		f = f.Add(n.Store.Subs[d], c)
	}
	c := atLeast(f, n)
	if _, ok := r.elements(n, c); ok && len(c.Sub.Terms) == 2 {
		n.Only, n.Rest = []ir.Range{c}, 0
	}
}

// read gives the range of subscripts of m that q needs.
func read(q *ir.Nest, m *ir.Mem) (ir.Known, bool) {
	for _, c := range q.Only {
		k := ir.Known{Coef: make([]int, len(m.Subs)), Const: c.Sub.Const, Size: c.Size}
		found := map[*ir.Var]bool{}
		twice := false // as in b[i][i], of which no range is about two subscripts
		for d, s := range m.Subs {
			if v := naive.Bare(s); v != nil && c.Sub.Coef(v) != 0 {
				k.Coef[d] = c.Sub.Coef(v)
				twice = twice || found[v]
				found[v] = true
			}
		}
		if len(found) == len(c.Sub.Terms) && !twice {
			return k, true
		}
	}
	return ir.Known{}, false
}

func sameKnown(a, b ir.Known) bool {
	if len(a.Coef) != len(b.Coef) || a.Const != b.Const || a.Size != b.Size {
		return false
	}
	for d := range a.Coef {
		if a.Coef[d] != b.Coef[d] {
			return false
		}
	}
	return true
}
