package avx2

import (
	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/dlgen/dlgen/gen/ir"
)

// horizontal combines all lanes into every lane, halves first.
func horizontal(s *amd64.Selection, a *ir.Assign) {
	c := map[ir.Op]*amd64.Code{ir.HSum: vaddps, ir.HMax: vmaxps, ir.HMin: vminps, ir.HProd: vmulps}[a.Op]
	if len(a.Args) > 1 {
		several(s, c, a)
		return
	}
	dst, x := s.Of(a.Dst), s.Reg(a.Args[0])
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
	extreme(s, c, dst, x)
}

// extreme is the maximum or minimum of all lanes. Beside it goes the largest of their
// bits without signs, which shows a NaN that the maximum of two may lose.
func extreme(s *amd64.Selection, c *amd64.Code, dst *amd64.VReg, x amd64.Ref) {
	size, nan := s.Temp(), s.Temp()
	s.Do(vandps, size, amd64.None, x, amd64.Ref{Mem: s.All(1<<31 - 1)})
	half := func(x amd64.Ref, i, imm int) amd64.Ref {
		t := s.Temp()
		if i == 0 {
			s.Do(vextractf128, t, imm, amd64.Ref{V: x.V}).View = amd64.X
		} else {
			s.Do(vpermilps, t, imm, x).View = amd64.X
		}
		return t.As(amd64.X)
	}
	x.View = amd64.X
	y := size.As(amd64.X)
	for i, imm := range []int{1, 0x4e, 0xb1} {
		r, q := s.Temp(), s.Temp()
		s.Do(c, r, amd64.None, x, half(x, i, imm)).View = amd64.X
		s.Do(vpmaxsd, q, amd64.None, y, half(y, i, imm)).View = amd64.X
		x, y = r.As(amd64.X), q.As(amd64.X)
	}
	out := s.Temp()
	s.Do(vcmpps, nan, unordered, y, y).View = amd64.X
	s.Do(vorps, out, amd64.None, x, nan.As(amd64.X)).View = amd64.X
	s.Do(vbroadcastss, dst, amd64.None, out.As(amd64.X))
}

// several combines the lanes of two or four registers, with the largest bits beside an
// extreme, as above.
func several(s *amd64.Selection, c *amd64.Code, a *ir.Assign) {
	var x, size []amd64.Ref
	for _, r := range a.Args {
		x = append(x, s.Reg(r))
	}
	dst := s.Of(a.Dst)
	if c.Commutes {
		s.Do(vmovaps, dst, amd64.None, rows(s, c, x))
		return
	}
	for _, r := range x {
		size = append(size, s.Then(vandps, amd64.None, r, amd64.Ref{Mem: s.All(1<<31 - 1)}))
	}
	most := rows(s, vpmaxsd, size)
	out := s.Then(vorps, amd64.None, rows(s, c, x), s.Then(vcmpps, unordered, most, most))
	s.Do(vperm2f128, dst, 0, out, out) // of equal zeros the halves have either
}

