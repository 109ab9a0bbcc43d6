// Package avx2 is the instruction set of processors with AVX2 and FMA: eight
// lanes, sixteen registers, masks in vector registers.
//
// What comes in and goes out is as in package amd64, which makes the text.
// What is promised: no register and no instruction beyond AVX2 and FMA.
package avx2

import (
	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
	avo "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// lanes is the width of a register.
const lanes = 8

// Backend is this package as the compiler sees it.
type Backend struct{}

// Name is the target's name on the command line.
func (Backend) Name() string { return "avx2" }

// Features are what x/sys/cpu must find.
func (Backend) Features() []string {
	return []string{"HasAVX2", "HasFMA"}
}

// Whole is no question: a vector is computed in one.
func (Backend) Whole() []string { return nil }

// File is the name of the assembly file.
func (Backend) File() string { return "kernels_amd64.s" }

// Target is what the scheduler makes kernels for.
func (Backend) Target() machine.Target { return machine.AVX2 }

// Print is the text of the assembly file; header is its first line. A kernel
// that is listed twice is printed once.
func (Backend) Print(pkg, header string, funcs []*ir.Func) ([]byte, error) {
	return Set.Print(amd64.Config{Package: pkg, Header: header}, funcs)
}

// registers are the vector registers, of masks too. avo knows 32, and would
// emit AVX-512 for those beyond 16.
var registers = &amd64.Class{
	Views: amd64.Views(reg.KindVector, reg.S256, 0, 15), Bytes: 4 * lanes,
	Load: vmovups, Store: vmovups, Move: vmovaps,
}

// Set is AVX2 with FMA.
var Set = &amd64.Set{
	Name: "avx2", Lanes: lanes,
	Vectors: registers, Masks: registers, MaskTable: true,
	Registers: "XY", Features: []string{"AVX", "AVX2", "FMA3"},
	Clear: func(r reg.Physical) (*avo.Instruction, error) { return x86.VXORPS(r, r, r) },
	Ops: map[ir.Op]amd64.Choice{
		ir.Add: op(vaddps), ir.Sub2: op(vsubps), ir.Mul: op(vmulps), ir.Div: op(vdivps),
		// VMAXPS gives its second source where both are equal or either is NaN,
		// which is the b that MaxOp asks for.
		ir.MaxOp: op(vmaxps), ir.MinOp: op(vminps),
		ir.FMA: op(fma), ir.FNMA: op(fnma), ir.FMS: op(fms),
		ir.Sqrt: op(vsqrtps), ir.Round: {Code: vroundps, Imm: 8}, ir.Floor: {Code: vroundps, Imm: 9},
		ir.ToReal: op(vcvtdq2ps), ir.ToWord: op(vcvtps2dq), ir.TruncOp: op(vcvttps2dq),
		ir.IAdd: op(vpaddd), ir.ISub: op(vpsubd), ir.IMul: op(vpmulld),
		ir.IAnd: op(vpand), ir.IOr: op(vpor), ir.IXor: op(vpxor),
		ir.IEQ: op(vpcmpeqd), ir.IGT: op(vpcmpgtd),
		ir.And: op(vandps), ir.Or: op(vorps),
	},
	Shifts:  map[ir.Op]*amd64.Code{ir.IShl: vpslld, ir.IShr: vpsrld, ir.ISar: vpsrad},
	Compare: vcmpps, Broadcast: vbroadcastss, BroadcastWord: vpbroadcastd, Repeat: map[int]*amd64.Code{2: vbroadcastsd, 4: vbroadcast4},
	Prefetch: prefetcht1, PrefetchSoon: prefetcht0,
	Special: special, Load: load, Store: store, Transpose: transpose,
}

func op(c *amd64.Code) amd64.Choice { return amd64.Choice{Code: c, Imm: amd64.None} }
