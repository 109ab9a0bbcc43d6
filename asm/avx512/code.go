package avx512

import (
	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/mmcloughlin/avo/x86"
)

var (
	// Moves. vmovups is a load where its source is memory; with a mask, which
	// is its first source, the other lanes become 0, or stay in memory.
	vmovups      = &amd64.Code{Make: x86.VMOVUPS, Each: x86.VBROADCASTSS, Fold: 0}
	vmovaps      = &amd64.Code{Make: x86.VMOVAPS, Fold: amd64.None}
	vmovss       = &amd64.Code{Make: x86.VMOVSS, Fold: 0}
	vmovsd       = &amd64.Code{Make: x86.VMOVSD, Fold: 0}
	vmovupsZero  = &amd64.Code{Make: amd64.Three(x86.VMOVUPS_Z), Each: amd64.Three(x86.VBROADCASTSS_Z), Fold: 1}
	vmovupsPart  = &amd64.Code{Make: x86.VMOVUPS, Fold: amd64.None}
	vbroadcastss = &amd64.Code{Make: x86.VBROADCASTSS, Fold: 0}
	vbroadcastsd = &amd64.Code{Make: x86.VBROADCASTSD, Fold: 0}
	vbroadcast4  = &amd64.Code{Make: x86.VBROADCASTF32X4, Fold: 0}
	vpbroadcastd = &amd64.Code{Make: x86.VPBROADCASTD, Fold: 0}

	prefetcht0 = &amd64.Code{Make: amd64.One(x86.PREFETCHT0), Fold: amd64.None}
	prefetcht1 = &amd64.Code{Make: amd64.One(x86.PREFETCHT1), Fold: amd64.None}

	// Arithmetic of reals.
	vaddps      = &amd64.Code{Make: x86.VADDPS, Each: x86.VADDPS_BCST, Fold: 1, Commutes: true}
	vsubps      = &amd64.Code{Make: x86.VSUBPS, Each: x86.VSUBPS_BCST, Fold: 1}
	vmulps      = &amd64.Code{Make: x86.VMULPS, Each: x86.VMULPS_BCST, Fold: 1, Commutes: true}
	vdivps      = &amd64.Code{Make: x86.VDIVPS, Each: x86.VDIVPS_BCST, Fold: 1}
	vmaxps      = &amd64.Code{Make: x86.VMAXPS, Each: x86.VMAXPS_BCST, Fold: 1}
	vminps      = &amd64.Code{Make: x86.VMINPS, Each: x86.VMINPS_BCST, Fold: 1}
	vsqrtps     = &amd64.Code{Make: x86.VSQRTPS, Each: x86.VSQRTPS_BCST, Fold: 0}
	vrsqrt14ps  = &amd64.Code{Make: x86.VRSQRT14PS, Each: x86.VRSQRT14PS_BCST, Fold: 0}
	vscalefps   = &amd64.Code{Make: x86.VSCALEFPS, Each: x86.VSCALEFPS_BCST, Fold: 1}
	vrndscaleps = &amd64.Code{Make: x86.VRNDSCALEPS, Each: x86.VRNDSCALEPS_BCST, Fold: 0}
	vcvtdq2ps   = &amd64.Code{Make: x86.VCVTDQ2PS, Each: x86.VCVTDQ2PS_BCST, Fold: 0}
	vcvtps2dq   = &amd64.Code{Make: x86.VCVTPS2DQ, Each: x86.VCVTPS2DQ_BCST, Fold: 0}
	vcvttps2dq  = &amd64.Code{Make: x86.VCVTTPS2DQ, Each: x86.VCVTTPS2DQ_BCST, Fold: 0}

	// Bits.
	vandps = &amd64.Code{Make: x86.VANDPS, Each: x86.VANDPS_BCST, Fold: 1, Commutes: true}
	vxorps = &amd64.Code{Make: x86.VXORPS, Each: x86.VXORPS_BCST, Fold: 1, Commutes: true}

	// Words.
	vpaddd  = &amd64.Code{Make: x86.VPADDD, Each: x86.VPADDD_BCST, Fold: 1, Commutes: true}
	vpsubd  = &amd64.Code{Make: x86.VPSUBD, Each: x86.VPSUBD_BCST, Fold: 1}
	vpmulld = &amd64.Code{Make: x86.VPMULLD, Each: x86.VPMULLD_BCST, Fold: 1, Commutes: true}
	vpandd  = &amd64.Code{Make: x86.VPANDD, Each: x86.VPANDD_BCST, Fold: 1, Commutes: true}
	vpord   = &amd64.Code{Make: x86.VPORD, Each: x86.VPORD_BCST, Fold: 1, Commutes: true}
	vpxord  = &amd64.Code{Make: x86.VPXORD, Each: x86.VPXORD_BCST, Fold: 1, Commutes: true}
	vpslld  = &amd64.Code{Make: x86.VPSLLD, Each: x86.VPSLLD_BCST, Fold: 0}
	vpsrld  = &amd64.Code{Make: x86.VPSRLD, Each: x86.VPSRLD_BCST, Fold: 0}
	vpmaxsd = &amd64.Code{Make: x86.VPMAXSD, Each: x86.VPMAXSD_BCST, Fold: 1, Commutes: true}
	vpsrad  = &amd64.Code{Make: x86.VPSRAD, Each: x86.VPSRAD_BCST, Fold: 0}

	// Masks. The results of comparisons are masks; vblendmps takes its last
	// source where the mask, its first one, is set, and zeroes nothing.
	vcmpps    = &amd64.Code{Make: x86.VCMPPS, Each: x86.VCMPPS_BCST, Fold: 1}
	vpcmpeqd  = &amd64.Code{Make: x86.VPCMPEQD, Each: x86.VPCMPEQD_BCST, Fold: 1, Commutes: true}
	vpcmpgtd  = &amd64.Code{Make: x86.VPCMPGTD, Each: x86.VPCMPGTD_BCST, Fold: 1}
	vblendmps = &amd64.Code{Make: x86.VBLENDMPS, Each: x86.VBLENDMPS_BCST, Fold: 2}
	kload     = &amd64.Code{Make: amd64.Two(x86.KMOVW), Fold: 0}
	kstore    = &amd64.Code{Make: amd64.Two(x86.KMOVW), Fold: amd64.None}
	kmove     = &amd64.Code{Make: amd64.Two(x86.KMOVW), Fold: amd64.None}
	kandw     = &amd64.Code{Make: amd64.Three(x86.KANDW), Fold: amd64.None}
	korw      = &amd64.Code{Make: amd64.Three(x86.KORW), Fold: amd64.None}
	knotw     = &amd64.Code{Make: amd64.Two(x86.KNOTW), Fold: amd64.None}

	// Shuffles. vpermd and vpermps take the lanes of their last source that the other one
	// names; vpermilpsBy those of the same quarter of its first source that the last one names.
	vpermd        = &amd64.Code{Make: x86.VPERMD, Fold: 1}
	vpermps       = &amd64.Code{Make: x86.VPERMPS, Fold: 1}
	valignd       = &amd64.Code{Make: x86.VALIGND, Fold: amd64.None}
	vpermilps     = &amd64.Code{Make: x86.VPERMILPS, Fold: 0}
	vpermilpsBy   = &amd64.Code{Make: x86.VPERMILPS, Fold: 1}
	vshufps       = &amd64.Code{Make: x86.VSHUFPS, Fold: 1}
	vunpcklps     = &amd64.Code{Make: x86.VUNPCKLPS, Fold: 1}
	vunpckhps     = &amd64.Code{Make: x86.VUNPCKHPS, Fold: 1}
	vshuff32x4    = &amd64.Code{Make: x86.VSHUFF32X4, Fold: 1}
	vinsertf32x4  = &amd64.Code{Make: x86.VINSERTF32X4, Fold: 1}
	vextractf32x4 = &amd64.Code{Make: x86.VEXTRACTF32X4, Fold: amd64.None}
	vextractf32x8 = &amd64.Code{Make: x86.VEXTRACTF32X8, Fold: amd64.None}
)

