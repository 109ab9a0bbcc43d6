package avx2

import (
	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/mmcloughlin/avo/x86"
)

var (
	// Moves. vmovups is a load where its source is memory.
	vmovups      = &amd64.Code{Make: x86.VMOVUPS, Fold: 0}
	vmovaps      = &amd64.Code{Make: x86.VMOVAPS, Fold: amd64.None}
	vmovss       = &amd64.Code{Make: x86.VMOVSS, Fold: 0}
	vmovsd       = &amd64.Code{Make: x86.VMOVSD, Fold: 0}
	vmovlps      = &amd64.Code{Make: x86.VMOVLPS, Fold: amd64.None}
	vextractps   = &amd64.Code{Make: amd64.Three(x86.VEXTRACTPS), Fold: amd64.None}
	vmaskmovps   = &amd64.Code{Make: amd64.Three(x86.VMASKMOVPS), Fold: 1}
	vbroadcastss = &amd64.Code{Make: x86.VBROADCASTSS, Fold: 0}
	vbroadcastsd = &amd64.Code{Make: x86.VBROADCASTSD, Fold: 0}
	vbroadcast4  = &amd64.Code{Make: amd64.Two(x86.VBROADCASTF128), Fold: 0}
	vpbroadcastd = &amd64.Code{Make: x86.VPBROADCASTD, Fold: 0}

	prefetcht0 = &amd64.Code{Make: amd64.One(x86.PREFETCHT0), Fold: amd64.None}
	prefetcht1 = &amd64.Code{Make: amd64.One(x86.PREFETCHT1), Fold: amd64.None}

	// Arithmetic of reals.
	vaddps     = &amd64.Code{Make: x86.VADDPS, Fold: 1, Commutes: true}
	vsubps     = &amd64.Code{Make: x86.VSUBPS, Fold: 1}
	vmulps     = &amd64.Code{Make: x86.VMULPS, Fold: 1, Commutes: true}
	vdivps     = &amd64.Code{Make: x86.VDIVPS, Fold: 1}
	vmaxps     = &amd64.Code{Make: x86.VMAXPS, Fold: 1}
	vminps     = &amd64.Code{Make: x86.VMINPS, Fold: 1}
	vsqrtps    = &amd64.Code{Make: x86.VSQRTPS, Fold: 0}
	vroundps   = &amd64.Code{Make: amd64.Three(x86.VROUNDPS), Fold: 0}
	vcvtdq2ps  = &amd64.Code{Make: x86.VCVTDQ2PS, Fold: 0}
	vcvtps2dq  = &amd64.Code{Make: x86.VCVTPS2DQ, Fold: 0}
	vcvttps2dq = &amd64.Code{Make: x86.VCVTTPS2DQ, Fold: 0}
	vcmpps     = &amd64.Code{Make: x86.VCMPPS, Fold: 1}
	vhaddps    = &amd64.Code{Make: amd64.Three(x86.VHADDPS), Fold: 1}

	// Bits.
	vandps    = &amd64.Code{Make: x86.VANDPS, Fold: 1, Commutes: true}
	vandnps   = &amd64.Code{Make: x86.VANDNPS, Fold: 1}
	vorps     = &amd64.Code{Make: x86.VORPS, Fold: 1, Commutes: true}
	vxorps    = &amd64.Code{Make: x86.VXORPS, Fold: 1, Commutes: true}
	vblendvps = &amd64.Code{Make: amd64.Four(x86.VBLENDVPS), Fold: 1}

	// Words.
	vpaddd   = &amd64.Code{Make: x86.VPADDD, Fold: 1, Commutes: true}
	vpsubd   = &amd64.Code{Make: x86.VPSUBD, Fold: 1}
	vpmulld  = &amd64.Code{Make: x86.VPMULLD, Fold: 1, Commutes: true}
	vpand    = &amd64.Code{Make: amd64.Three(x86.VPAND), Fold: 1, Commutes: true}
	vpor     = &amd64.Code{Make: amd64.Three(x86.VPOR), Fold: 1, Commutes: true}
	vpxor    = &amd64.Code{Make: amd64.Three(x86.VPXOR), Fold: 1, Commutes: true}
	vpslld   = &amd64.Code{Make: x86.VPSLLD, Fold: amd64.None}
	vpsrld   = &amd64.Code{Make: x86.VPSRLD, Fold: amd64.None}
	vpsrad   = &amd64.Code{Make: x86.VPSRAD, Fold: amd64.None}
	vpmaxsd  = &amd64.Code{Make: x86.VPMAXSD, Fold: 1, Commutes: true}
	vpcmpeqd = &amd64.Code{Make: x86.VPCMPEQD, Fold: 1, Commutes: true}
	vpcmpgtd = &amd64.Code{Make: x86.VPCMPGTD, Fold: 1}

	// Shuffles. vpermd and vpermps take the lanes of their last source that the other one
	// names; vpermilpsBy those of the same quarter of its first source that the last one names.
	vpermd       = &amd64.Code{Make: x86.VPERMD, Fold: 1}
	vpermps      = &amd64.Code{Make: x86.VPERMPS, Fold: 1}
	vperm2f128   = &amd64.Code{Make: amd64.Four(x86.VPERM2F128), Fold: 1}
	vpalignr     = &amd64.Code{Make: x86.VPALIGNR, Fold: amd64.None}
	vpermilps    = &amd64.Code{Make: x86.VPERMILPS, Fold: 0}
	vextractf128 = &amd64.Code{Make: amd64.Three(x86.VEXTRACTF128), Fold: amd64.None}
	vinsertf128  = &amd64.Code{Make: amd64.Four(x86.VINSERTF128), Fold: 1}
	vblendps     = &amd64.Code{Make: amd64.Four(x86.VBLENDPS), Fold: 1}
	vunpcklps    = &amd64.Code{Make: x86.VUNPCKLPS, Fold: 1}
	vunpckhps    = &amd64.Code{Make: x86.VUNPCKHPS, Fold: 1}
	vpermilpsBy  = &amd64.Code{Make: x86.VPERMILPS, Fold: 1}
	vshufps      = &amd64.Code{Make: x86.VSHUFPS, Fold: 1}
)

// unordered is the predicate of vcmpps that holds where either operand is NaN.
const unordered = 3

// The fused operations.
var (
	fma  = fused(x86.VFMADD132PS, x86.VFMADD213PS, x86.VFMADD231PS)
	fnma = fused(x86.VFNMADD132PS, x86.VFNMADD213PS, x86.VFNMADD231PS)
	fms  = fused(x86.VFMSUB132PS, x86.VFMSUB213PS, x86.VFMSUB231PS)
)

func fused(f132, f213, f231 amd64.Make) *amd64.Code {
	return &amd64.Code{Fold: amd64.AnySource, Commutes: true,
		Fused: &amd64.Fused{F132: amd64.Form{Make: f132}, F213: amd64.Form{Make: f213}, F231: amd64.Form{Make: f231}}}
}
