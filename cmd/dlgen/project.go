package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/dlgen/dlgen/cmd/dlgen/internal/config"
)

// readConfig reads a config and, where there is none, says what to do.
func readConfig(file string) (*config.Config, error) {
	c, err := config.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s: `dlgen init` writes one, or name a layer, as in\n    dlgen generate dense N=32 I=784 O=128 -o kernels/fc1", file)
	}
	return c, err
}

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "init",
		Short:   "Write a commented " + config.Name,
		Long:    "Init writes a " + config.Name + " to start from. It never overwrites one.",
		Example: "  dlgen init",
		Args:    nothing,
		RunE: func(c *cobra.Command, _ []string) error {
			f, err := os.OpenFile(config.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
			if errors.Is(err, os.ErrExist) {
				return fmt.Errorf("there is a %s already; edit that one, or remove it first", config.Name)
			}
			if err != nil {
				return err
			}
			_, err = f.WriteString(config.Example)
			if err = errors.Join(err, f.Close()); err != nil {
				return errors.Join(err, os.Remove(config.Name))
			}
			fmt.Fprintf(c.OutOrStdout(), "%s written; edit it, then run `dlgen generate`\n", config.Name)
			return nil
		},
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of dlgen",
		Args:  nothing,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "dlgen %s\n", version())
			return err
		},
	}
}

// version says what the program was built of.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown version"
	}
	return fmt.Sprintf("%s (built with %s)", info.Main.Version, info.GoVersion)
}
