// Package inline copies the equations of one layer into another.
//
// What comes in: checked equations, and for each tensor in them the tensor of
// the other layer that stands for it. What goes out: equations over those. What
// is promised: they compute the same, element by element, and own their indices.
// Where several extents stand for one (a batch of images for the rows of a
// matrix), an index over it becomes several, so that no subscript has to be
// taken apart when the program runs; where none does, it becomes 0.
package inline

import (
	"fmt"

	"github.com/dlgen/dlgen/spec/layer"
)

// Equations copies a list of equations. A place without a tensor stands for
// zeros.
func Equations(list []*layer.Equation, places map[*layer.Tensor]layer.Place) []*layer.Equation {
	var out []*layer.Equation
	for _, e := range list {
		c := &copier{places: places, split: splits(e, places), index: map[*layer.Index][]*layer.Index{}}
		to := c.place(e.T)
		q := &layer.Equation{T: to.T, Free: c.enter(e.Free), Accumulate: e.Accumulate, Text: e.Text, Pos: e.Pos}
		q.Subs = c.subs(to, e.Subs)
		q.Value = c.expr(e.Value)
		out = append(out, q)
	}
	return out
}

// splits finds the extents into which indices of an equation fall: those for
// the first extent of a tensor that has several for it, where the index is the
// whole subscript.
func splits(e *layer.Equation, places map[*layer.Tensor]layer.Place) map[*layer.Index][]int {
	out := map[*layer.Index][]int{}
	visit := func(t *layer.Tensor, subs []layer.Int) {
		p, ok := places[t]
		if !ok || p.Lead == nil || len(p.Lead) == 1 {
			return
		}
		if v, bare := subs[0].(*layer.Var); bare && v.I.Size == product(p.Lead) && out[v.I] == nil {
			out[v.I] = p.Lead
		}
	}
	visit(e.T, e.Subs)
	e.Walk(func(node any) bool {
		switch x := node.(type) {
		case *layer.Read:
			visit(x.T, x.Subs)
		case *layer.Element:
			visit(x.T, x.Subs)
		}
		return true
	})
	return out
}

func product(list []int) int {
	n := 1
	for _, v := range list {
		n *= v
	}
	return n
}

// copier copies one equation.
type copier struct {
	places map[*layer.Tensor]layer.Place
	split  map[*layer.Index][]int
	// index has what an index became: itself anew, or several.
	index map[*layer.Index][]*layer.Index
}

func (c *copier) place(t *layer.Tensor) layer.Place {
	p, ok := c.places[t]
	if !ok {
		panic("inline: nothing stands for " + t.Name)
	}
	return p
}

// enter makes the indices that stand for those of an equation or reduction.
func (c *copier) enter(idx []*layer.Index) []*layer.Index {
	var out []*layer.Index
	for _, i := range idx {
		if lead := c.split[i]; lead == nil {
			c.index[i] = []*layer.Index{{Name: i.Name, Size: i.Size}}
		} else {
			c.index[i] = nil
			for k, n := range lead {
				c.index[i] = append(c.index[i], &layer.Index{Name: fmt.Sprintf("%s_%d", i.Name, k), Size: n})
			}
		}
		out = append(out, c.index[i]...)
	}
	return out
}

// subs copies the subscripts of a tensor for which p stands.
func (c *copier) subs(p layer.Place, subs []layer.Int) []layer.Int {
	var out []layer.Int
	for d, s := range subs {
		if d > 0 || p.Lead == nil || len(p.Lead) == 1 {
			out = append(out, c.int(s))
		} else {
			out = append(out, c.digits(s, p.Lead)...)
		}
	}
	return out
}

// digits takes a subscript apart.
func (c *copier) digits(s layer.Int, lead []int) []layer.Int {
	if v, ok := s.(*layer.Var); ok {
		if idx := c.index[v.I]; sameSizes(idx, lead) {
			var out []layer.Int
			for _, i := range idx {
				out = append(out, &layer.Var{I: i})
			}
			return out
		}
	}
	x, weight := c.int(s), product(lead)
	var out []layer.Int
	for k, n := range lead {
		weight /= n
		var digit layer.Int = x
		if weight > 1 {
			digit = divide('/', digit, weight)
		}
		if k > 0 {
			digit = divide('%', digit, n)
		}
		out = append(out, digit)
	}
	return out
}

func sameSizes(idx []*layer.Index, sizes []int) bool {
	if len(idx) != len(sizes) {
		return false
	}
	for k, i := range idx {
		if i.Size != sizes[k] {
			return false
		}
	}
	return true
}

func divide(op byte, x layer.Int, by int) layer.Int {
	if l, ok := x.(layer.Lit); ok && l.V >= 0 {
		if op == '/' {
			return layer.Lit{V: l.V / by}
		}
		return layer.Lit{V: l.V % by}
	}
	return &layer.IntOp{Op: op, X: x, Y: layer.Lit{V: by}}
}

