// Command peer builds a program that measures dlgen's packages beside other
// libraries:
//
//	go run ./bench/peer -workloads FILE -o BINARY
//
// What comes in: a list of workloads, one operation/DIMS/pass a line. What goes
// out: a program that speaks the line protocol of package serve. What is
// promised: rows whose operation the library does not have are answered as
// unsupported; everything else is generated from specs, for any shapes.
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
	"strconv"

	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/bench"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec"
)

//go:embed specs/*.yaml serve/serve.go
var files embed.FS

// backends are what is measured.
var backends = []gen.Backend{avx2.Backend{}}

func main() {
	workloads := flag.String("workloads", "", "list of workloads")
	binary := flag.String("o", "", "program to write")
	keep := flag.String("keep", "", "keep the generated module in this folder")
	flag.Parse()
	if *workloads == "" || *binary == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *workloads, *binary, *keep, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run generates a package for each shape and builds the program.
func run(ctx context.Context, list, binary, dir string, progress io.Writer) error {
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
	w := &writer{}
	packages := map[string]*generated{}
	for _, row := range rows {
		op, ok := operations[row.Op]
		if !ok || !op.supports(row) {
			fmt.Fprintln(progress, row.Name+": unsupported")
			continue
		}
		key := row.Op + "_" + row.Shape
		if packages[key] == nil {
			p, err := generate(specs, op, row, fmt.Sprintf("p%d", len(packages)))
			if err != nil {
				return fmt.Errorf("%s: %w", row.Name, err)
			}
			packages[key] = p
			prog.AddPackage(p.name, p.files)
		}
		if err := w.job(packages[key], op, row); err != nil {
			return err
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
	name  string
	files []gen.File
	api   bench.API
}

func generate(specs string, op operation, row workload, name string) (*generated, error) {
	file := op.Layer
	if op.own() {
		file = filepath.Join(specs, file)
	}
	s, err := spec.Open(file)
	if err != nil {
		return nil, err
	}
	dims := map[string]string{}
	for dim, letter := range op.Dims {
		dims[dim] = strconv.Itoa(row.Dims[letter])
	}
	proved, err := spec.Prove(s, dims)
	if err != nil {
		return nil, err
	}
	out, err := gen.Generate(proved, gen.Options{Package: name, Backends: backends})
	if err != nil {
		return nil, err
	}
	api, err := bench.ReadAPI(out)
	return &generated{name, out, api}, err
}
