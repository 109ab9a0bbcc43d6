package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dlgen/dlgen/bench/measure"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec/layer"
)

// The names of the rows without assembly: the slowest first.
const (
	Generic     = "generic Go"
	Specialised = "specialised Go"
)

// Code is the name of a backend's rows.
func Code(b gen.Backend) string { return strings.ToUpper(b.Name()) }

// Options say how to measure.
type Options struct {
	// Backends are what portable Go is compared with, one at a time.
	Backends []gen.Backend
	// Time is about how long to measure, 0 for two seconds.
	Time time.Duration
}

// Run measures a layer and writes the table to w.
func Run(ctx context.Context, w io.Writer, p *layer.Proved, o Options) error {
	rep, err := Measure(ctx, p, o)
	if err != nil {
		return err
	}
	return WriteTable(w, p.Layer, rep)
}

// Measure measures a layer: generic Go where package generic has the layer,
// specialised Go, and assembly where this machine runs it.
func Measure(ctx context.Context, p *layer.Proved, o Options) (*measure.Report, error) {
	dir, err := os.MkdirTemp("", "dlgen-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "measuring.exe")
	if err := build(ctx, p, o, dir, binary); err != nil {
		return nil, err
	}
	if o.Time == 0 {
		o.Time = 2 * time.Second
	}
	cmd := exec.CommandContext(ctx, binary, o.Time.String())
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && ctx.Err() == nil {
			return nil, fmt.Errorf("the measuring program failed: %w\n%s", err, exit.Stderr)
		}
		return nil, errors.Join(ctx.Err(), err)
	}
	rep := &measure.Report{}
	return rep, json.Unmarshal(out, rep)
}

// build writes and compiles the measuring program of a layer.
func build(ctx context.Context, p *layer.Proved, o Options, dir, binary string) error {
	prog, err := NewProgram("aligned", "measure", "generic")
	if err != nil {
		return err
	}
	w, err := newWriter(p)
	if err != nil {
		return err
	}
	for i := range 1 + len(o.Backends) {
		v := variant{Code: Specialised, Package: fmt.Sprintf("variant%d", i)}
		options := gen.Options{Package: v.Package}
		if i > 0 {
			b := o.Backends[i-1]
			v.Code, v.Set, options.Backends = Code(b), b.Name(), []gen.Backend{b}
		}
		files, err := gen.Generate(p, options)
		if err != nil {
			return err
		}
		prog.AddPackage(v.Package, files)
		if err := w.add(v, files); err != nil {
			return err
		}
	}
	if err := prog.AddGo("main.go", w.main()); err != nil {
		return err
	}
	return prog.Build(ctx, dir, binary)
}

// Title is the layer with the dims that were given.
func Title(l *layer.Layer) string {
	title := l.Name
	for _, n := range l.Numbers {
		if n.Given {
			title += fmt.Sprintf(" %s=%v", n.Name, n.Value)
		}
	}
	return title
}

// WriteTable writes a report as a table.
func WriteTable(w io.Writer, l *layer.Layer, rep *measure.Report) error {
	where := rep.CPU
	if rep.Pinned >= 0 {
		where += fmt.Sprintf(", CPU %d", rep.Pinned)
	}
	fmt.Fprintf(w, "%s on %s; one core, %s\n\n", Title(l), where, rep.PeakText())
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	const row = "%-8s\t%-14s\t%s%s\t%s\t%s\t%s\t%s\t\n"
	fmt.Fprintf(t, row, "pass", "code", "", "ns/call", "GFLOP/s", "of peak", "GB/s", "times")
	base := map[string]float64{}
	unsteady := false
	for _, r := range rep.Results {
		if base[r.Pass] == 0 {
			base[r.Pass] = r.Ns
		}
		mark := ""
		if r.Unsteady {
			mark, unsteady = "~", true
		}
		rate, share := "-", "-"
		if r.Flops > 0 {
			rate, share = fmt.Sprintf("%.2f", r.Flops/r.Ns), fmt.Sprintf("%.1f %%", 100*r.Flops/r.Ns/r.Peak)
		}
		fmt.Fprintf(t, row, r.Pass, r.Code, mark, nanoseconds(r.Ns), rate, share, fmt.Sprintf("%.2f", r.Bytes/r.Ns), fmt.Sprintf("%.1f", base[r.Pass]/r.Ns))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if unsteady {
		fmt.Fprintln(w, "\n~ the machine's peak moved during every sample; run again")
	}
	return nil
}

// nanoseconds prints short times with a decimal.
func nanoseconds(ns float64) string {
	if ns < 1000 {
		return fmt.Sprintf("%.1f", ns)
	}
	return fmt.Sprintf("%.0f", ns)
}
