package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec/layer"
)

// writeCodeSize assembles the kernels of each target and writes how many bytes
// of machine code they are.
func writeCodeSize(w io.Writer, p *layer.Proved, targets []gen.Backend) error {
	for _, t := range targets {
		text, err := gen.Explain(p, gen.Options{Package: "explain", Backends: []gen.Backend{t}}, "asm")
		if err != nil {
			return err
		}
		sizes, err := codeSizes(text)
		if err != nil {
			fmt.Fprintf(w, "machine code of %s: not known, since the go command cannot assemble it (%v)\n", t.Name(), err)
			continue
		}
		total := 0
		for _, s := range sizes {
			total += s.bytes
		}
		fmt.Fprintf(w, "machine code of %s: %.1f KB\n", t.Name(), float64(total)/1024)
		for _, s := range sizes {
			fmt.Fprintf(w, "  %-24s %8.1f KB\n", s.name, float64(s.bytes)/1024)
		}
	}
	return nil
}

// codeSize is the machine code of a function.
type codeSize struct {
	name  string
	bytes int
}

// codeSizes assembles a file and lists its functions in their order.
func codeSizes(text string) ([]codeSize, error) {
	dir, err := os.MkdirTemp("", "dlgen")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	source, object := filepath.Join(dir, "kernels_amd64.s"), filepath.Join(dir, "kernels.o")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		return nil, err
	}
	root, err := goCommand("env", "GOROOT")
	if err != nil {
		return nil, err
	}
	include := filepath.Join(strings.TrimSpace(root), "pkg", "include")
	if _, err := goCommand("tool", "asm", "-p", "explain", "-I", include, "-o", object, source); err != nil {
		return nil, err
	}
	list, err := goCommand("tool", "nm", "-size", "-sort", "address", object)
	if err != nil {
		return nil, err
	}
	var out []codeSize
	for _, line := range strings.Split(list, "\n") {
		f := strings.Fields(line) // address, size, type, name
		if len(f) != 4 || f[2] != "T" {
			continue
		}
		n, err := strconv.Atoi(f[1])
		if err != nil {
			return nil, fmt.Errorf("go tool nm wrote %q", line)
		}
		out = append(out, codeSize{strings.TrimSuffix(f[3][strings.LastIndex(f[3], ".")+1:], "<>"), n})
	}
	return out, nil
}

// goCommand runs the go command for the assembly's own machine.
func goCommand(args ...string) (string, error) {
	c := exec.Command("go", args...)
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64")
	out, err := c.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) && len(failed.Stderr) > 0 {
		err = fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(failed.Stderr))
	}
	return string(out), err
}
