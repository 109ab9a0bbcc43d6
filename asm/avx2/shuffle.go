package avx2

import (
	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/dlgen/dlgen/gen/ir"
)

// horizontal combines all lanes into every lane, halves first.
func horizontal(s *amd64.Selection, a *ir.Assign) {
	dst, x := s.Of(a.Dst), s.Reg(a.Args[0])
	c := map[ir.Op]*amd64.Code{ir.HSum: vaddps, ir.HMax: vmaxps, ir.HMin: vminps, ir.HProd: vmulps}[a.Op]
	if c.Commutes {
		// Both halves compute the same, so the lanes need no broadcast.
		for i, imm := range []int{0x01, 0x4e, 0xb1} {
			t := s.Temp()
			if i == 0 {
				s.Do(vperm2f128, t, imm, x, x)
			} else {
				s.Do(vpermilps, t, imm, x)
			}
			r := dst
			if i < 2 {
				r = s.Temp()
			}
			s.Do(c, r, amd64.None, x, t.Ref())
			x = r.Ref()
		}
		return
	}
	// The order of a maximum matters to NaN, so one lane decides for all.
	x.View = amd64.X
	for i, imm := range []int{1, 0x4e, 0xb1} {
		t, r := s.Temp(), s.Temp()
		if i == 0 {
			s.Do(vextractf128, t, imm, amd64.Ref{V: x.V}).View = amd64.X
		} else {
			s.Do(vpermilps, t, imm, x).View = amd64.X
		}
		s.Do(c, r, amd64.None, x, t.As(amd64.X)).View = amd64.X
		x = r.As(amd64.X)
	}
	s.Do(vbroadcastss, dst, amd64.None, x)
}

// sums puts the sum of each argument into its own lane: pairs of neighbours
// are added until four arguments share a register, then its halves.
func sums(s *amd64.Selection, a *ir.Assign) {
	var level []amd64.Ref
	for _, r := range a.Args {
		level = append(level, s.Reg(r))
	}
	pair := func(x []amd64.Ref) []amd64.Ref {
		var out []amd64.Ref
		for i := 0; i < len(x); i += 2 {
			t := s.Temp()
			y := amd64.Ref{Mem: s.All(0)}
			if i+1 < len(x) {
				y = x[i+1]
			}
			s.Do(vhaddps, t, amd64.None, x[i], y)
			out = append(out, t.Ref())
		}
		return out
	}
	level = pair(pair(level))
	dst := s.Of(a.Dst)
	low := level[0]
	if len(level) == 1 {
		t := s.Temp()
		s.Do(vextractf128, t, 1, low).View = amd64.X
		low.View = amd64.X
		s.Do(vaddps, dst, amd64.None, low, t.As(amd64.X)).View = amd64.X
		return
	}
	high := level[1]
	t, u := s.Temp(), s.Temp()
	s.Do(vperm2f128, t, 0x21, low, high)
	s.Do(vblendps, u, 0xf0, low, high)
	s.Do(vaddps, dst, amd64.None, u.Ref(), t.Ref())
}

// transpose exchanges lanes and registers in three rounds: halves, pairs,
// neighbours. Where rows come straight from memory the first round is loads.
func transpose(s *amd64.Selection, st *ir.Transpose) {
	if len(st.Src) != 8 || len(st.Dst) != 8 {
		panic("avx2: a transpose needs eight registers")
	}
	var rows [8]*amd64.VReg
	for i := 0; i < 4; i++ {
		rows[i], rows[i+4] = halves(s, st.Src[i], st.Src[i+4])
	}
	for h := 0; h < 2; h++ {
		r, t := rows[4*h:4*h+4], [4]*amd64.VReg{}
		for i := range t {
			t[i] = s.Temp()
		}
		s.Do(vunpcklps, t[0], amd64.None, r[0].Ref(), r[1].Ref())
		s.Do(vunpckhps, t[1], amd64.None, r[0].Ref(), r[1].Ref())
		s.Do(vunpcklps, t[2], amd64.None, r[2].Ref(), r[3].Ref())
		s.Do(vunpckhps, t[3], amd64.None, r[2].Ref(), r[3].Ref())
		for i := 0; i < 2; i++ {
			s.Do(vshufps, s.Of(st.Dst[4*h+2*i]), 0x44, t[i].Ref(), t[i+2].Ref())
			s.Do(vshufps, s.Of(st.Dst[4*h+2*i+1]), 0xee, t[i].Ref(), t[i+2].Ref())
		}
	}
}

// halves joins the lower halves of two rows in one register and the upper
// halves in another. An insertion from memory needs no shuffle unit.
func halves(s *amd64.Selection, a, b *ir.Reg) (low, high *amd64.VReg) {
	low, high = s.Temp(), s.Temp()
	pa, pb := s.Take(a), s.Take(b)
	if pa != nil && pb != nil {
		for i, dst := range []*amd64.VReg{low, high} {
			t := s.Temp()
			s.Do(vmovups, t, amd64.None, amd64.Ref{Mem: pa.Part(4*i, 4)}).View = amd64.X
			s.Do(vinsertf128, dst, 1, t.Ref(), amd64.Ref{Mem: pb.Part(4*i, 4)})
		}
		return low, high
	}
	x, y := s.Row(a, pa), s.Row(b, pb)
	s.Do(vinsertf128, low, 1, x.Ref(), y.As(amd64.X))
	s.Do(vperm2f128, high, 0x31, x.Ref(), y.Ref())
	return low, high
}
