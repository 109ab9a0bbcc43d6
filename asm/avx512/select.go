package avx512

import (
	"fmt"
	"math/bits"

	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/dlgen/dlgen/gen/ir"
)

func special(s *amd64.Selection, a *ir.Assign) {
	dst := s.Of(a.Dst)
	switch a.Op {
	case ir.Neg:
		s.Do(vxorps, dst, amd64.None, s.Use(a.Args[0]), amd64.Ref{Mem: s.All(1 << 31)})
	case ir.Abs:
		s.Do(vandps, dst, amd64.None, s.Use(a.Args[0]), amd64.Ref{Mem: s.All(1<<31 - 1)})
	case ir.Select:
		selects(s, a)
	case ir.Pick:
		s.Do(vpermd, dst, amd64.None, s.Use(a.Args[0]), amd64.Ref{Mem: s.Table(a.Table)})
	case ir.Shuffle:
		s.Shuffle(a, vpermps, vpermilps, vpermilpsBy)
	case ir.Align:
		s.Do(valignd, dst, int(a.Word), s.Reg(a.Args[1]), s.Reg(a.Args[0]))
	case ir.HSum, ir.HMax, ir.HMin, ir.HProd:
		horizontal(s, a)
	case ir.HSums:
		sums(s, a)
	default:
		panic(fmt.Sprintf("avx512: operation %s has no instruction", a.Op))
	}
}

// selects is a blend, or a move that clears the other lanes.
func selects(s *amd64.Selection, a *ir.Assign) {
	dst, m := s.Of(a.Dst), s.Reg(a.Args[0])
	x, y := s.Use(a.Args[1]), s.Use(a.Args[2])
	if y.Mem == s.All(0) {
		s.Do(vmovupsZero, dst, amd64.None, m, x)
		return
	}
	s.Do(vblendmps, dst, amd64.None, m, y, x)
}

// load emits a load. Lanes beyond the last are not touched: a page may end there.
func load(s *amd64.Selection, dst *amd64.VReg, from *amd64.Place, n int) {
	mem := amd64.Ref{Mem: from}
	switch n {
	case 16:
		s.Do(vmovups, dst, amd64.None, mem)
	case 8:
		s.Do(vmovups, dst, amd64.None, mem).View = amd64.Y
	case 4:
		s.Do(vmovups, dst, amd64.None, mem).View = amd64.X
	case 2:
		s.Do(vmovsd, dst, amd64.None, mem).View = amd64.X
	case 1:
		s.Do(vmovss, dst, amd64.None, mem).View = amd64.X
	default:
		s.Do(vmovupsZero, dst, amd64.None, s.Register(amd64.Ref{Mem: s.Lanes(n)}), mem).View = view(n)
	}
}

// view is the smallest part of a register that holds n lanes: the less of a
// cache line an access touches, the less often it touches two.
func view(n int) amd64.View {
	switch {
	case n <= 4:
		return amd64.X
	case n <= 8:
		return amd64.Y
	}
	return amd64.Whole
}

// store emits a store, with a mask where no part of the register is as long.
func store(s *amd64.Selection, src *amd64.VReg, to *amd64.Place, n int) {
	switch n {
	case 16:
		s.Put(vmovups, amd64.None, to, src.Ref())
	case 8:
		s.Put(vmovups, amd64.None, to, src.As(amd64.Y))
	case 4:
		s.Put(vmovups, amd64.None, to, src.As(amd64.X))
	case 2:
		s.Put(vmovsd, amd64.None, to, src.As(amd64.X))
	case 1:
		s.Put(vmovss, amd64.None, to, src.As(amd64.X))
	default:
		if to.Indexed() {
			storePieces(s, src, to, n)
			return
		}
		s.Put(vmovupsPart, amd64.None, to, s.Register(amd64.Ref{Mem: s.Lanes(n)}), src.As(view(n)))
	}
}

// storePieces is a store without a mask, for rows of any order: where one is added to
// after its neighbour, the load waits for a store with a mask to reach the cache.
func storePieces(s *amd64.Selection, src *amd64.VReg, to *amd64.Place, n int) {
	for at, left := 0, n; ; {
		size := 1 << (bits.Len(uint(left)) - 1)
		store(s, src, to.Part(at, size), size)
		if at, left = at+size, left-size; left == 0 {
			return
		}
		t := s.Temp()
		switch size {
		case 8:
			s.Do(vextractf32x8, t, 1, src.Ref()).View = amd64.Y
		case 4:
			s.Do(vextractf32x4, t, 1, src.As(amd64.Y)).View = amd64.X
		default:
			s.Do(vpermilps, t, 2, src.As(amd64.X)).View = amd64.X
		}
		src = t
	}
}
