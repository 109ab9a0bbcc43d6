// Command report measures the layers of a dlgen.yaml and prints a Markdown
// table, or puts it into a file between the lines that contain
// <!-- benchmark and <!-- /benchmark:
//
//	go run ./bench/report -w README.md
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/bench"
	"github.com/dlgen/dlgen/bench/measure"
	"github.com/dlgen/dlgen/gen"
)

func main() {
	config := flag.String("c", "generated/dlgen.yaml", "the `config` that lists the layers")
	file := flag.String("w", "", "the `file` to write to")
	targets := flag.String("targets", strings.Join(asm.Names(), ","), "the `targets` to measure")
	each := flag.Duration("time", 2*time.Second, "how long to measure each layer")
	flag.Parse()
	backends, err := asm.Select(strings.Split(*targets, ","))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *config, backends, *file, *each); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, config string, backends []gen.Backend, file string, each time.Duration) error {
	instances, err := bench.Instances(config)
	if err != nil {
		return err
	}
	var table bytes.Buffer
	for i, in := range instances {
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", i+1, len(instances), in.Name)
		rep, err := bench.Measure(ctx, in.Layer, bench.Options{Backends: backends, Time: each})
		if err != nil {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
		if i == 0 {
			fmt.Fprintf(&table, "Measured on %s by `go run ./bench/report`: %s, one core, %s. Times are ns per call.\n\n",
				time.Now().Format(time.DateOnly), rep.CPU, rep.PeakText())
			heading(&table, backends)
		}
		rows(&table, bench.Title(in.Layer.Layer), backends, rep)
	}
	if file == "" {
		_, err := os.Stdout.Write(table.Bytes())
		return err
	}
	return insert(file, table.Bytes())
}

// heading begins the table: a time for plain code, three columns for assembly.
func heading(w io.Writer, backends []gen.Backend) {
	text, line := "| layer | pass | "+bench.Generic+" | "+bench.Specialised+" |", "|---|---|---:|---:|"
	for _, b := range backends {
		text += " " + bench.Code(b) + " | GFLOP/s | of peak | generic : " + bench.Code(b) + " |"
		line += "---:|---:|---:|---:|"
	}
	fmt.Fprintln(w, text+"\n"+line)
}

// rows writes a line for each pass.
func rows(w io.Writer, title string, backends []gen.Backend, rep *measure.Report) {
	times := map[string]map[string]measure.Result{}
	var passes []string
	for _, r := range rep.Results {
		if times[r.Pass] == nil {
			times[r.Pass] = map[string]measure.Result{}
			passes = append(passes, r.Pass)
		}
		times[r.Pass][r.Code] = r
	}
	for _, p := range passes {
		generic := times[p][bench.Generic]
		cells := []string{title, p, nanoseconds(generic), nanoseconds(times[p][bench.Specialised])}
		for _, b := range backends {
			r := times[p][bench.Code(b)]
			rate, share, ratio := "", "", ""
			if r.Ns > 0 && r.Flops > 0 {
				rate, share = fmt.Sprintf("%.1f", r.Flops/r.Ns), fmt.Sprintf("%.0f %%", 100*r.Flops/r.Ns/r.Peak)
			}
			if r.Ns > 0 && generic.Ns > 0 {
				ratio = fmt.Sprintf("%.1f", generic.Ns/r.Ns)
			}
			cells = append(cells, nanoseconds(r), rate, share, ratio)
		}
		fmt.Fprintln(w, "| "+strings.Join(cells, " | ")+" |")
	}
}

// nanoseconds is a time, or nothing where nothing was measured.
func nanoseconds(r measure.Result) string {
	if r.Ns == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", r.Ns)
}

// insert replaces what stands between the marks.
func insert(file string, table []byte) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	from := bytes.Index(text, []byte("<!-- benchmark"))
	to := bytes.Index(text, []byte("<!-- /benchmark"))
	if from < 0 || to < from {
		return fmt.Errorf("%s has no lines <!-- benchmark --> and <!-- /benchmark -->", file)
	}
	from += bytes.IndexByte(text[from:], '\n') + 1
	out := bytes.Join([][]byte{text[:from], table, text[to:]}, nil)
	return os.WriteFile(file, out, 0o644)
}
