package golang

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	goprinter "go/printer"
	"go/token"
	"go/types"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/cpu"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/asmdecl"
)

// Check type-checks generated files, once with assembly and once without, and
// compares the assembly's parameters with their declarations. It runs no
// command and reads no file.
func Check(files []File) error {
	c := &checker{fset: token.NewFileSet()}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".s") {
			c.asm = append(c.asm, f)
			continue
		}
		if err := c.add(f.Name, f.Data); err != nil {
			return err
		}
	}
	return c.check()
}

// source is a Go file with its tree.
type source struct {
	name string
	tree *ast.File
}

// checker has the files of one package.
type checker struct {
	fset    *token.FileSet
	sources []*source
	asm     []File
}

// add parses a file.
func (c *checker) add(name string, text []byte) error {
	t, err := parser.ParseFile(c.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	c.sources = append(c.sources, &source{name, t})
	return err
}

// format spells the files as gofmt does.
func (c *checker) format() ([]File, error) {
	gofmt := goprinter.Config{Mode: goprinter.UseSpaces | goprinter.TabIndent, Tabwidth: 8}
	var out []File
	for _, s := range c.sources {
		var b bytes.Buffer
		if err := gofmt.Fprint(&b, c.fset, s.tree); err != nil {
			return nil, err
		}
		out = append(out, File{s.name, b.Bytes()})
	}
	return out, nil
}

// check runs the checks, that of the assembly beside those of the types.
func (c *checker) check() error {
	assembled := c.built("amd64")
	vetted := make(chan error, 1)
	go func() { vetted <- c.vetAssembly(assembled) }()
	err := c.typeCheck(assembled, nil)
	if portable := c.built("purego"); err == nil && !slices.Equal(portable, assembled) {
		err = c.typeCheck(portable, c.shared(assembled, portable))
	}
	return errors.Join(err, <-vetted)
}

// built are the files that a build with one tag consists of.
func (c *checker) built(tag string) []*source {
	var out []*source
	for _, s := range c.sources {
		if builds(s.tree, tag) {
			out = append(out, s)
		}
	}
	return out
}

// shared are the functions of both builds that mean the same in both: their
// files are in both, and they mention nothing that other files declare.
func (c *checker) shared(a, b []*source) map[*ast.FuncDecl]bool {
	differ := map[string]bool{}
	for _, s := range c.sources {
		if !slices.Contains(a, s) || !slices.Contains(b, s) {
			for _, d := range s.tree.Decls {
				declared(d, differ)
			}
		}
	}
	out := map[*ast.FuncDecl]bool{}
	for _, s := range b {
		if !slices.Contains(a, s) {
			continue
		}
		for _, d := range s.tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				out[f] = !mentions(f.Body, differ)
			}
		}
	}
	return out
}

// declared notes the names that d declares.
func declared(d ast.Decl, names map[string]bool) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		names[d.Name.Name] = true
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names[s.Name.Name] = true
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names[n.Name] = true
				}
			}
		}
	}
}

// mentions reports whether any of the names occurs below n.
func mentions(n ast.Node, names map[string]bool) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && names[id.Name] {
			found = true
		}
		return !found
	})
	return found
}

// builds reports whether t's constraint holds where only tag does.
func builds(t *ast.File, tag string) bool {
	for _, g := range t.Comments {
		for _, c := range g.List {
			if g.Pos() < t.Package && constraint.IsGoBuild(c.Text) {
				x, err := constraint.Parse(c.Text)
				return err == nil && x.Eval(func(s string) bool { return s == tag })
			}
		}
	}
	return true
}

// typeCheck checks the files but for the bodies of known functions.
func (c *checker) typeCheck(sources []*source, known map[*ast.FuncDecl]bool) error {
	var errs []error
	partial := map[string]bool{} // files of which the imports may be for what is left out
	var files []*ast.File
	for _, s := range sources {
		t := *s.tree
		t.Decls = nil
		for _, d := range s.tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && known[f] {
				head := *f
				head.Body, d, partial[s.name] = nil, &head, true
			}
			t.Decls = append(t.Decls, d)
		}
		files = append(files, &t)
	}
	conf := types.Config{Importer: imports{}, Sizes: types.SizesFor("gc", "amd64"), Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) && strings.HasSuffix(e.Msg, "imported and not used") && partial[c.fset.File(e.Pos).Name()] {
			return
		}
		errs = append(errs, err)
	}}
	conf.Check("p", c.fset, files, nil)
	return errors.Join(errs...)
}

