package measure

import "golang.org/x/sys/cpu"

// fma runs n rounds of 48 multiply-adds of eight float32 each; n >= 1.
//
//go:noescape
func fma(n int)

// fma512 is the same with sixteen each.
//
//go:noescape
func fma512(n int)

// probe returns a loop for the peak of an instruction set, its operations a
// round, and its name.
func probe(set string) (run func(n int), flops float64, name string) {
	if set == "avx512" && cpu.X86.HasAVX512F {
		return fma512, 48 * 16 * 2, "AVX-512 FMA"
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return fma, 48 * 8 * 2, "AVX2 FMA"
	}
	return chains, chainFlops, "scalar Go"
}
