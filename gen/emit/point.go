package emit

import (
	"github.com/dlgen/dlgen/gen/ir"
)

// at gives the value of each axis at a point, and which of them is the vector.
type at struct {
	subs *setting
	// vec is the axis along the lanes, nil for a single number.
	vec *ir.Var
	// lanes is the number of lanes in use.
	lanes int
	// blocks gives the place in the tile along each tile axis.
	blocks map[*ir.Var]int
	// place is the point's number among those of its tile.
	place int
}

// setting is the value of an axis; those inside hide those outside.
type setting struct {
	v     *ir.Var
	sub   ir.Sub
	outer *setting
}

// value is that of v at p.
func (p at) value(v *ir.Var) (ir.Sub, bool) {
	for l := p.subs; l != nil; l = l.outer {
		if l.v == v {
			return l.sub, true
		}
	}
	return ir.Sub{}, false
}

// sub is the value of an axis that has one, or 0.
func (p at) sub(v *ir.Var) ir.Sub {
	s, _ := p.value(v)
	return s
}

// with is a copy of p in which v has the value s.
func (p at) with(v *ir.Var, s ir.Sub) at {
	p.subs = &setting{v, s, p.subs}
	return p
}

// withAll is p.with for several axes.
func (p at) withAll(subs map[*ir.Var]ir.Sub) at {
	for v, s := range subs {
		p = p.with(v, s)
	}
	return p
}

// inBlock is a copy of p at the k-th block of the tile along v.
func (p at) inBlock(v *ir.Var, k int) at {
	q := p
	q.blocks = map[*ir.Var]int{v: k}
	for w, b := range p.blocks {
		q.blocks[w] = b
	}
	return q
}
