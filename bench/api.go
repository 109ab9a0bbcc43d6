package bench

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"strings"

	"github.com/dlgen/dlgen/gen"
)

// Func is an exported function of a package that is measured.
type Func struct {
	Name   string
	Params []Param
	// Fails says that it returns an error.
	Fails bool
}

// Param is a parameter, with its type as written: *X, float32, []float32.
type Param struct{ Name, Type string }

// API has a package's exported functions by name, read from its text: the
// text is what the compiler will see, so nothing has to be assumed of it.
type API map[string]*Func

// Workspace reports whether the passes take one.
func (api API) Workspace() bool {
	return len(api["Forward"].Params) > 0 && api["Forward"].Params[0].Name == "ws"
}

// ReadAPI reads the exported functions of a generated package.
func ReadAPI(files []gen.File) (API, error) {
	api := API{}
	for _, f := range files {
		if err := api.read(f.Name, f.Data); err != nil {
			return nil, err
		}
	}
	return api, nil
}

// genericAPI reads the functions of package generic.
func genericAPI() (API, error) {
	api := API{}
	entries, err := library.ReadDir("generic")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := library.ReadFile(path.Join("generic", e.Name()))
		if err != nil {
			return nil, err
		}
		if err := api.read(e.Name(), text); err != nil {
			return nil, err
		}
	}
	return api, nil
}

func (api API) read(name string, text []byte) error {
	if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("reading a package to measure: %w", err)
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || !fn.Name.IsExported() {
			continue
		}
		f := &Func{Name: fn.Name.Name}
		for _, field := range fn.Type.Params.List {
			for _, n := range field.Names {
				f.Params = append(f.Params, Param{n.Name, types.ExprString(field.Type)})
			}
		}
		if r := fn.Type.Results; r != nil {
			f.Fails = types.ExprString(r.List[len(r.List)-1].Type) == "error"
		}
		api[f.Name] = f
	}
	return nil
}

// genericName is the name of a layer's function in package generic: LogSoftmax
// for log_softmax.
func genericName(layer string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(layer, "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}
