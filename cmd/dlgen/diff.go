package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/cmd/dlgen/internal/output"
)

// errDiffers ends a diff that found differences; they have been shown.
var errDiffers = errors.New("files differ")

func diffCommand() *cobra.Command {
	var r request
	c := &cobra.Command{
		Use:   "diff [LAYER DIM=VALUE...]",
		Short: "Show where files differ from what would be generated",
		Long: `Diff takes what generate takes, and writes nothing. Where files on disk are not
what would be generated (missing, stale, hand-edited, or orphaned) it shows a
unified diff and exits with status 1.`,
		Example: `  dlgen diff
  dlgen diff -c nets/dlgen.yaml
  dlgen diff dense N=32 I=784 O=128 -o kernels/fc1`,
		RunE: func(c *cobra.Command, args []string) error {
			p, _, err := plan(&r, args)
			if err != nil || p.UpToDate() {
				return err
			}
			if _, err := c.OutOrStdout().Write(p.Diff()); err != nil {
				return err
			}
			var counts []string
			for _, k := range []output.Kind{output.Missing, output.Stale, output.Edited, output.Orphaned, output.Unlisted} {
				if n := p.Count(k); n > 0 {
					counts = append(counts, fmt.Sprintf("%d %s", n, k))
				}
			}
			fmt.Fprintf(c.ErrOrStderr(), "%s differs from what would be generated: %s; dlgen generate brings it up to date\n",
				p.Dir, strings.Join(counts, ", "))
			return errDiffers
		},
	}
	r.flags(c)
	return c
}
