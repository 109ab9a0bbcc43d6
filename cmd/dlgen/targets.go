package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/cmd/dlgen/internal/job"
	"github.com/dlgen/dlgen/cmd/dlgen/internal/output"
	"github.com/dlgen/dlgen/gen"
)

// backends is the table of instruction sets: a new one is a line here.
var backends = []gen.Backend{
	avx2.Backend{},
}

// portable is the target that is always generated.
const portable = "go"

// targets are the backends to generate code for, beside portable Go.
type targets []gen.Backend

// targetNames are the names of all targets.
func targetNames() []string {
	names := []string{portable}
	for _, b := range backends {
		names = append(names, b.Name())
	}
	return names
}

// selectTargets finds targets by name; nil means all.
func selectTargets(names []string) (targets, error) {
	if names == nil {
		return backends, nil
	}
	var t targets
	for _, name := range names {
		i := slices.IndexFunc(backends, func(b gen.Backend) bool { return b.Name() == name })
		if i >= 0 {
			t = append(t, backends[i])
		} else if name != portable {
			return nil, fmt.Errorf("target %q is not known; there are %s", name, strings.Join(targetNames(), ", "))
		}
	}
	if !slices.Contains(names, portable) {
		return nil, fmt.Errorf("target %s is missing: the portable code is always generated", portable)
	}
	return t, nil
}

// compile generates the package of one job.
func (t targets) compile(j job.Job) ([]output.File, error) {
	p, err := prove(j.Spec, j.Given)
	if err != nil {
		return nil, err
	}
	files, err := gen.Generate(p, gen.Options{Package: j.Package, Backends: t})
	if err != nil {
		return nil, err
	}
	var out []output.File
	for _, f := range files {
		out = append(out, output.File{Path: f.Name, Data: f.Data})
	}
	return out, nil
}
