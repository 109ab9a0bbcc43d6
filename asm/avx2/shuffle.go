package avx2

import "github.com/dlgen/dlgen/gen/ir"

// horizontal combines all lanes into every lane, halves first.
func (s *selection) horizontal(a *ir.Assign) {
	dst, x := s.of(a.Dst), s.reg(a.Args[0])
	c := map[ir.Op]*code{ir.HSum: vaddps, ir.HMax: vmaxps, ir.HMin: vminps, ir.HProd: vmulps}[a.Op]
	if c.commutes {
		// Both halves compute the same, so the lanes need no broadcast.
		for i, imm := range []int{0x01, 0x4e, 0xb1} {
			t := s.vreg()
			if i == 0 {
				s.do(vperm2f128, t, imm, x, x)
			} else {
				s.do(vpermilps, t, imm, x)
			}
			r := dst
			if i < 2 {
				r = s.vreg()
			}
			s.do(c, r, none, x, t.ref())
			x = r.ref()
		}
		return
	}
	// The order of a maximum matters to NaN, so one lane decides for all.
	x.low = true
	for i, imm := range []int{1, 0x4e, 0xb1} {
		t, r := s.vreg(), s.vreg()
		if i == 0 {
			s.do(vextractf128, t, imm, ref{v: x.v}).low = true
		} else {
			s.do(vpermilps, t, imm, x).low = true
		}
		s.do(c, r, none, x, t.half()).low = true
		x = r.half()
	}
	s.do(vbroadcastss, dst, none, x)
}

// sums puts the sum of each argument into its own lane: pairs of neighbours
// are added until four arguments share a register, then its halves.
func (s *selection) sums(a *ir.Assign) {
	var level []ref
	for _, r := range a.Args {
		level = append(level, s.reg(r))
	}
	pair := func(x []ref) []ref {
		var out []ref
		for i := 0; i < len(x); i += 2 {
			t := s.vreg()
			y := ref{mem: s.vectors.all(0)}
			if i+1 < len(x) {
				y = x[i+1]
			}
			s.do(vhaddps, t, none, x[i], y)
			out = append(out, t.ref())
		}
		return out
	}
	level = pair(pair(level))
	dst := s.of(a.Dst)
	low := level[0]
	if len(level) == 1 {
		t := s.vreg()
		s.do(vextractf128, t, 1, low).low = true
		low.low = true
		s.do(vaddps, dst, none, low, t.half()).low = true
		return
	}
	high := level[1]
	t, u := s.vreg(), s.vreg()
	s.do(vperm2f128, t, 0x21, low, high)
	s.do(vblendps, u, 0xf0, low, high)
	s.do(vaddps, dst, none, u.ref(), t.ref())
}

// transpose exchanges lanes and registers in three rounds: halves, pairs,
// neighbours. Where rows come straight from memory the first round is loads.
func (s *selection) transpose(st *ir.Transpose) {
	if len(st.Src) != 8 || len(st.Dst) != 8 {
		panic("avx2: " + s.f.Name + ": transpose needs eight registers")
	}
	var rows [8]*vreg
	for i := 0; i < 4; i++ {
		rows[i], rows[i+4] = s.halves(st.Src[i], st.Src[i+4])
	}
	for h := 0; h < 2; h++ {
		r, t := rows[4*h:4*h+4], [4]*vreg{}
		for i := range t {
			t[i] = s.vreg()
		}
		s.do(vunpcklps, t[0], none, r[0].ref(), r[1].ref())
		s.do(vunpckhps, t[1], none, r[0].ref(), r[1].ref())
		s.do(vunpcklps, t[2], none, r[2].ref(), r[3].ref())
		s.do(vunpckhps, t[3], none, r[2].ref(), r[3].ref())
		for i := 0; i < 2; i++ {
			s.do(vshufps, s.of(st.Dst[4*h+2*i]), 0x44, t[i].ref(), t[i+2].ref())
			s.do(vshufps, s.of(st.Dst[4*h+2*i+1]), 0xee, t[i].ref(), t[i+2].ref())
		}
	}
}

// halves joins the lower halves of two rows in one register and the upper
// halves in another. An insertion from memory needs no shuffle unit.
func (s *selection) halves(a, b *ir.Reg) (low, high *vreg) {
	low, high = s.vreg(), s.vreg()
	pa, pb := s.take(a), s.take(b)
	if pa != nil && pb != nil {
		for i, dst := range []*vreg{low, high} {
			t, qa, qb := s.vreg(), *pa, *pb
			qa.disp, qa.lanes = qa.disp+16*i, 4
			qb.disp, qb.lanes = qb.disp+16*i, 4
			s.do(vmovups, t, none, ref{mem: &qa}).low = true
			s.do(vinsertf128, dst, 1, t.ref(), ref{mem: &qb})
		}
		return low, high
	}
	x, y := s.row(a, pa), s.row(b, pb)
	s.do(vinsertf128, low, 1, x.ref(), y.half())
	s.do(vperm2f128, high, 0x31, x.ref(), y.ref())
	return low, high
}

// row is r in a register, loaded from p where its load was waiting.
func (s *selection) row(r *ir.Reg, p *place) *vreg {
	if p == nil {
		return s.reg(r).v
	}
	v := s.of(r)
	s.do(vmovups, v, none, ref{mem: p})
	return v
}
