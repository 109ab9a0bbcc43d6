// Command dlgen generates neural-network layers, specialised to their shapes,
// from specs of their mathematics.
//
// The files here read arguments and print; what they ask for is done by
// packages spec and gen, and by those in internal: config (dlgen.yaml), job
// (compiling many layers) and output (files and folders).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/cmd/dlgen/internal/job"
)

func main() {
	debug.SetGCPercent(400) // the process is short: memory is cheaper than time
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes.
const (
	success = 0
	failure = 1 // what was asked for is wrong, or could not be done
	misuse  = 2 // the command line is wrong
)

// usageError is a mistake in the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes one command line and returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	started := false
	root := &cobra.Command{
		Use:   "dlgen",
		Short: "Layers from their mathematics",
		Long: `dlgen generates Go and assembly code for neural-network layers: forward and backward,
specialised to their shapes, from specs that state their mathematics. The
gradient of every spec is proved before any code is written.

Start with:
  dlgen list                                               the layers there are
  dlgen show dense                                         one of them
  dlgen generate dense N=32 I=784 O=128 -o kernels/fc1     its code, as package fc1

The exit status is 1 where something is wrong, such as a spec, a folder, or
files that differ, and 2 where the command line is.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		// What fails before this has to do with the command line alone.
		PersistentPreRun: func(*cobra.Command, []string) { started = true },
	}
	root.AddCommand(generateCommand(), diffCommand(), checkCommand(), listCommand(), showCommand(),
		explainCommand(), benchCommand(), initCommand(), versionCommand())
	root.Version = version()
	root.SetVersionTemplate("dlgen {{.Version}}\n")
	root.SetOut(stdout)
	root.SetErr(stderr)
	strict(root)
	root.SetArgs(withDashes(root, args))
	cmd, err := contained(root, args)
	var usage usageError
	switch {
	case err == nil:
		return success
	case errors.Is(err, errDiffers):
		return failure
	case !started || errors.As(err, &usage):
		fmt.Fprintf(stderr, "dlgen: %v\nRun '%s --help' for usage.\n", err, cmd.CommandPath())
		return misuse
	}
	fmt.Fprintln(stderr, err)
	return failure
}

// contained executes a command line; a bug of ours becomes an error that says which one
// brings it out.
func contained(root *cobra.Command, args []string) (cmd *cobra.Command, err error) {
	defer func() {
		if bug := recover(); bug != nil {
			cmd, err = root, job.Bug("`dlgen "+strings.Join(args, " ")+"`", bug)
		}
	}()
	return root.ExecuteContextC(context.Background())
}

// strict makes cobra's own commands refuse names that they do not know, where they
// would print their help and succeed.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(c *cobra.Command, args []string) error {
				if _, _, err := c.Root().Find(args); err != nil {
					return err
				}
				return nil
			}
		case "completion":
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
}
