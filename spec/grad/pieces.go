package grad

import (
	"slices"

	"github.com/dlgen/dlgen/spec/layer"
)

// mostPlaces bounds the work of comparing which elements pieces have.
const mostPlaces = 1 << 22

// piece is a part of a tensor to which a contribution goes, each element once: in every
// dimension the numbers of which the indices there are the digits, with gaps perhaps.
type piece struct {
	dims  []layer.Affine
	terms []term
}

// pieceOf is the part of t to which c goes; its terms go from small coefficients to large.
func (c term) pieceOf(t *layer.Tensor) (piece, bool) {
	p := piece{terms: []term{c}}
	used := indices{}
	for d, s := range c.subs {
		a, ok := layer.AffineOf(s)
		if !ok {
			return piece{}, false
		}
		a.Terms = slices.Clone(a.Terms)
		slices.SortStableFunc(a.Terms, func(x, y layer.Term) int { return x.Coef - y.Coef })
		last := 0
		for _, x := range a.Terms {
			if x.Coef <= last || used[x.I] {
				return piece{}, false
			}
			used[x.I] = true
			last += x.Coef * (x.I.Size - 1)
		}
		if a.Const < 0 || a.Const+last >= t.Shape[d] {
			return piece{}, false
		}
		p.dims = append(p.dims, a)
	}
	return p, true
}

// whole reports whether the piece is all of t, an index for each dimension.
func (p piece) whole(t *layer.Tensor) bool {
	for d, a := range p.dims {
		if i := bareIndex(a); (i == nil || i.Size != t.Shape[d]) && t.Shape[d] > 1 {
			return false
		}
	}
	return true
}

// plain reports whether the piece is a block of t.
func (p piece) plain() bool {
	return !slices.ContainsFunc(p.dims, func(a layer.Affine) bool {
		return len(a.Terms) > 1 || len(a.Terms) == 1 && a.Terms[0].Coef > 1 && a.Terms[0].I.Size > 1
	})
}

// same reports whether two pieces have the same elements, by indices of the same kind.
func (p piece) same(q piece) bool {
	return slices.EqualFunc(p.dims, q.dims, func(a, b layer.Affine) bool {
		return a.Const == b.Const && slices.EqualFunc(a.Terms, b.Terms, func(x, y layer.Term) bool {
			return x.Coef == y.Coef && x.I.Size == y.I.Size
		})
	})
}

// places are the subscripts that the piece has in a dimension.
func places(a layer.Affine, size int) []bool {
	out := make([]bool, size)
	out[a.Const] = true
	for _, x := range a.Terms {
		for k, in := range slices.Clone(out) {
			for i := 1; in && i < x.I.Size; i++ {
				out[k+i*x.Coef] = true
			}
		}
	}
	return out
}

// tile reports whether the pieces have each element of t once.
func tile(t *layer.Tensor, pieces []piece) bool {
	left := t.Size()
	for _, n := range t.Shape {
		if n*len(pieces) > mostPlaces {
			return false
		}
	}
	var of [][][]bool
	for _, p := range pieces {
		n := 1
		var dims [][]bool
		for d, a := range p.dims {
			for _, x := range a.Terms {
				n *= x.I.Size
			}
			dims = append(dims, places(a, t.Shape[d]))
		}
		if slices.ContainsFunc(of, func(other [][]bool) bool { return meet(dims, other) }) {
			return false
		}
		of, left = append(of, dims), left-n
	}
	return left == 0
}

// meet reports whether two pieces have an element in common.
func meet(a, b [][]bool) bool {
	for d := range a {
		common := false
		for k, in := range a[d] {
			common = common || in && b[d][k]
		}
		if !common {
			return false
		}
	}
	return true
}

// byPieces defines g by an equation for each of several pieces that t falls into, as where
// an array has pairs of numbers side by side, and reports whether it does.
func (d *derivation) byPieces(g, t, more *layer.Tensor, terms []term) bool {
	if d.tied[t] != nil || d.adjoint[t] != nil || len(t.Shape) == 0 {
		return false
	}
	var pieces []piece
	var rest []term
	for _, c := range terms {
		p, ok := c.pieceOf(t)
		if !ok || p.whole(t) {
			rest = append(rest, c)
		} else if k := slices.IndexFunc(pieces, p.same); k >= 0 {
			pieces[k].terms = append(pieces[k].terms, c)
		} else {
			pieces = append(pieces, p)
		}
	}
	if len(pieces) < 2 || !slices.ContainsFunc(pieces, func(p piece) bool { return !p.plain() }) || !tile(t, pieces) {
		return false
	}
	free := d.freeIndices(t, terms)
	var everywhere []layer.Expr
	if more != nil {
		everywhere = append(everywhere, &layer.Read{T: more, Subs: vars(free), Pos: t.Pos})
	}
	for _, c := range rest {
		x, ok := c.gather(t, free, false)
		if !ok {
			return false
		}
		everywhere = append(everywhere, x)
	}
	for _, p := range pieces {
		d.add(p.equation(g, t, free, everywhere))
	}
	return true
}

// equation defines the piece of g: what its own terms add, and what goes everywhere.
func (p piece) equation(g, t *layer.Tensor, free []*layer.Index, everywhere []layer.Expr) *layer.Equation {
	e := &layer.Equation{T: g, Pos: t.Pos}
	here := layer.Substitution{} // which leaves out what is decided here
	own := make([]layer.Affine, len(p.dims))
	for d, a := range p.dims {
		own[d] = layer.Affine{Const: a.Const}
		for _, x := range a.Terms {
			i := &layer.Index{Name: x.I.Name, Size: x.I.Size}
			e.Free = append(e.Free, i)
			own[d].Terms = append(own[d].Terms, layer.Term{Coef: x.Coef, I: i})
		}
		sub := fromAffine(own[d])
		e.Subs = append(e.Subs, sub)
		here[free[d]] = layer.Replacement{By: sub}
	}
	var values []layer.Expr
	for _, x := range everywhere {
		values = append(values, binding{}.expr(here.Expr(x)))
	}
	for _, c := range p.terms {
		q, _ := c.pieceOf(t)
		b := binding{index: map[*layer.Index]layer.Int{}}
		for d, a := range q.dims {
			for k, x := range a.Terms {
				b.index[x.I] = &layer.Var{I: own[d].Terms[k].I}
			}
		}
		var left []*layer.Index
		for _, i := range c.idx {
			if b.index[i] == nil {
				left = append(left, i)
			}
		}
		in, idx := b.with(left)
		values = append(values, sum(idx, in.conds(c.conds), in.expr(c.value)))
	}
	e.Value = total(values)
	return e
}

// vars are the indices as subscripts.
func vars(idx []*layer.Index) []layer.Int {
	var out []layer.Int
	for _, i := range idx {
		out = append(out, &layer.Var{I: i})
	}
	return out
}
