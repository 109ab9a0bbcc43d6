//go:build !purego

package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/generated/conformance/harness"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
)

// program is a module with generated packages and a main that runs cases.
type program struct {
	packages []*instance
	cases    []harness.Case
}

// instance is a package to generate.
type instance struct {
	name, spec string
	given      map[string]string
	inference  bool
	proved     *layer.Proved
	files      []gen.File
	err        error
}

// instance gives the package for a spec and dims, one for all that share them.
func (p *program) instance(spec string, given map[string]string, inference bool) *instance {
	for _, in := range p.packages {
		if in.spec == spec && maps.Equal(in.given, given) && in.inference == inference {
			return in
		}
	}
	base := strings.TrimSuffix(filepath.Base(spec), ".yaml")
	in := &instance{name: fmt.Sprintf("%s%d", strings.ReplaceAll(base, "_", ""), len(p.packages)), spec: spec, given: given, inference: inference}
	p.packages = append(p.packages, in)
	return in
}

// each does something with all packages, as many at a time as there are
// processors, and reports all that fail; a panic is a failure like others.
func (p *program) each(t *testing.T, do func(*instance) error) {
	t.Helper()
	var wg sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, in := range p.packages {
		wg.Add(1)
		free <- struct{}{}
		go func() {
			defer func() {
				if p := recover(); p != nil {
					in.err = fmt.Errorf("panic: %.1000v", p)
				}
				<-free
				wg.Done()
			}()
			in.err = do(in)
		}()
	}
	wg.Wait()
	for _, in := range p.packages {
		if in.err != nil {
			t.Errorf("%s %v: %v", in.spec, in.given, in.err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// prove checks the spec and its gradient.
func (in *instance) prove() error {
	if in.proved != nil {
		return nil
	}
	s, err := spec.Open(in.spec)
	if err != nil {
		return err
	}
	in.proved, err = spec.Prove(s, in.given)
	if err == nil && in.inference {
		in.proved = spec.Inference(in.proved)
	}
	return err
}

// generate makes the files.
func (in *instance) generate() (err error) {
	if err := in.prove(); err != nil {
		return err
	}
	in.files, err = gen.Generate(in.proved, gen.Options{Package: in.name, Backends: asm.Backends})
	return err
}

// write lays the module out in dir.
func (p *program) write(t *testing.T, dir string) {
	t.Helper()
	p.each(t, (*instance).generate)
	version := strings.TrimSpace(command(t, ".", nil, "go", "list", "-m", "-f", "{{.Version}}", "golang.org/x/sys"))
	sums, err := os.ReadFile(filepath.Join("..", "..", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "go.mod"), []byte("module conformance\n\ngo 1.25.0\n\nrequire golang.org/x/sys "+version+"\n"))
	put(t, filepath.Join(dir, "go.sum"), sums)
	sources, err := filepath.Glob(filepath.Join("harness", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if text, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		} else if !strings.HasSuffix(name, "_test.go") {
			put(t, filepath.Join(dir, name), text)
		}
	}
	for _, in := range p.packages {
		for _, f := range in.files {
			put(t, filepath.Join(dir, in.name, f.Name), f.Data)
		}
	}
	p.writeMain(t, dir, all)
	p.firsts().writeMain(t, dir, few)
}

// The mains of a module, by folder: one with all cases, and one for build tags of which the
// code is known from the other.
const (
	all = "all"
	few = "few"
)

// firsts is the first package of each spec, with its cases.
func (p *program) firsts() *program {
	out := &program{}
	seen := map[string]bool{}
	for _, in := range p.packages {
		if !seen[in.spec] {
			seen[in.spec] = true
			out.packages = append(out.packages, in)
		}
	}
	for _, c := range p.cases {
		if slices.ContainsFunc(out.packages, func(in *instance) bool { return in.name == c.Package }) {
			out.cases = append(out.cases, c)
		}
	}
	return out
}

// writeMain writes a main package and its cases.
func (p *program) writeMain(t *testing.T, dir, name string) {
	t.Helper()
	put(t, filepath.Join(dir, name, "main.go"), p.main(t))
	cases, err := json.Marshal(p.cases)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, name, "cases.json"), cases)
}

// main is the source of a main package.
func (p *program) main(t *testing.T) []byte {
	var imports, table bytes.Buffer
	for _, in := range p.packages {
		names, err := parameters(in.files)
		if err != nil {
			t.Fatalf("%s %v: %v", in.spec, in.given, err)
		}
		fmt.Fprintf(&imports, "\t%q\n", "conformance/"+in.name)
		fmt.Fprintf(&table, "\t\t%q: {Implementation: %s.Implementation, Forward: %[2]s.Forward, ForwardNames: %#v",
			in.name, in.name, names["Forward"])
		if b, ok := names["Backward"]; ok {
			fmt.Fprintf(&table, ",\n\t\t\tBackward: %s.Backward, BackwardNames: %#v", in.name, b)
		}
		fmt.Fprintf(&table, "},\n")
	}
	return fmt.Appendf(nil, "package main\n\nimport (\n\t\"conformance/harness\"\n%s)\n\nfunc main() {\n\tharness.Main(map[string]harness.Package{\n%s\t})\n}\n",
		&imports, &table)
}

// parameters reads the names of the parameters of exported functions.
func parameters(files []gen.File) (map[string][]string, error) {
	names := map[string][]string{}
	for _, f := range files {
		if filepath.Ext(f.Name) != ".go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name, f.Data, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() {
				continue
			}
			names[fn.Name.Name] = []string{}
			for _, field := range fn.Type.Params.List {
				for _, n := range field.Names {
					names[fn.Name.Name] = append(names[fn.Name.Name], n.Name)
				}
			}
		}
	}
	if names["Forward"] == nil {
		return nil, errors.New("there is no Forward")
	}
	return names, nil
}

// offline makes the go command use nothing but the module cache.
var offline = []string{"GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"}

// build compiles a main of the module; -trimpath lets a later run find the packages in
// Go's cache although the folder is another.
func build(t *testing.T, dir, main, tags string) string {
	t.Helper()
	binary := filepath.Join(dir, main, "run.exe")
	command(t, dir, offline, "go", "build", "-trimpath", "-tags", tags, "-o", binary, "./"+main)
	return binary
}

// command runs a command and gives its output; its failure ends the test.
func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	c.Env = slices.Concat(os.Environ(), env)
	var errText bytes.Buffer
	c.Stderr = &errText
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, errText.Bytes())
	}
	return string(out)
}

func put(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
