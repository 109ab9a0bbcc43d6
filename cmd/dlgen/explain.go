package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/gen"
)

// stages are the forms that a layer takes on its way through the compiler.
var stages = []string{"layer", "loops", "schedule", "go", "asm"}

func explainCommand() *cobra.Command {
	stage, inference := "", false
	var names []string
	c := &cobra.Command{
		Use:   "explain LAYER DIM=VALUE...",
		Short: "Show what the compiler does with a layer",
		Long: `Explain shows a layer after one stage of the compiler: layer (the equations with
all dims bound, and the derived gradient), loops (as they follow from the
equations), schedule (tiled, fused and vectorised, with the cost it predicts and
the bytes of machine code), go and asm (the code).`,
		Example: `  dlgen explain dense N=32 I=784 O=128
  dlgen explain softmax M=32 D=10 --stage=asm`,
		Args:              needs("LAYER", true),
		ValidArgsFunction: completeLayer,
		RunE: func(c *cobra.Command, args []string) error {
			known := false
			for _, s := range stages {
				known = known || s == stage
			}
			if !known {
				return usagef("stage %q is not known; there are %s", stage, strings.Join(stages, ", "))
			}
			values, err := given(args[1:])
			if err != nil {
				return err
			}
			t, err := selectTargets(names)
			if err != nil {
				return usageError{err}
			}
			p, err := prove(args[0], values, inference)
			if err != nil {
				return err
			}
			text, err := gen.Explain(p, gen.Options{Package: "explain", Backends: t}, stage)
			if err != nil {
				return err
			}
			if _, err = c.OutOrStdout().Write([]byte(strings.TrimRight(text, "\n") + "\n")); err != nil || stage != "schedule" {
				return err
			}
			return writeCodeSize(c.OutOrStdout(), p, t)
		},
	}
	inferenceFlag(c, &inference)
	c.Flags().StringVar(&stage, "stage", "schedule", "the `stage`: "+strings.Join(stages, ", "))
	targetsFlag(c, &names, "to explain")
	_ = c.RegisterFlagCompletionFunc("stage", cobra.FixedCompletions(stages, cobra.ShellCompDirectiveNoFileComp))
	return c
}
