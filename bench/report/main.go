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
	"time"

	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/bench"
	"github.com/dlgen/dlgen/bench/measure"
	"github.com/dlgen/dlgen/gen"
)

// backends are what is measured beside portable Go.
var backends = []gen.Backend{avx2.Backend{}}

func main() {
	config := flag.String("c", "generated/dlgen.yaml", "the `config` that lists the layers")
	file := flag.String("w", "", "the `file` to write to")
	each := flag.Duration("time", 2*time.Second, "how long to measure each layer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *config, *file, *each); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, config, file string, each time.Duration) error {
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
			fmt.Fprintf(&table, "Measured on %s by `go run ./bench/report`: %s, one core, peak %.0f GFLOP/s (%s). Times are ns per call.\n\n",
				time.Now().Format(time.DateOnly), rep.CPU, rep.Peak, rep.PeakName)
			fmt.Fprintln(&table, "| layer | pass | generic Go | specialised Go | AVX2 | GFLOP/s | of peak | generic : AVX2 |")
			fmt.Fprintln(&table, "|---|---|---:|---:|---:|---:|---:|---:|")
		}
		rows(&table, bench.Title(in.Layer.Layer), rep)
	}
	if file == "" {
		_, err := os.Stdout.Write(table.Bytes())
		return err
	}
	return insert(file, table.Bytes())
}

// rows writes a line for each pass.
func rows(w io.Writer, title string, rep *measure.Report) {
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
		fmt.Fprintf(w, "| %s | %s |", title, p)
		for _, code := range bench.Codes {
			if r, ok := times[p][code]; ok {
				fmt.Fprintf(w, " %.0f |", r.Ns)
			} else {
				fmt.Fprint(w, " |")
			}
		}
		rate, share, ratio := "", "", ""
		generic, vector := times[p][bench.Codes[0]], times[p][bench.Codes[2]]
		if vector.Ns > 0 && vector.Flops > 0 {
			rate, share = fmt.Sprintf("%.1f", vector.Flops/vector.Ns), fmt.Sprintf("%.0f %%", 100*vector.Flops/vector.Ns/vector.Peak)
		}
		if vector.Ns > 0 && generic.Ns > 0 {
			ratio = fmt.Sprintf("%.1f", generic.Ns/vector.Ns)
		}
		fmt.Fprintf(w, " %s | %s | %s |\n", rate, share, ratio)
	}
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
