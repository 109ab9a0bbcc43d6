package check

import "github.com/dlgen/dlgen/spec/layer"

// under lists what the conditions say of e alone: how it compares with constants.
func under(e layer.Int, conds []layer.Cond) []layer.Bound {
	var out []layer.Bound
	var add func(c layer.Cond, positive bool)
	add = func(c layer.Cond, positive bool) {
		switch c := c.(type) {
		case *layer.Not:
			add(c.X, !positive)
		case *layer.Logic:
			if (c.Op == "&&") == positive {
				add(c.X, positive)
				add(c.Y, positive)
			}
		case *layer.CmpInt:
			op, x, y := c.Op, c.X, c.Y
			if layer.SameInt(y, e) {
				op, x, y = layer.Mirrored[op], y, x
			}
			v, ok := layer.AffineOf(y)
			if !layer.SameInt(x, e) || !ok || len(v.Terms) > 0 {
				return
			}
			if !positive {
				op = layer.Opposite[op]
			}
			out = append(out, layer.Bound{Op: op, V: v.Const})
		}
	}
	for _, c := range conds {
		add(c, true)
	}
	return out
}

// guards reports whether conditions on elements of int32 tensors keep a subscript in
// 0..size-1, and notes at these that they do.
func (q *equation) guards(sub layer.Int, size int, on *conds) bool {
	o := opened{box: q.c.full(), on: on.list()}
	x := o.int(sub)
	if len(o.numbers) == 0 {
		return false
	}
	plain := prover{sub: sub, size: int64(size), conds: on.list(), left: budget}
	if _, leaves := plain.prove(q.c.full()); !leaves && plain.left > 0 {
		return true
	}
	p := prover{sub: x, size: int64(size), left: budget}
	for _, c := range on.list() {
		p.conds = append(p.conds, o.cond(c))
	}
	if _, leaves := p.prove(q.c.full()); leaves || p.left <= 0 {
		return false
	}
	layer.Walk(sub, func(n any) bool {
		if e, ok := n.(*layer.Element); ok {
			e.Guarded = true
		}
		return true
	})
	return true
}

// opened puts an index, and a constant, in the place of each element of an int32 tensor, so
// that proofs can use what conditions say of it. What may be too large for an int32 wraps
// around: it is a number by itself, too, of which only conditions on all of it tell.
type opened struct {
	box     box
	on      []layer.Cond
	numbers []layer.Int
	indices []*layer.Index
}

func (o *opened) int(x layer.Int) layer.Int {
	switch x := x.(type) {
	case *layer.Element:
		return o.number(x)
	case *layer.IntOp:
		y := &layer.IntOp{Op: x.Op, X: o.int(x.X), Y: o.int(x.Y)}
		if !o.box.of(y).within(anything) {
			return o.number(x)
		}
		return y
	}
	return x
}

// number is what stands for x, from its lower bound on.
func (o *opened) number(x layer.Int) layer.Int {
	r := o.box.computed(x)
	if s := r.narrowed(under(x, o.on)); s.lo <= s.hi {
		r = s
	}
	for k, y := range o.numbers {
		if layer.SameInt(x, y) {
			return shifted(o.indices[k], r)
		}
	}
	i := &layer.Index{Name: "number", Size: int(r.hi - r.lo + 1)}
	o.numbers, o.indices = append(o.numbers, x), append(o.indices, i)
	return shifted(i, r)
}

// shifted is i from the lower end of r on.
func shifted(i *layer.Index, r interval) layer.Int {
	return &layer.IntOp{Op: '+', X: &layer.Var{I: i}, Y: layer.Lit{V: int(r.lo)}}
}

func (o *opened) cond(c layer.Cond) layer.Cond {
	switch c := c.(type) {
	case *layer.CmpInt:
		return &layer.CmpInt{Op: c.Op, X: o.int(c.X), Y: o.int(c.Y)}
	case *layer.Logic:
		return &layer.Logic{Op: c.Op, X: o.cond(c.X), Y: o.cond(c.Y)}
	case *layer.Not:
		return &layer.Not{X: o.cond(c.X)}
	}
	return c
}
