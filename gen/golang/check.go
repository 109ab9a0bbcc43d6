package golang

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"reflect"
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
	fset := token.NewFileSet()
	var trees []*ast.File
	var asm []File
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".s") {
			asm = append(asm, f)
			continue
		}
		t, err := parser.ParseFile(fset, f.Name, f.Data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		trees = append(trees, t)
	}
	for _, tag := range []string{"amd64", "purego"} {
		var chosen []*ast.File
		for _, t := range trees {
			if builds(t, tag) {
				chosen = append(chosen, t)
			}
		}
		pkg, info, err := typeCheck(fset, chosen)
		if err != nil {
			return err
		}
		if tag == "amd64" && len(asm) > 0 {
			if err := vetAssembly(fset, chosen, pkg, info, asm); err != nil {
				return err
			}
		}
	}
	return nil
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

func typeCheck(fset *token.FileSet, files []*ast.File) (*types.Package, *types.Info, error) {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	var errs []error
	conf := types.Config{
		Importer: imports{},
		Sizes:    types.SizesFor("gc", "amd64"),
		Error:    func(err error) { errs = append(errs, err) },
	}
	pkg, _ := conf.Check("p", fset, files, info)
	return pkg, info, errors.Join(errs...)
}

// imports declares what generated code uses of other packages, so that no
// package is loaded.
type imports struct{}

var declared = map[string]string{
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
	source, ok := declared[path]
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

// vetAssembly runs the asmdecl pass of go vet.
func vetAssembly(fset *token.FileSet, files []*ast.File, pkg *types.Package, info *types.Info, asm []File) error {
	var errs []error
	text := map[string][]byte{}
	pass := &analysis.Pass{
		Analyzer: asmdecl.Analyzer, Fset: fset, Files: files, Pkg: pkg, TypesInfo: info,
		TypesSizes: types.SizesFor("gc", "amd64"),
		Report: func(d analysis.Diagnostic) {
			errs = append(errs, fmt.Errorf("%s: %s", fset.Position(d.Pos), d.Message))
		},
		ReadFile: func(name string) ([]byte, error) {
			if data, ok := text[name]; ok {
				return data, nil
			}
			return nil, os.ErrNotExist
		},
	}
	for _, f := range asm {
		pass.OtherFiles = append(pass.OtherFiles, f.Name)
		text[f.Name] = f.Data
	}
	if _, err := asmdecl.Analyzer.Run(pass); err != nil {
		return err
	}
	return errors.Join(errs...)
}
