// Package asm is the table of instruction sets that dlgen writes assembly for.
//
// Nothing comes in; what goes out are the backends, of which a new one is a
// folder beside avx2 and a line here. What is promised: where a machine runs
// several, the later one is faster.
package asm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/asm/avx512"
	"github.com/dlgen/dlgen/gen"
)

// Backends are all instruction sets.
var Backends = []gen.Backend{
	avx2.Backend{},
	avx512.Backend{},
}

// Portable is the target that is always generated.
const Portable = "go"

// Default are the targets where nobody chooses.
var Default = []string{Portable, "avx2"}

// Names are those of all targets.
func Names() []string {
	names := []string{Portable}
	for _, b := range Backends {
		names = append(names, b.Name())
	}
	return names
}

// Select finds the backends of the named targets, in the order of the table.
func Select(names []string) ([]gen.Backend, error) {
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("target %q is not known; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	if !slices.Contains(names, Portable) {
		return nil, fmt.Errorf("target %s is missing: the portable code is always generated", Portable)
	}
	var out []gen.Backend
	for _, b := range Backends {
		if slices.Contains(names, b.Name()) {
			out = append(out, b)
		}
	}
	return out, nil
}
