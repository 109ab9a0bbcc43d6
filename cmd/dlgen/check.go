package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check SPEC... [DIM=VALUE...]",
		Short: "Check specs, gradients included",
		Long: `Check reads specs and reports everything that is wrong with them: that every
read is in bounds, every element is defined once, and that the backward
equations are the gradient of the forward ones. Dims that are not given are small
ones that differ, unless the spec requires others; they are shown. SPEC is the
path of a spec or a name from the library.`,
		Example: `  dlgen check bilinear.yaml
  dlgen check specs/*.yaml
  dlgen check dropout M=8 p=0.1`,
		Args:              needs("SPEC", true),
		ValidArgsFunction: completeLayer,
		RunE: func(c *cobra.Command, args []string) error {
			specs := args
			for i, a := range args {
				if strings.Contains(a, "=") {
					specs = args[:i]
					break
				}
			}
			if len(specs) == 0 {
				return usagef("no spec is named")
			}
			values, err := given(args[len(specs):])
			if err != nil {
				return err
			}
			var errs []error
			for _, name := range specs {
				proved, chosen, err := checkSpec(name, values)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintln(c.OutOrStdout(), strings.Join(append([]string{name + ": ok"}, chosen...), " "))
				for _, n := range notes(proved) {
					fmt.Fprintln(c.ErrOrStderr(), n)
				}
				for _, element := range spec.NeverNumbers(proved.Layer) {
					fmt.Fprintf(c.ErrOrStderr(), "note: %s: %s is not a number at any of the random points tried\n", name, element)
				}
			}
			return errors.Join(errs...)
		},
	}
}

// notes are what a proof leaves to be said, each once.
func notes(p *layer.Proved) (out []string) {
	for _, at := range p.Untested {
		note := fmt.Sprintf("note: %s: a case that this equation has at these dims could not be tested, it costs too much", at)
		if !slices.Contains(out, note) { // of a layer that is applied at several dims
			out = append(out, note)
		}
	}
	return out
}

// checkSpec proves a spec, for small dims where none are given. It returns the layer, and
// these dims, NAME=VALUE.
func checkSpec(name string, values map[string]string) (*layer.Proved, []string, error) {
	s, err := spec.Open(name)
	if s == nil {
		return nil, nil, err
	}
	dims := chooseDims(s, values)
	proved, err := spec.Prove(s, dims.all)
	if err != nil && dims.note != "" {
		err = fmt.Errorf("%w\n%s", err, dims.note)
	}
	return proved, dims.chosen, err
}
