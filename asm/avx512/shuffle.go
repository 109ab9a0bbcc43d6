package avx512

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
		for i, imm := range []int{0x4e, 0xb1, 0x4e, 0xb1} {
			t, r := s.Temp(), s.Temp()
			if i < 2 {
				s.Do(vshuff32x4, t, imm, x, x)
			} else {
				s.Do(vpermilps, t, imm, x)
			}
			if i == 3 {
				r = dst
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
	size, out := s.Temp(), s.Temp()
	s.Do(vandps, size, amd64.None, x, amd64.Ref{Mem: s.All(1<<31 - 1)})
	y := size.Ref()
	half := func(x amd64.Ref, code *amd64.Code, imm int, view amd64.View) amd64.Ref {
		t := s.Temp()
		s.Do(code, t, imm, x).View = view
		return t.As(view)
	}
	for i, imm := range []int{1, 1, 0x4e, 0xb1} {
		code, view := vpermilps, amd64.X
		switch i {
		case 0:
			code, view = vextractf32x8, amd64.Y
		case 1:
			code, x.View, y.View = vextractf32x4, amd64.Y, amd64.Y
		}
		s1, s2 := half(x, code, imm, view), half(y, code, imm, view)
		x.View, y.View = view, view
		r, q := s.Temp(), s.Temp()
		s.Do(c, r, amd64.None, x, s1).View = view
		s.Do(vpmaxsd, q, amd64.None, y, s2).View = view
		x, y = r.As(view), q.As(view)
	}
	nan := s.TempMask()
	s.Do(vcmpps, nan, unordered, y, y)
	s.Do(vblendmps, out, amd64.None, nan.Ref(), x, y).View = amd64.X
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
	nan, most := s.TempMask(), rows(s, vpmaxsd, size)
	s.Do(vcmpps, nan, unordered, most, most)
	out := s.Then(vblendmps, amd64.None, nan.Ref(), rows(s, c, x), most)
	s.Do(vshuff32x4, dst, 0, out, out) // of equal zeros the quarters have either
}

// rows combines the lanes of two or four registers, of which each quarter of the result
// has one after another.
func rows(s *amd64.Selection, c *amd64.Code, x []amd64.Ref) amd64.Ref {
	out := s.Quarters(c, vunpcklps, vunpckhps, vshufps, x)
	for _, imm := range []int{0x4e, 0xb1} {
		out = s.Then(c, amd64.None, out, s.Then(vshuff32x4, imm, out, out))
	}
	return out
}

// sums puts the sum of each argument into its own lane: neighbours are added
// until four arguments share a register, then its quarters.
func sums(s *amd64.Selection, a *ir.Assign) {
	var level []amd64.Ref
	for _, r := range a.Args {
		level = append(level, s.Reg(r))
	}
	for i, shuffle := range []*amd64.Code{vshufps, vshufps, vshuff32x4, vshuff32x4} {
		var next []amd64.Ref
		for j := 0; j < len(level); j += 2 {
			x, y := level[j], amd64.Ref{Mem: s.All(0)}
			if j+1 < len(level) {
				y = level[j+1]
			}
			even, odd, sum := s.Temp(), s.Temp(), s.Temp()
			if i == 3 {
				sum = s.Of(a.Dst)
			}
			s.Do(shuffle, even, 0x88, x, y)
			s.Do(shuffle, odd, 0xdd, x, y)
			s.Do(vaddps, sum, amd64.None, even.Ref(), odd.Ref())
			next = append(next, sum.Ref())
		}
		level = next
	}
}

// transpose exchanges lanes and registers: quarters first, then within them.
// Where rows come straight from memory the first half of it is loads.
func transpose(s *amd64.Selection, st *ir.Transpose) {
	// quarters[q][g] has quarter q of the rows g, g+4, g+8 and g+12.
	quarters := make([][4]*amd64.VReg, (len(st.Dst)+3)/4)
	for g := range 4 {
		var rows []*ir.Reg
		for r := g; r < len(st.Src); r += 4 {
			rows = append(rows, st.Src[r])
		}
		for q := range quarters {
			quarters[q][g] = quarters[q][0]
		}
		if len(rows) > 0 {
			for q, v := range collect(s, len(quarters), rows) {
				quarters[q][g] = v
			}
		}
	}
	for q, r := range quarters {
		var t [4]*amd64.VReg
		for i := range t {
			t[i] = s.Temp()
		}
		s.Do(vunpcklps, t[0], amd64.None, r[0].Ref(), r[1].Ref())
		s.Do(vunpckhps, t[1], amd64.None, r[0].Ref(), r[1].Ref())
		s.Do(vunpcklps, t[2], amd64.None, r[2].Ref(), r[3].Ref())
		s.Do(vunpckhps, t[3], amd64.None, r[2].Ref(), r[3].Ref())
		for i := range min(4, len(st.Dst)-4*q) {
			s.Do(vshufps, s.Of(st.Dst[4*q+i]), []int{0x44, 0xee}[i%2], t[i/2].Ref(), t[i/2+2].Ref())
		}
	}
}

// collect joins the first quarters of up to four rows in one register, the second
// ones in another, and so on for n quarters. An insertion from memory needs no
// shuffle unit.
func collect(s *amd64.Selection, n int, rows []*ir.Reg) []*amd64.VReg {
	out := make([]*amd64.VReg, n)
	var places [4]*amd64.Place
	direct := true
	for i, r := range rows {
		places[i] = s.Take(r)
		direct = direct && places[i] != nil
	}
	if direct {
		for q := range out {
			v := s.Temp()
			s.Do(vmovups, v, amd64.None, amd64.Ref{Mem: places[0].Part(4*q, 4)}).View = amd64.X
			for i := 1; i < len(rows); i++ {
				t := s.Temp()
				s.Do(vinsertf32x4, t, i, v.Ref(), amd64.Ref{Mem: places[i].Part(4*q, 4)})
				v = t
			}
			out[q] = v
		}
		return out
	}
	var r [4]amd64.Ref
	for i := range r {
		if i < len(rows) {
			r[i] = s.Row(rows[i], places[i]).Ref()
		} else {
			r[i] = r[0]
		}
	}
	join := func(imm int, x, y amd64.Ref) *amd64.VReg {
		t := s.Temp()
		s.Do(vshuff32x4, t, imm, x, y)
		return t
	}
	for h, imm := range []int{0x44, 0xee} {
		if 2*h >= n {
			break
		}
		x, y := join(imm, r[0], r[1]).Ref(), join(imm, r[2], r[3]).Ref()
		out[2*h] = join(0x88, x, y)
		if 2*h+1 < n {
			out[2*h+1] = join(0xdd, x, y)
		}
	}
	return out
}