// unordered is the predicate of vcmpps that holds where either operand is NaN.
const unordered = 3

// The fused operations.
var (
	fma = fused(
		amd64.Form{Make: x86.VFMADD132PS, Each: x86.VFMADD132PS_BCST},
		amd64.Form{Make: x86.VFMADD213PS, Each: x86.VFMADD213PS_BCST},
		amd64.Form{Make: x86.VFMADD231PS, Each: x86.VFMADD231PS_BCST})
	fnma = fused(
		amd64.Form{Make: x86.VFNMADD132PS, Each: x86.VFNMADD132PS_BCST},
		amd64.Form{Make: x86.VFNMADD213PS, Each: x86.VFNMADD213PS_BCST},
		amd64.Form{Make: x86.VFNMADD231PS, Each: x86.VFNMADD231PS_BCST})
	fms = fused(
		amd64.Form{Make: x86.VFMSUB132PS, Each: x86.VFMSUB132PS_BCST},
		amd64.Form{Make: x86.VFMSUB213PS, Each: x86.VFMSUB213PS_BCST},
		amd64.Form{Make: x86.VFMSUB231PS, Each: x86.VFMSUB231PS_BCST})
)

func fused(f132, f213, f231 amd64.Form) *amd64.Code {
	return &amd64.Code{Fold: amd64.AnySource, Commutes: true, Fused: &amd64.Fused{F132: f132, F213: f213, F231: f231}}
}
