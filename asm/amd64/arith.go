package amd64

import (
	"fmt"
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

// compares are the predicates of VCMPPS, quiet on NaN: for the operands as
// they stand and exchanged.
var compares = map[ir.Op]struct{ imm, swapped int }{
	ir.LT: {0x11, 0x1e}, ir.LE: {0x12, 0x1d}, ir.EQ: {0x00, 0x00}, ir.NE: {0x04, 0x04}, ir.Unordered: {0x03, 0x03},
}

// assign emits an operation.
func (s *Selection) assign(a *ir.Assign) {
	if p := s.constant(a); p != nil {
		s.setConstant(a.Dst, p)
		return
	}
	if op, ok := s.set.Ops[a.Op]; ok {
		src := make([]Ref, len(a.Args))
		for i, r := range a.Args {
			src[i] = s.Use(r)
		}
		s.Do(op.Code, s.Of(a.Dst), op.Imm, src...)
		return
	}
	if c, ok := compares[a.Op]; ok {
		x, y := s.Use(a.Args[0]), s.Use(a.Args[1])
		imm := c.imm
		if x.Mem != nil && y.Mem == nil {
			x, y, imm = y, x, c.swapped
		}
		s.Do(s.set.Compare, s.Of(a.Dst), imm, x, y)
		return
	}
	if c, ok := s.set.Shifts[a.Op]; ok {
		s.Do(c, s.Of(a.Dst), int(a.Word), s.Use(a.Args[0]))
		return
	}
	s.special(a)
}

// constant is the place of a constant, or nil.
func (s *Selection) constant(a *ir.Assign) *Place {
	switch a.Op {
	case ir.Const:
		return s.All(math.Float32bits(a.Real))
	case ir.ConstWord:
		return s.All(uint32(a.Word))
	case ir.LaneMask:
		return s.Lanes(int(a.Word))
	case ir.Iota:
		for _, t := range a.Sub.Terms {
			if !s.single[t.Var] && t.Coef != 0 {
				return nil
			}
		}
		return s.constants.iota(a.Sub.Const, a.Step)
	}
	return nil
}

// All is the constant with the given bits in every lane.
func (s *Selection) All(bits uint32) *Place { return s.constants.iota(int(int32(bits)), 0) }

// Table is a vector of the entries of a table, again and again.
func (s *Selection) Table(t *[8]int32) *Place {
	v := make([]uint32, s.set.Lanes)
	for i := range v {
		v[i] = uint32(t[i%len(t)])
	}
	return s.constants.vectors.of(s.set.Vectors, v)
}

// Order is a vector of numbers of lanes.
func (s *Selection) Order(order []int) *Place {
	v := make([]uint32, len(order))
	for i, lane := range order {
		v[i] = uint32(lane)
	}
	return s.constants.vectors.of(s.set.Vectors, v)
}

// Lanes is the mask of the first n lanes.
func (s *Selection) Lanes(n int) *Place { return s.constants.lanes(n) }

// setConstant makes r the constant p: an operand where nothing else is
// assigned to r, otherwise a load.
func (s *Selection) setConstant(r *ir.Reg, p *Place) {
	if s.defs[r] == 1 {
		s.consts[r] = p
		return
	}
	s.emit(&Node{code: p.class.Load, dst: s.Of(r), src: []Ref{{Mem: p}}, imm: None})
}

func (s *Selection) special(a *ir.Assign) {
	switch a.Op {
	case ir.Copy, ir.RealBits, ir.WordBits:
		dst := s.Of(a.Dst)
		if o := s.Use(a.Args[0]); o.Mem != nil {
			s.setConstant(a.Dst, o.Mem)
		} else {
			s.Do(dst.class.Move, dst, None, o)
		}
	case ir.Param, ir.KeyParam:
		at, ok := s.scalars[a.Scalar]
		if !ok {
			panic(fmt.Sprintf("%s: %s: scalar %s is not a parameter", s.set.Name, s.f.Name, a.Scalar.Name))
		}
		// Not an operand of others: vet would take it for a whole vector.
		s.Do(s.set.Broadcast, s.Of(a.Dst), None, Ref{Mem: &Place{kind: inParam, param: at}})
	case ir.Iota:
		s.iota(a)
	default:
		s.set.Special(s, a)
	}
}

// iota adds the constant part of all lanes, from the table, to the variable
// part, which is broadcast.
func (s *Selection) iota(a *ir.Assign) {
	var terms ir.Sub
	for _, t := range a.Sub.Terms {
		if s.single[t.Var] || t.Coef == 0 {
			continue
		}
		if _, ok := s.order[t.Var]; !ok {
			panic(fmt.Sprintf("%s: %s: variable %s is not in scope", s.set.Name, s.f.Name, t.Var.Name))
		}
		s.valued[t.Var] = true
		terms.Terms = append(terms.Terms, t)
	}
	first, all := s.Temp(), s.Temp()
	s.emit(&Node{kind: varValue, dst: first, View: X, sub: terms, imm: None})
	if a.Step == 0 && a.Sub.Const == 0 {
		all = s.Of(a.Dst)
	}
	s.Do(s.set.BroadcastWord, all, None, first.As(X))
	if all != s.Of(a.Dst) {
		s.Do(s.set.Ops[ir.IAdd].Code, s.Of(a.Dst), None, all.Ref(), Ref{Mem: s.constants.iota(a.Sub.Const, a.Step)})
	}
}
