package avx2

import (
	"fmt"
	"math"

	"github.com/dlgen/dlgen/gen/ir"
)

// simple are the operations that one instruction computes.
var simple = map[ir.Op]struct {
	code *code
	imm  int
}{
	ir.Add: {vaddps, none}, ir.Sub2: {vsubps, none}, ir.Mul: {vmulps, none}, ir.Div: {vdivps, none},
	// VMAXPS gives its second source where both are equal or either is NaN,
	// which is the b that MaxOp asks for.
	ir.MaxOp: {vmaxps, none}, ir.MinOp: {vminps, none},
	ir.FMA: {fma, none}, ir.FNMA: {fnma, none}, ir.FMS: {fms, none},
	ir.Sqrt: {vsqrtps, none}, ir.Round: {vroundps, 8}, ir.Floor: {vroundps, 9},
	ir.ToReal: {vcvtdq2ps, none}, ir.ToWord: {vcvtps2dq, none}, ir.TruncOp: {vcvttps2dq, none},
	ir.IAdd: {vpaddd, none}, ir.ISub: {vpsubd, none}, ir.IMul: {vpmulld, none},
	ir.IAnd: {vpand, none}, ir.IOr: {vpor, none}, ir.IXor: {vpxor, none},
	ir.IEQ: {vpcmpeqd, none}, ir.IGT: {vpcmpgtd, none},
	ir.And: {vandps, none}, ir.Or: {vorps, none},
}

// compares are the predicates of VCMPPS, quiet on NaN: for the operands as
// they stand and exchanged.
var compares = map[ir.Op]struct{ imm, swapped int }{
	ir.LT: {0x11, 0x1e}, ir.LE: {0x12, 0x1d}, ir.EQ: {0x00, 0x00}, ir.NE: {0x04, 0x04}, ir.Unordered: {0x03, 0x03},
}

var shifts = map[ir.Op]*code{ir.IShl: vpslld, ir.IShr: vpsrld, ir.ISar: vpsrad}

// assign emits an operation.
func (s *selection) assign(a *ir.Assign) {
	if p := s.constant(a); p != nil {
		s.setConstant(a.Dst, p)
		return
	}
	if op, ok := simple[a.Op]; ok {
		src := make([]ref, len(a.Args))
		for i, r := range a.Args {
			src[i] = s.use(r)
		}
		s.do(op.code, s.of(a.Dst), op.imm, src...)
		return
	}
	if c, ok := compares[a.Op]; ok {
		x, y := s.use(a.Args[0]), s.use(a.Args[1])
		imm := c.imm
		if x.mem != nil && y.mem == nil {
			x, y, imm = y, x, c.swapped
		}
		s.do(vcmpps, s.of(a.Dst), imm, x, y)
		return
	}
	if c, ok := shifts[a.Op]; ok {
		s.do(c, s.of(a.Dst), int(a.Word), s.use(a.Args[0]))
		return
	}
	s.special(a)
}

// constant is the place of a constant, or nil.
func (s *selection) constant(a *ir.Assign) *place {
	switch a.Op {
	case ir.Const:
		return s.vectors.all(math.Float32bits(a.Real))
	case ir.ConstWord:
		return s.vectors.all(uint32(a.Word))
	case ir.LaneMask:
		return s.vectors.lanes(int(a.Word))
	case ir.Iota:
		for _, t := range a.Sub.Terms {
			if !s.single[t.Var] && t.Coef != 0 {
				return nil
			}
		}
		return s.vectors.iota(a.Sub.Const, a.Step)
	}
	return nil
}

// setConstant makes r the constant p: an operand where nothing else is
// assigned to r, otherwise a load.
func (s *selection) setConstant(r *ir.Reg, p *place) {
	if s.defs[r] == 1 {
		s.consts[r] = p
		return
	}
	s.emit(&node{code: vmovups, dst: s.of(r), src: []ref{{mem: p}}, imm: none})
}

func (s *selection) special(a *ir.Assign) {
	dst := s.of(a.Dst)
	switch a.Op {
	case ir.Copy, ir.RealBits, ir.WordBits:
		if o := s.use(a.Args[0]); o.mem != nil {
			s.setConstant(a.Dst, o.mem)
		} else {
			s.do(vmovaps, dst, none, o)
		}
	case ir.Param, ir.KeyParam:
		at, ok := s.scalars[a.Scalar]
		if !ok {
			panic(fmt.Sprintf("avx2: %s: scalar %s is not a parameter", s.f.Name, a.Scalar.Name))
		}
		s.do(vbroadcastss, dst, none, ref{mem: &place{kind: inParam, param: at}})
	case ir.Neg:
		s.do(vxorps, dst, none, s.use(a.Args[0]), ref{mem: s.vectors.all(1 << 31)})
	case ir.Abs:
		s.do(vandps, dst, none, s.use(a.Args[0]), ref{mem: s.vectors.all(1<<31 - 1)})
	case ir.Not:
		s.do(vxorps, dst, none, s.use(a.Args[0]), ref{mem: s.vectors.all(math.MaxUint32)})
	case ir.Select:
		s.selects(a)
	case ir.Iota:
		s.iota(a)
	case ir.HSum, ir.HMax, ir.HMin, ir.HProd:
		s.horizontal(a)
	case ir.HSums:
		s.sums(a)
	default:
		panic(fmt.Sprintf("avx2: %s: operation %s has no instruction", s.f.Name, a.Op))
	}
}

// selects uses that masks are all ones or all zeros: a choice of zero needs
// no blend, which is two operations on some machines.
func (s *selection) selects(a *ir.Assign) {
	dst, zero := s.of(a.Dst), s.vectors.all(0)
	m, x, y := s.use(a.Args[0]), s.use(a.Args[1]), s.use(a.Args[2])
	switch {
	case y.mem == zero:
		s.do(vandps, dst, none, m, x)
	case x.mem == zero:
		s.do(vandnps, dst, none, m, y)
	default:
		s.do(vblendvps, dst, none, y, x, m)
	}
}

// iota adds the constant part of all lanes, from the table, to the variable
// part, which is broadcast.
func (s *selection) iota(a *ir.Assign) {
	var terms ir.Sub
	for _, t := range a.Sub.Terms {
		if s.single[t.Var] || t.Coef == 0 {
			continue
		}
		if _, ok := s.order[t.Var]; !ok {
			panic(fmt.Sprintf("avx2: %s: variable %s is not in scope", s.f.Name, t.Var.Name))
		}
		s.valued[t.Var] = true
		terms.Terms = append(terms.Terms, t)
	}
	first, all := s.vreg(), s.vreg()
	s.emit(&node{kind: varValue, dst: first, low: true, sub: terms, imm: none})
	if a.Step == 0 && a.Sub.Const == 0 {
		all = s.of(a.Dst)
	}
	s.do(vpbroadcastd, all, none, first.half())
	if all != s.of(a.Dst) {
		s.do(vpaddd, s.of(a.Dst), none, all.ref(), ref{mem: s.vectors.iota(a.Sub.Const, a.Step)})
	}
}
