// Package avx512 is the instruction set of processors with AVX-512 (the parts
// F, DQ, BW and VL) and FMA: sixteen lanes, thirty-two registers, masks in
// registers of their own.
//
// What comes in and goes out is as in package amd64, which makes the text.
// What is promised: no instruction beyond those parts. Memory beyond the last
// lane is not touched: loads and stores of other than 1, 2, 4, 8 or 16 lanes
// have masks.
package avx512

import (
	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// lanes is the width of a register.
const lanes = 16

// Backend is this package as the compiler sees it.
type Backend struct{}

// Name is the target's name on the command line.
func (Backend) Name() string { return "avx512" }

// Features are what x/sys/cpu must find. AVX2
// is among them since some instructions are: without it there is no AVX-512.
func (Backend) Features() []string {
	return []string{"HasAVX512F", "HasAVX512DQ", "HasAVX512BW", "HasAVX512VL", "HasAVX2", "HasFMA"}
}

// Whole tells Zen 4, which computes vectors in halves: it has BF16 without the
// VNNI of AVX; what came before it has neither, what comes after it both.
func (Backend) Whole() []string { return []string{"HasAVXVNNI", "!HasAVX512BF16"} }

// File is the name of the assembly file.
func (Backend) File() string { return "kernels_avx512_amd64.s" }

// Target is what the scheduler makes kernels for.
func (Backend) Target() machine.Target { return machine.AVX512 }

// Print is the text of the assembly file; header is its first line. A kernel
// that is listed twice is printed once.
func (Backend) Print(pkg, header string, funcs []*ir.Func) ([]byte, error) {
	return Set.Print(amd64.Config{Package: pkg, Header: header}, funcs)
}

var (
	vectors = &amd64.Class{
		Views: amd64.Views(reg.KindVector, reg.S512, 0, 31), Bytes: 4 * lanes,
		Load: vmovups, Store: vmovups, Move: vmovaps,
	}
	// masks leave out K0, which as a mask stands for all lanes.
	masks = &amd64.Class{
		First: 32, Views: amd64.Views(reg.KindOpmask, reg.S64, 1, 7), Bytes: 8,
		Load: kload, Store: kstore, Move: kmove,
	}
)

// Set is AVX-512 with FMA.
var Set = &amd64.Set{
	Name: "avx512", Lanes: lanes,
	Vectors: vectors, Masks: masks, Each: true,
	Registers: "XYZK", Features: []string{"AVX", "AVX2", "FMA3", "AVX512F", "AVX512DQ", "AVX512BW", "AVX512VL"},
	Clear: func(r reg.Physical) (*avo.Instruction, error) {
		x := reg.LookupPhysical(reg.KindVector, r.PhysicalIndex(), reg.S128)
		return x86.VXORPS(x, x, x)
	},
	Ops: map[ir.Op]amd64.Choice{
		ir.Add: op(vaddps), ir.Sub2: op(vsubps), ir.Mul: op(vmulps), ir.Div: op(vdivps),
		// VMAXPS gives its second source where both are equal or either is NaN,
		// which is the b that MaxOp asks for.
		ir.MaxOp: op(vmaxps), ir.MinOp: op(vminps),
		ir.FMA: op(fma), ir.FNMA: op(fnma), ir.FMS: op(fms),
		ir.Scale: op(vscalefps), ir.Sqrt: op(vsqrtps), ir.InvRoot: op(vrsqrt14ps), ir.Round: {Code: vrndscaleps, Imm: 8}, ir.Floor: {Code: vrndscaleps, Imm: 9},
		ir.ToReal: op(vcvtdq2ps), ir.ToWord: op(vcvtps2dq), ir.TruncOp: op(vcvttps2dq),
		ir.IAdd: op(vpaddd), ir.ISub: op(vpsubd), ir.IMul: op(vpmulld),
		ir.IAnd: op(vpandd), ir.IOr: op(vpord), ir.IXor: op(vpxord),
		ir.IEQ: op(vpcmpeqd), ir.IGT: op(vpcmpgtd),
		ir.And: op(kandw), ir.Or: op(korw), ir.Not: op(knotw),
	},
	Shifts:  map[ir.Op]*amd64.Code{ir.IShl: vpslld, ir.IShr: vpsrld, ir.ISar: vpsrad},
	Compare: vcmpps, Broadcast: vbroadcastss, BroadcastWord: vpbroadcastd, Repeat: map[int]*amd64.Code{2: vbroadcastsd, 4: vbroadcast4},
	Prefetch: prefetcht1, PrefetchSoon: prefetcht0,
	Special: special, Load: load, Store: store, Transpose: transpose,
}

func op(c *amd64.Code) amd64.Choice { return amd64.Choice{Code: c, Imm: amd64.None} }
