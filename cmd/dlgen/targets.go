package main

import (
	"fmt"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/cmd/dlgen/internal/job"
	"github.com/dlgen/dlgen/cmd/dlgen/internal/output"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec/layer"
)

// targets are the backends to generate code for, beside portable Go.
type targets []gen.Backend

// selectTargets finds targets by name; nil means the default.
func selectTargets(names []string) (targets, error) {
	if names == nil {
		names = asm.Default
	}
	return asm.Select(names)
}

// compile generates the package of one job.
func (t targets) compile(j job.Job) (job.Package, error) {
	p, err := prove(j.Spec, j.Given, j.Inference)
	if err != nil {
		return job.Package{}, err
	}
	files, err := gen.Generate(p, gen.Options{Package: j.Package, Backends: t, Fastest: true})
	if err != nil {
		return job.Package{}, err
	}
	out := job.Package{Notes: notes(p)}
	if j.Inference && draws(p) {
		out.Notes = append(out.Notes, fmt.Sprintf("note: %s: Forward draws random numbers without Backward, too, as dropout does; for none, set p=0 or leave it out", j.Spec))
	}
	for _, f := range files {
		out.Files = append(out.Files, output.File{Path: f.Name, Data: f.Data})
	}
	return out, nil
}

// draws reports whether forward uses random numbers.
func draws(p *layer.Proved) bool {
	found := false
	for _, e := range p.Forward.Equations {
		e.Walk(func(x any) bool {
			_, random := x.(*layer.Uniform)
			found = found || random
			return !found
		})
	}
	return found
}
