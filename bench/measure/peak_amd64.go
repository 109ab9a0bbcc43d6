package measure

import "golang.org/x/sys/cpu"

// fma runs n rounds of 48 multiply-adds of eight float32 each; n >= 1.
//
//go:noescape
func fma(n int)

// probe returns a loop for peak, its operations a round, and its name.
func probe() (run func(n int), flops float64, name string) {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return fma, 48 * 8 * 2, "AVX2 FMA"
	}
	return chains, chainFlops, "scalar Go"
}
