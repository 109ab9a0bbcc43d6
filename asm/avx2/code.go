package avx2

import (
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/x86"
)

// code is a vector instruction. Its operands are kept in Intel's order
// (destination first); the printed order is the reverse.
type code struct {
	make func(...operand.Op) (*avo.Instruction, error)
	// fold is the source that may be a memory operand, or none.
	fold int
	// commutes says that the first two sources may change places.
	commutes bool
}

// none is the fold of an instruction without a memory operand, and the
// immediate of an instruction without one.
const none = -1

func one(f func(a operand.Op) (*avo.Instruction, error)) func(...operand.Op) (*avo.Instruction, error) {
	return func(o ...operand.Op) (*avo.Instruction, error) { return f(o[0]) }
}

func three(f func(a, b, c operand.Op) (*avo.Instruction, error)) func(...operand.Op) (*avo.Instruction, error) {
	return func(o ...operand.Op) (*avo.Instruction, error) { return f(o[0], o[1], o[2]) }
}

func four(f func(a, b, c, d operand.Op) (*avo.Instruction, error)) func(...operand.Op) (*avo.Instruction, error) {
	return func(o ...operand.Op) (*avo.Instruction, error) { return f(o[0], o[1], o[2], o[3]) }
}

var (
	// Moves. vmovups is a load where its source is memory.
	vmovups      = &code{x86.VMOVUPS, 0, false}
	vmovaps      = &code{x86.VMOVAPS, none, false}
	vmovss       = &code{x86.VMOVSS, 0, false}
	vmovsd       = &code{x86.VMOVSD, 0, false}
	vmovlps      = &code{x86.VMOVLPS, none, false}
	vextractps   = &code{three(x86.VEXTRACTPS), none, false}
	vmaskmovps   = &code{three(x86.VMASKMOVPS), 1, false}
	vbroadcastss = &code{x86.VBROADCASTSS, 0, false}
	vpbroadcastd = &code{x86.VPBROADCASTD, 0, false}

	prefetcht1 = &code{one(x86.PREFETCHT1), none, false}

	// Arithmetic of reals.
	vaddps     = &code{x86.VADDPS, 1, true}
	vsubps     = &code{x86.VSUBPS, 1, false}
	vmulps     = &code{x86.VMULPS, 1, true}
	vdivps     = &code{x86.VDIVPS, 1, false}
	vmaxps     = &code{x86.VMAXPS, 1, false}
	vminps     = &code{x86.VMINPS, 1, false}
	vsqrtps    = &code{x86.VSQRTPS, 0, false}
	vroundps   = &code{three(x86.VROUNDPS), 0, false}
	vcvtdq2ps  = &code{x86.VCVTDQ2PS, 0, false}
	vcvtps2dq  = &code{x86.VCVTPS2DQ, 0, false}
	vcvttps2dq = &code{x86.VCVTTPS2DQ, 0, false}
	vcmpps     = &code{x86.VCMPPS, 1, false}
	vhaddps    = &code{three(x86.VHADDPS), 1, false}

	// Bits.
	vandps    = &code{x86.VANDPS, 1, true}
	vandnps   = &code{x86.VANDNPS, 1, false}
	vorps     = &code{x86.VORPS, 1, true}
	vxorps    = &code{x86.VXORPS, 1, true}
	vblendvps = &code{four(x86.VBLENDVPS), 1, false}

	// Words.
	vpaddd   = &code{x86.VPADDD, 1, true}
	vpsubd   = &code{x86.VPSUBD, 1, false}
	vpmulld  = &code{x86.VPMULLD, 1, true}
	vpand    = &code{three(x86.VPAND), 1, true}
	vpor     = &code{three(x86.VPOR), 1, true}
	vpxor    = &code{three(x86.VPXOR), 1, true}
	vpslld   = &code{x86.VPSLLD, none, false}
	vpsrld   = &code{x86.VPSRLD, none, false}
	vpsrad   = &code{x86.VPSRAD, none, false}
	vpcmpeqd = &code{x86.VPCMPEQD, 1, true}
	vpcmpgtd = &code{x86.VPCMPGTD, 1, false}

	// Shuffles.
	vperm2f128   = &code{four(x86.VPERM2F128), 1, false}
	vpermilps    = &code{x86.VPERMILPS, 0, false}
	vextractf128 = &code{three(x86.VEXTRACTF128), none, false}
	vinsertf128  = &code{four(x86.VINSERTF128), 1, false}
	vblendps     = &code{four(x86.VBLENDPS), 1, false}
	vunpcklps    = &code{x86.VUNPCKLPS, 1, false}
	vunpckhps    = &code{x86.VUNPCKHPS, 1, false}
	vshufps      = &code{x86.VSHUFPS, 1, false}
)

// The fused operations stand for three instructions each, which overwrite a
// different one of their operands; the emitter picks one when registers are
// known. Any one source may be memory.
var (
	fma  = &code{fold: anySource, commutes: true}
	fnma = &code{fold: anySource, commutes: true}
	fms  = &code{fold: anySource, commutes: true}
)

// anySource is the fold of the fused operations.
const anySource = -2

// fusedForms are the instructions of a fused operation a*b+c by the operand
// that the destination overwrites and the one that may be memory.
type fusedForms struct {
	f132, f213, f231 func(...operand.Op) (*avo.Instruction, error)
}

var fused = map[*code]fusedForms{
	fma:  {x86.VFMADD132PS, x86.VFMADD213PS, x86.VFMADD231PS},
	fnma: {x86.VFNMADD132PS, x86.VFNMADD213PS, x86.VFNMADD231PS},
	fms:  {x86.VFMSUB132PS, x86.VFMSUB213PS, x86.VFMSUB231PS},
}

// foldable reports whether source i of n may become a memory operand: its code
// allows it and no other operand is memory.
func (n *node) foldable(i int) bool {
	if n.mem != nil {
		return false
	}
	for j, s := range n.src {
		if s.mem != nil && j != i {
			return false
		}
	}
	return n.code != nil && (n.code.fold == anySource || n.code.fold == i)
}
