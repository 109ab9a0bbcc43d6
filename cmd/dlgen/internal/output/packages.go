package output

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// packages refuses a folder whose other Go files belong to another package, or
// declare what the generated ones do: Go would build neither.
func (c *comparison) packages(folder string, files []File) {
	want := ""
	var generated []File
	for _, f := range files {
		if path.Dir(f.Path) == folder && path.Ext(f.Path) == ".go" {
			want, _ = packageOf(f.Path, f.Data)
			generated = append(generated, f)
		}
	}
	if want == "" {
		return
	}
	for _, e := range c.entries(folder) {
		p := path.Join(folder, e.Name())
		_, listed := c.listed[p] // one that is replaced or removed anyway
		if path.Ext(p) != ".go" || e.IsDir() || c.wanted[p] || listed {
			continue
		}
		have, built := packageOf(c.name(p), nil)
		if built && have == want {
			c.clashes(c.name(p), generated)
		}
		if !built || have == want || have == want+"_test" && strings.HasSuffix(p, "_test.go") {
			continue
		}
		c.refuse("%s is package %s: %s cannot hold the generated package %s as well",
			c.name(p), have, filepath.Clean(c.name(folder)), want)
	}
}

// clashes refuses what a Go file declares and a generated one does, too. A file that is
// not always built may have a name in the place of another file's.
func (c *comparison) clashes(name string, generated []File) {
	text, err := os.ReadFile(name)
	if err != nil || ours(text) {
		return // one of ours is shown as unlisted
	}
	files := token.NewFileSet()
	own, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || constrained(own) {
		return // Go says what is wrong with it
	}
	taken := map[string]bool{}
	for _, f := range generated {
		if g, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, parser.SkipObjectResolution); err == nil {
			for _, id := range declared(g) {
				taken[id.Name] = true
			}
		}
	}
	for _, id := range declared(own) {
		if taken[id.Name] {
			c.refuse("%s: %s is declared here, and by the generated package %s: rename it, or choose another folder",
				files.Position(id.Pos()), id.Name, own.Name.Name)
		}
	}
}

// declared lists what a file adds to its package.
func declared(f *ast.File) (out []*ast.Ident) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "init" {
				out = append(out, d.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					out = append(out, s.Name)
				case *ast.ValueSpec:
					out = append(out, s.Names...)
				}
			}
		}
	}
	return slices.DeleteFunc(out, func(id *ast.Ident) bool { return id.Name == "_" })
}

// constrained reports whether a file has a build constraint.
func constrained(f *ast.File) bool {
	for _, g := range f.Comments {
		for _, l := range g.List {
			if constraint.IsGoBuild(l.Text) {
				return true
			}
		}
	}
	return false
}

// packageOf gives a Go file's package, and whether it is ever built: it is
// not where it does not parse or asks to be ignored.
func packageOf(name string, src []byte) (pkg string, built bool) {
	var text any
	if src != nil {
		text = src
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil || strings.HasPrefix(path.Base(filepath.ToSlash(name)), "_") {
		return "", false
	}
	return f.Name.Name, f.Name.Name != "documentation" && !ignored(f)
}

// ignored reports whether a build constraint rules a file out however it is
// built (//go:build ignore).
func ignored(f *ast.File) bool {
	for _, g := range f.Comments {
		for _, l := range g.List {
			if x, err := constraint.Parse(l.Text); err == nil && !x.Eval(func(tag string) bool { return tag != "ignore" }) {
				return true
			}
		}
	}
	return false
}
