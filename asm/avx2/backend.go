package avx2

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/schedule"
)

// Backend is this package as the compiler sees it.
type Backend struct{}

// Name is the target's name on the command line.
func (Backend) Name() string { return "avx2" }

// Target is what the scheduler makes kernels for.
func (Backend) Target() schedule.Target { return schedule.AVX2 }

// Print is the text of the assembly file; header is its first line. A kernel
// that is listed twice is printed once.
func (Backend) Print(pkg, header string, funcs []*ir.Func) ([]byte, error) {
	return Print(Config{Package: pkg, Header: header}, funcs)
}