// rows combines the lanes of two or four registers, of which each half of the result has
// one after another.
func rows(s *amd64.Selection, c *amd64.Code, x []amd64.Ref) amd64.Ref {
	out := s.Quarters(c, vunpcklps, vunpckhps, vshufps, x)
	return s.Then(c, amd64.None, out, s.Then(vperm2f128, 0x01, out, out))
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

// align takes the halves in the middle of the two registers, and shifts within each
// half what remains.
func align(s *amd64.Selection, a *ir.Assign) {
	dst, first := s.Of(a.Dst), int(a.Word)
	low, high := s.Reg(a.Args[0]), s.Reg(a.Args[1])
	switch first {
	case 0:
		s.Do(vmovaps, dst, amd64.None, low)
		return
	case lanes / 2:
		s.Do(vperm2f128, dst, 0x21, low, high)
		return
	}
	middle := s.Temp()
	s.Do(vperm2f128, middle, 0x21, low, high)
	if first < lanes/2 {
		s.Do(vpalignr, dst, 4*first, middle.Ref(), low)
	} else {
		s.Do(vpalignr, dst, 4*(first-lanes/2), high, middle.Ref())
	}
}

// transpose exchanges lanes and registers in three rounds: halves, pairs,
// neighbours. Where rows come straight from memory the first round is loads.
func transpose(s *amd64.Selection, st *ir.Transpose) {
	if len(st.Src) <= 4 {
		shortTranspose(s, st)
		return
	}
	var low, high [4]*amd64.VReg
	for i := range low {
		if i+4 < len(st.Src) {
			low[i], high[i] = halves(s, st.Src[i], st.Src[i+4], len(st.Dst) > 4)
			continue
		}
		x := s.Row(st.Src[i], s.Take(st.Src[i]))
		low[i], high[i] = x, x
		if len(st.Dst) > 4 {
			high[i] = s.Temp()
			s.Do(vextractf128, high[i], 1, x.Ref()).View = amd64.X
		}
	}
	exchange(s, low, st.Dst[:min(4, len(st.Dst))])
	if len(st.Dst) > 4 {
		exchange(s, high, st.Dst[4:])
	}
}

// shortTranspose is transpose for up to four rows: the halves of a row are apart
// until the end.
func shortTranspose(s *amd64.Selection, st *ir.Transpose) {
	var rows [4]*amd64.VReg
	for i := range rows {
		if i < len(st.Src) {
			rows[i] = s.Row(st.Src[i], s.Take(st.Src[i]))
		} else {
			rows[i] = rows[i%len(st.Src)]
		}
	}
	out := make([]*ir.Reg, min(4, len(st.Dst)))
	copy(out, st.Dst)
	both := make([]*amd64.VReg, len(out))
	for i := range both {
		both[i] = s.Temp()
	}
	if len(st.Src) > 2 {
		quads(s, rows, both)
	} else {
		for i, c := range []*amd64.Code{vunpcklps, vunpckhps} {
			if 2*i < len(both) {
				s.Do(c, both[2*i], amd64.None, rows[0].Ref(), rows[1].Ref())
			}
			if 2*i+1 < len(both) {
				s.Do(vpermilps, both[2*i+1], 0xee, both[2*i].Ref())
			}
		}
	}
	for i, v := range both {
		if i+4 < len(st.Dst) {
			s.Do(vextractf128, s.Of(st.Dst[i+4]), 1, v.Ref()).View = amd64.X
		}
		s.Do(vmovaps, s.Of(st.Dst[i]), amd64.None, v.Ref())
	}
}

// exchange transposes the four by four elements in each half of the rows.
func exchange(s *amd64.Selection, rows [4]*amd64.VReg, out []*ir.Reg) {
	dst := make([]*amd64.VReg, len(out))
	for i, r := range out {
		dst[i] = s.Of(r)
	}
	quads(s, rows, dst)
}

// quads is exchange for as many registers as there are in dst, which may be rows.
func quads(s *amd64.Selection, r [4]*amd64.VReg, dst []*amd64.VReg) {
	var t, u [2]*amd64.VReg
	for i, c := range []*amd64.Code{vunpcklps, vunpckhps} {
		if 2*i < len(dst) {
			t[i], u[i] = s.Temp(), s.Temp()
			s.Do(c, t[i], amd64.None, r[0].Ref(), r[1].Ref())
			s.Do(c, u[i], amd64.None, r[2].Ref(), r[3].Ref())
		}
	}
	for i, v := range dst {
		s.Do(vshufps, v, []int{0x44, 0xee}[i%2], t[i/2].Ref(), u[i/2].Ref())
	}
}

// halves joins the lower halves of two rows in one register and, where asked,
// the upper halves in another. An insertion from memory needs no shuffle unit.
func halves(s *amd64.Selection, a, b *ir.Reg, upper bool) (low, high *amd64.VReg) {
	low, high = s.Temp(), s.Temp()
	dst := []*amd64.VReg{low, high}
	if !upper {
		dst = dst[:1]
	}
	pa, pb := s.Take(a), s.Take(b)
	if pa != nil && pb != nil {
		for i, dst := range dst {
			t := s.Temp()
			s.Do(vmovups, t, amd64.None, amd64.Ref{Mem: pa.Part(4*i, 4)}).View = amd64.X
			s.Do(vinsertf128, dst, 1, t.Ref(), amd64.Ref{Mem: pb.Part(4*i, 4)})
		}
		return low, high
	}
	x, y := s.Row(a, pa), s.Row(b, pb)
	s.Do(vinsertf128, low, 1, x.Ref(), y.As(amd64.X))
	if upper {
		s.Do(vperm2f128, high, 0x31, x.Ref(), y.Ref())
	}
	return low, high
}
