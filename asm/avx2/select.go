package avx2

import (
	"fmt"
	"math"

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
	case ir.Not:
		s.Do(vxorps, dst, amd64.None, s.Use(a.Args[0]), amd64.Ref{Mem: s.All(math.MaxUint32)})
	case ir.Select:
		selects(s, a)
	case ir.Pick:
		s.Do(vpermd, dst, amd64.None, s.Use(a.Args[0]), amd64.Ref{Mem: s.Table(a.Table)})
	case ir.Shuffle:
		s.Shuffle(a, vpermps, vpermilps, vpermilpsBy)
	case ir.Align:
		align(s, a)
	case ir.HSum, ir.HMax, ir.HMin, ir.HProd:
		horizontal(s, a)
	case ir.HSums:
		sums(s, a)
	default:
		panic(fmt.Sprintf("avx2: operation %s has no instruction", a.Op))
	}
}

// selects uses that masks are all ones or all zeros: a choice of zero needs
// no blend, which is two operations on some machines.
func selects(s *amd64.Selection, a *ir.Assign) {
	dst, zero := s.Of(a.Dst), s.All(0)
	m, x, y := s.Use(a.Args[0]), s.Use(a.Args[1]), s.Use(a.Args[2])
	switch {
	case y.Mem == zero:
		s.Do(vandps, dst, amd64.None, m, x)
	case x.Mem == zero:
		s.Do(vandnps, dst, amd64.None, m, y)
	default:
		s.Do(vblendvps, dst, amd64.None, y, x, m)
	}
}

// load emits a load. Lanes beyond the last are not touched: a page may end there.
func load(s *amd64.Selection, dst *amd64.VReg, from *amd64.Place, n int) {
	mem := amd64.Ref{Mem: from}
	switch n {
	case 8:
		s.Do(vmovups, dst, amd64.None, mem)
	case 4:
		s.Do(vmovups, dst, amd64.None, mem).View = amd64.X
	case 2:
		s.Do(vmovsd, dst, amd64.None, mem).View = amd64.X
	case 1:
		s.Do(vmovss, dst, amd64.None, mem).View = amd64.X
	default:
		mask := s.Register(amd64.Ref{Mem: s.Lanes(n)})
		s.Do(vmaskmovps, dst, amd64.None, mask, mem)
	}
}

// store emits a store: in pieces of 4, 2 and 1 lanes where it is not full,
// since a masked store takes 12 cycles on Zen.
func store(s *amd64.Selection, src *amd64.VReg, to *amd64.Place, n int) {
	if n == lanes {
		s.Put(vmovups, amd64.None, to, src.Ref())
		return
	}
	at := 0
	if n >= 4 {
		s.Put(vmovups, amd64.None, to, src.As(amd64.X))
		at, n = 4, n-4
		if n > 0 {
			t := s.Temp()
			s.Do(vextractf128, t, 1, src.Ref()).View = amd64.X
			src = t
		}
	}
	if n >= 2 {
		s.Put(vmovlps, amd64.None, to.Part(at, 2), src.As(amd64.X))
		if n == 3 {
			s.Put(vextractps, 2, to.Part(at+2, 1), src.As(amd64.X))
		}
	} else if n == 1 {
		s.Put(vmovss, amd64.None, to.Part(at, 1), src.As(amd64.X))
	}
}
