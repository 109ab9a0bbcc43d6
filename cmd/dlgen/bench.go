package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/bench"
)

func benchCommand() *cobra.Command {
	var each time.Duration
	inference := false
	c := &cobra.Command{
		Use:   "bench LAYER DIM=VALUE...",
		Short: "Measure generic Go, specialised Go and assembly side by side",
		Long: `Bench generates a layer, compiles it, and measures it beside a generic (not
specialised) Go version: times, GFLOP/s and the share of the peak measured on this
machine in the same run. It needs the go command.`,
		Example:           "  dlgen bench dense N=32 I=784 O=128",
		Args:              needs("LAYER", true),
		ValidArgsFunction: completeLayer,
		RunE: func(c *cobra.Command, args []string) error {
			if each <= 0 {
				return usagef("--time %v: it must be more than 0", each)
			}
			values, err := given(args[1:])
			if err != nil {
				return err
			}
			p, err := prove(args[0], values, inference)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return bench.Run(ctx, c.OutOrStdout(), p, bench.Options{Backends: asm.Backends, Time: each})
		},
	}
	inferenceFlag(c, &inference)
	c.Flags().DurationVar(&each, "time", 2*time.Second, "about how `long` to measure")
	return c
}
