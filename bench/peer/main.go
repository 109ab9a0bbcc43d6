// Command peer builds a program that measures dlgen's packages beside other
// libraries:
//
//	go run ./bench/peer -workloads FILE -o BINARY
//
// What comes in: a list of workloads, one operation/DIMS/pass a line. What goes
// out: a program that speaks the line protocol of package serve. What is
// promised: rows whose operation the library does not have are answered as
// unsupported; everything else is generated from specs, for any shapes. Where forward
// alone is timed, the package is one for inference, as the other libraries' primitives are.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/bench"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec"
)

//go:embed specs/*.yaml serve/serve.go
var files embed.FS

func main() {
	workloads := flag.String("workloads", "", "list of workloads")
	binary := flag.String("o", "", "program to write")
	keep := flag.String("keep", "", "keep the generated module in this folder")
	targets := flag.String("targets", strings.Join(asm.Names(), ","), "the `targets` to generate")
	flag.Parse()
	if *workloads == "" || *binary == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	backends, err := asm.Select(strings.Split(*targets, ","))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *workloads, backends, *binary, *keep, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run generates a package for each shape and builds the program.
func run(ctx context.Context, list string, backends []gen.Backend, binary, dir string, progress io.Writer) error {
	rows, err := readWorkloads(list)
	if err != nil {
		return err
	}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "dlgen-peer-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	prog, err := bench.NewProgram("aligned")
	if err != nil {
		return err
	}
	serve, err := files.ReadFile("serve/serve.go")
	if err != nil {
		return err
	}
	prog.Add("serve/serve.go", serve)
	specs := filepath.Join(dir, "specs")
	if err := writeSpecs(specs); err != nil {
		return err
	}
	g := &generator{specs: specs, backends: backends, prog: prog, packages: map[string]*generated{}}
	w := newWriter()
	for _, row := range rows {
		ok, err := g.row(w, row)
		if err != nil {
			return fmt.Errorf("%s: %w", row.Name, err)
		}
		if !ok {
			row.Name += ": unsupported"
		}
		fmt.Fprintln(progress, row.Name)
	}
	if err := prog.AddGo("main.go", w.main()); err != nil {
		return err
	}
	return prog.Build(ctx, dir, binary)
}

// writeSpecs puts the specs of this folder where the compiler can open them.
func writeSpecs(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := files.ReadDir("specs")
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("specs", e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generated is a package of the program.
type generated struct {
	name string
	api  bench.API
	// shapes are those of its tensors.
	shapes map[string][]int
}

// generator makes each package once.
type generator struct {
	specs    string
	backends []gen.Backend
	prog     *bench.Program
	packages map[string]*generated
}

// row writes the job of a row, or reports that there is none.
func (g *generator) row(w *writer, row workload) (bool, error) {
	if n := networks[row.Op]; n.supports(row) {
		c, err := newChain(n, row, g.generate)
		if err == nil {
			w.network(c)
		}
		return true, err
	}
	op, ok := operations[row.Op]
	if !ok || !op.supports(row) {
		return false, nil
	}
	dims := map[string]int{}
	for dim, product := range op.Dims {
		dims[dim] = row.value(product)
	}
	p, err := g.generate(op.Layer, dims, op.Passes[row.Pass].Func == "Forward")
	if err != nil {
		return false, err
	}
	return true, w.job(p, op, row)
}

// generate makes the package of a layer, one without Backward where that is for inference.
func (g *generator) generate(layer string, dims map[string]int, inference bool) (*generated, error) {
	key := fmt.Sprint(layer, dims, inference) // prints in order
	if p := g.packages[key]; p != nil {
		return p, nil
	}
	file := layer
	if own(layer) {
		file = filepath.Join(g.specs, layer)
	}
	s, err := spec.Open(file)
	if err != nil {
		return nil, err
	}
	given := map[string]string{}
	for dim, n := range dims {
		given[dim] = strconv.Itoa(n)
	}
	proved, err := spec.Prove(s, given)
	if err != nil {
		return nil, err
	}
	if inference {
		proved = spec.Inference(proved)
	}
	p := &generated{name: fmt.Sprintf("p%d", len(g.packages)), shapes: map[string][]int{}}
	out, err := gen.Generate(proved, gen.Options{Package: p.name, Backends: g.backends, Fastest: true})
	if err != nil {
		return nil, err
	}
	if p.api, err = bench.ReadAPI(out); err != nil {
		return nil, err
	}
	for _, t := range slices.Concat(proved.Tensors, proved.Gradients, proved.Upstreams) {
		p.shapes[t.Name] = t.Shape
	}
	g.packages[key] = p
	g.prog.AddPackage(p.name, out)
	return p, nil
}
