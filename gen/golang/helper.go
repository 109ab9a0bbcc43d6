package golang

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/gen/ir"
)

// helperOf has the operations that are spelled as calls of a helper.
var helperOf = map[ir.Op]string{
	ir.MaxOp: "max32", ir.MinOp: "min32", ir.Abs: "abs32", ir.Round: "round32", ir.Floor: "floor32",
	ir.ToWord: "nearestInt", ir.TruncOp: "truncatedInt", ir.Unordered: "unordered",
}

//go:embed support/support.go
var supportSource string

// helper is the name of a function at the end of kernels.go, which is printed
// there because it was asked for. fn is the function of package vecmath that
// it computes; it is empty for the functions of package support.
func (p *printer) helper(want, fn string) string {
	if p.helpers[want] == "" {
		p.helpers[want] = p.internal.take(want)
		if fn != "" {
			p.applied = append(p.applied, fn)
		}
	}
	return p.helpers[want]
}

func applyName(fn string) string { return identifier(fn) + "32" }

// helperDecls prints the helpers: those from vecmath, which may ask for more,
// then copies from package support, in its order.
func (p *printer) helperDecls() []jen.Code {
	var out []jen.Code
	for i := 0; i < len(p.applied); i++ {
		out = append(out, p.mathFunction(p.applied[i]))
	}
	for _, t := range p.tables {
		out = append(out, p.tableDecl(t))
	}
	source := supportFunctions()
	for again := true; again; {
		again = false
		for _, f := range source {
			for _, g := range source {
				if p.helpers[f.name] != "" && p.helpers[g.name] == "" && slices.Contains(words.FindAllString(f.text, -1), g.name) {
					p.helper(g.name, "")
					again = true
				}
			}
		}
	}
	for _, f := range source {
		if p.helpers[f.name] != "" {
			out = append(out, p.copied(f))
		}
	}
	return out
}

// table is the name of a variable with the entries of t.
func (p *printer) table(t *[8]int32) string {
	if p.tableName[*t] == "" {
		p.tableName[*t] = p.internal.take("table")
		p.tables = append(p.tables, *t)
	}
	return p.tableName[*t]
}

func (p *printer) tableDecl(t [8]int32) jen.Code {
	var entries []jen.Code
	for _, w := range t {
		entries = append(entries, word(w).code)
	}
	doc := []string{p.tableName[t] + " has what the lowest bits of a number choose."}
	return documented(doc, jen.Var().Id(p.tableName[t]).Op("=").Index(jen.Lit(len(t))).Int32().Values(entries...))
}

type supportFunction struct{ name, doc, text string }

// supportFunctions are the functions of package support, in order.
var supportFunctions = sync.OnceValue(func() []supportFunction {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, "support.go", supportSource, parser.ParseComments)
	if err != nil {
		panic(fmt.Sprintf("golang: package support: %v", err))
	}
	var out []supportFunction
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			text := supportSource[fset.Position(f.Type.Pos()).Offset:fset.Position(f.End()).Offset]
			out = append(out, supportFunction{f.Name.Name, f.Doc.Text(), text})
		}
	}
	return out
})

// words finds the identifiers of a text, those of package math qualified.
var words = regexp.MustCompile(`math\.\w+|[A-Za-z]\w*`)

// copied is a support function under the names of this package.
func (p *printer) copied(f supportFunction) *jen.Statement {
	out := jen.Null()
	at := 0
	for _, w := range words.FindAllStringIndex(f.text, -1) {
		word := f.text[w[0]:w[1]]
		qualified, isMath := strings.CutPrefix(word, "math.")
		if !isMath && p.helpers[word] == "" {
			continue
		}
		if w[0] > at {
			out.Op(f.text[at:w[0]])
		}
		if at = w[1]; isMath {
			out.Qual("math", qualified)
		} else {
			out.Id(p.helpers[word])
		}
	}
	doc := strings.Replace(f.doc, f.name, p.helpers[f.name], 1)
	return documented(strings.Split(strings.TrimSpace(doc), "\n"), out.Op(f.text[at:]))
}
