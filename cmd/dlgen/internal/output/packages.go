package output

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strings"
)

// packages refuses a folder whose other Go files belong to another package:
// Go would build neither.
func (c *comparison) packages(folder string, files []File) {
	want := ""
	for _, f := range files {
		if path.Dir(f.Path) == folder && path.Ext(f.Path) == ".go" {
			want, _ = packageOf(f.Path, f.Data)
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
		if !built || have == want || have == want+"_test" && strings.HasSuffix(p, "_test.go") {
			continue
		}
		c.refuse("%s is package %s: %s cannot hold the generated package %s as well",
			c.name(p), have, filepath.Clean(c.name(folder)), want)
	}
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