func (c *copier) int(x layer.Int) layer.Int {
	switch x := x.(type) {
	case layer.Lit:
		return x
	case *layer.Var:
		return c.whole(x.I)
	case *layer.Element:
		p := c.place(x.T)
		if p.Value != nil {
			return whole(p.Value)
		}
		return x.At(p.T, c.subs(p, x.Subs))
	case *layer.IntOp:
		return &layer.IntOp{Op: x.Op, X: c.int(x.X), Y: c.int(x.Y)}
	case *layer.ArgMax:
		idx := c.enter(x.Idx)
		if len(idx) == 0 {
			return layer.Lit{}
		}
		return &layer.ArgMax{Idx: idx, Body: c.expr(x.Body)}
	}
	panic(fmt.Sprintf("inline: not an integer expression: %T", x))
}

// whole is the value of an index that may have become several.
func (c *copier) whole(i *layer.Index) layer.Int {
	idx, ok := c.index[i]
	if !ok {
		panic("inline: the index " + i.Name + " is not in scope")
	}
	if len(idx) == 0 {
		return layer.Lit{}
	}
	var out layer.Int
	weight := 1
	for k := len(idx) - 1; k >= 0; k-- {
		var term layer.Int = &layer.Var{I: idx[k]}
		if weight > 1 {
			term = &layer.IntOp{Op: '*', X: term, Y: layer.Lit{V: weight}}
		}
		if out == nil {
			out = term
		} else {
			out = &layer.IntOp{Op: '+', X: term, Y: out}
		}
		weight *= idx[k].Size
	}
	return out
}

func (c *copier) expr(x layer.Expr) layer.Expr {
	switch x := x.(type) {
	case layer.Const:
		return x
	case *layer.Read:
		p := c.place(x.T)
		if p.Value != nil {
			return own(p.Value)
		}
		if p.T == nil {
			return layer.Const{}
		}
		return c.read(x, p)
	case *layer.FromInt:
		return &layer.FromInt{X: c.int(x.X)}
	case *layer.Call:
		out := &layer.Call{Fn: x.Fn}
		for _, a := range x.Args {
			out.Args = append(out.Args, c.expr(a))
		}
		return out
	case *layer.Binary:
		return &layer.Binary{Op: x.Op, X: c.expr(x.X), Y: c.expr(x.Y)}
	case *layer.Where:
		return &layer.Where{Cond: c.cond(x.Cond), X: c.expr(x.X), Y: c.expr(x.Y)}
	case *layer.Reduce:
		idx := c.enter(x.Idx)
		if len(idx) == 0 {
			return c.expr(x.Body)
		}
		return &layer.Reduce{Op: x.Op, Idx: idx, Body: c.expr(x.Body)}
	case *layer.Uniform:
		if x.Seed == nil {
			return &layer.Uniform{Plus: x.Plus, K: c.int(x.K)}
		}
		p := c.place(x.Seed)
		return &layer.Uniform{Seed: p.T, Plus: p.Plus + x.Plus, K: c.int(x.K)}
	}
	panic(fmt.Sprintf("inline: not an expression: %T", x))
}

// read copies a read. A value beyond the shape that the tensor in its place
// does not have is written out.
func (c *copier) read(x *layer.Read, p layer.Place) layer.Expr {
	out := &layer.Read{T: p.T, Subs: c.subs(p, x.Subs), Old: x.Old, Pos: x.Pos}
	if !x.T.HasOutside || p.T.HasOutside && p.T.Outside == x.T.Outside {
		return out
	}
	var inside layer.Cond
	for d, s := range x.Subs {
		for _, bound := range []*layer.CmpInt{
			{Op: ">=", X: c.int(s), Y: layer.Lit{}}, {Op: "<", X: c.int(s), Y: layer.Lit{V: x.T.Shape[d]}},
		} {
			if _, bare := s.(*layer.Var); bare {
				continue
			}
			if inside == nil {
				inside = bound
			} else {
				inside = &layer.Logic{Op: "&&", X: inside, Y: bound}
			}
		}
	}
	if inside == nil {
		return out
	}
	return &layer.Where{Cond: inside, X: out, Y: layer.Const{V: x.T.Outside}}
}

func (c *copier) cond(x layer.Cond) layer.Cond {
	switch x := x.(type) {
	case *layer.CmpInt:
		return &layer.CmpInt{Op: x.Op, X: c.int(x.X), Y: c.int(x.Y)}
	case *layer.CmpReal:
		return &layer.CmpReal{Op: x.Op, X: c.expr(x.X), Y: c.expr(x.Y)}
	case *layer.Logic:
		return &layer.Logic{Op: x.Op, X: c.cond(x.X), Y: c.cond(x.Y)}
	case *layer.Not:
		return &layer.Not{X: c.cond(x.X)}
	}
	panic(fmt.Sprintf("inline: not a condition: %T", x))
}