// imports declares what generated code uses of other packages, so that no
// package is loaded.
type imports struct{}

var importable = map[string]string{
	"fmt":   "func Errorf(format string, a ...any) error",
	cpuPath: cpuFeatures(),
	"math": `func Float32bits(float32) uint32
		func Float32frombits(uint32) float32
		func Inf(int) float64
		func NaN() float64
		func Copysign(x, y float64) float64
		func Max(x, y float64) float64
		func Min(x, y float64) float64
		func Pow(x, y float64) float64` + mathFunctions(
		"Abs", "Ceil", "Cos", "Erf", "Exp", "Expm1", "Floor", "Log", "Log1p", "RoundToEven", "Sin", "Sqrt", "Tanh", "Trunc"),
}

func mathFunctions(names ...string) string {
	return "\nfunc " + strings.Join(names, "(float64) float64\nfunc ") + "(float64) float64"
}

// cpuFeatures declares the features that x/sys/cpu knows.
func cpuFeatures() string {
	var fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(cpu.X86)) {
		if f.Type.Kind() == reflect.Bool {
			fields = append(fields, f.Name)
		}
	}
	return "var X86 struct{ " + strings.Join(fields, ", ") + " bool }"
}

var importOnce sync.Map // path to func() (*types.Package, error)

func (imports) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	source, ok := importable[path]
	if !ok {
		return nil, fmt.Errorf("generated code must not import %s", path)
	}
	load, _ := importOnce.LoadOrStore(path, sync.OnceValues(func() (*types.Package, error) {
		fset := token.NewFileSet()
		base := path[strings.LastIndex(path, "/")+1:]
		f, err := parser.ParseFile(fset, path+".go", "package "+base+"\n"+source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		return new(types.Config).Check(path, fset, []*ast.File{f}, nil)
	}))
	return load.(func() (*types.Package, error))()
}

// vetAssembly runs the asmdecl pass of go vet. That needs declarations only;
// what is wrong with them is the type-checker's to say.
func (c *checker) vetAssembly(sources []*source) error {
	if len(c.asm) == 0 {
		return nil
	}
	var files []*ast.File
	for _, s := range sources {
		files = append(files, s.tree)
	}
	sizes := types.SizesFor("gc", "amd64")
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: imports{}, Sizes: sizes, IgnoreFuncBodies: true, Error: func(error) {}}
	pkg, err := conf.Check("p", c.fset, files, info)
	if err != nil {
		return nil
	}
	var errs []error
	text := map[string][]byte{}
	pass := &analysis.Pass{
		Analyzer: asmdecl.Analyzer, Fset: c.fset, Files: files, Pkg: pkg, TypesInfo: info, TypesSizes: sizes,
		Report: func(d analysis.Diagnostic) {
			errs = append(errs, fmt.Errorf("%s: %s", c.fset.Position(d.Pos), d.Message))
		},
		ReadFile: func(name string) ([]byte, error) {
			if data, ok := text[name]; ok {
				return data, nil
			}
			return nil, os.ErrNotExist
		},
	}
	for _, f := range c.asm {
		pass.OtherFiles = append(pass.OtherFiles, f.Name)
		text[f.Name] = frames(f.Data)
	}
	if _, err := asmdecl.Analyzer.Run(pass); err != nil {
		return err
	}
	return errors.Join(errs...)
}

// frames leaves of assembly the lines that have to do with frames, parameters
// and results, and empty lines for the others: asmdecl matches every line with
// many expressions.
func frames(asm []byte) []byte {
	out := make([]byte, 0, len(asm)/4)
	for line := range bytes.Lines(asm) {
		for _, word := range []string{"FP", "SP", "TEXT", "RET", "DATA", "GLOBL", "build"} {
			if bytes.Contains(line, []byte(word)) {
				out = append(out, bytes.TrimSuffix(line, []byte("\n"))...)
				break
			}
		}
		out = append(out, '\n')
	}
	return out
}
