package avx2

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/schedule"
)

// Backend is this package as a target of the compiler.
type Backend struct{}

// Name is the target's name on the command line.
func (Backend) Name() string { return "avx2" }

// Target is the machine that kernels are scheduled for.
func (Backend) Target() schedule.Target { return schedule.AVX2 }

// Print spells the kernels.
func (Backend) Print(pkg, header string, funcs []*ir.Func) ([]byte, error) {
	return Print(Config{Package: pkg, Header: header}, funcs)
}
