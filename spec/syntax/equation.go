package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"

	"github.com/dlgen/dlgen/spec/diag"
)

// The equations of a block are Go statements. They are parsed inside of a
// function, with a line directive that makes every position come out in the
// spec.
const (
	wrapHead = "package p\nfunc _() {\n//line s:%d:%d\n"
	wrapTail = "\n}\n"
)

// goParser turns Go's syntax tree into ours; it knows one file.
type goParser struct {
	file string
	fset *token.FileSet
	src  []byte
	errs *diag.List
}

func (p *goParser) pos(at token.Pos) diag.Pos {
	q := p.fset.Position(at)
	return diag.Pos{File: p.file, Line: q.Line, Col: q.Column}
}

// parseEquations reads the lines of a block, the first of which is line first
// of the file.
func parseEquations(file string, first int, lines []string, errs *diag.List) []*Equation {
	if bad := unsupportedText(file, first, lines, errs); bad {
		return nil
	}
	head := fmt.Sprintf(wrapHead, first, 1)
	src := []byte(head + strings.Join(lines, "\n") + wrapTail)
	p := &goParser{file: file, fset: token.NewFileSet(), src: src, errs: errs}
	f, err := parser.ParseFile(p.fset, "s", src, parser.AllErrors|parser.SkipObjectResolution)
	if err != nil {
		p.syntaxErrors(err, first, lines)
		return nil
	}
	body := f.Decls[0].(*ast.FuncDecl).Body
	if len(f.Decls) != 1 || int(p.fset.PositionFor(body.Rbrace, false).Offset) != len(src)-len(wrapTail)+1 {
		errs.Addf(p.pos(body.Rbrace), "unexpected }")
		return nil
	}
	var out []*Equation
	for _, s := range body.List {
		q := p.statement(s)
		if q == nil {
			continue
		}
		if n := size(q.Value); n > maxNodes {
			errs.AddHelp(q.Pos, "define parts of it as scratch tensors", "the equation has %d names, numbers and operators; %d are possible", n, maxNodes)
			continue
		}
		out = append(out, q)
	}
	return out
}

// maxNodes bounds the size of an equation; the largest of the library has 60.
const maxNodes = 2000

func size(x Expr) int {
	n := 0
	Walk(x, func(Expr) { n++ })
	return n
}

// unsupportedText refuses what would confuse positions before Go sees it.
func unsupportedText(file string, first int, lines []string, errs *diag.List) bool {
	bad := false
	for i, line := range lines {
		code, _, _ := strings.Cut(line, "//")
		if col := strings.Index(code, "/*"); col >= 0 {
			errs.Addf(diag.Pos{File: file, Line: first + i, Col: col + 1}, "a comment in an equation starts with //")
			bad = true
		} else if col := strings.IndexByte(code, '#'); col >= 0 {
			errs.AddHelp(diag.Pos{File: file, Line: first + i, Col: col + 1}, "write // instead", "# does not start a comment in an equation")
			bad = true
		}
	}
	return bad
}

// syntaxErrors reports Go's complaints, each within the block.
func (p *goParser) syntaxErrors(err error, first int, lines []string) {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		p.errs.Addf(diag.Pos{File: p.file, Line: first, Col: 1}, "%v", err)
		return
	}
	last := len(lines) - 1
	for last > 0 && strings.TrimSpace(lines[last]) == "" {
		last--
	}
	seen := map[int]bool{}
	for _, e := range list {
		pos := diag.Pos{File: p.file, Line: e.Pos.Line, Col: e.Pos.Column}
		if end := first + last; pos.Line > end {
			pos.Line, pos.Col = end, len(strings.TrimRight(lines[last], " \t\r"))+1
			e.Msg = strings.ReplaceAll(e.Msg, "found '}'", "found the end of the equations") // the brace is ours
		}
		if seen[pos.Line] {
			continue // what follows on the same line is mostly an echo
		}
		seen[pos.Line] = true
		e.Msg = strings.ReplaceAll(e.Msg, "'ILLEGAL'", "'"+characterAt(lines, pos.Line-first, pos.Col)+"'")
		msg, help := explainSyntax(e.Msg)
		p.errs.AddHelp(pos, help, "%s", msg)
	}
}

// characterAt is the character in a column, counted in bytes from 1, of one of the
// lines; a space beyond their ends.
func characterAt(lines []string, at, col int) string {
	if at < 0 || at >= len(lines) {
		return " "
	}
	for i, r := range lines[at] {
		if i == col-1 {
			return string(r)
		}
	}
	return " "
}

// explainSyntax words a complaint of Go's parser for someone who writes
// equations.
func explainSyntax(msg string) (string, string) {
	help := ""
	switch {
	case strings.Contains(msg, "found newline") || strings.Contains(msg, "before newline in argument list"):
		help = "a parenthesis or bracket is open at the end of this line; an equation goes on in the next one only after an operator or a comma"
	case strings.Contains(msg, "expected 'EOF', found") && !strings.Contains(msg, "found '"):
		help = "an operator or a comma is missing before it"
	case strings.Contains(msg, "expected type") || strings.Contains(msg, "in array declaration") || strings.Contains(msg, "array length"):
		help = "subscripts are written x[n][i], not x[n, i]"
	case strings.Contains(msg, "found '?'") || strings.Contains(msg, "found 'if'"):
		help = "a choice is written where(condition, a, b)"
	case strings.Contains(msg, "expected '==', found '='"):
		help = "a condition compares with ==; dims of a layer that is applied are given with a colon in braces, as in dense{O: 8}(x)"
	case strings.Contains(msg, "missing ',' in argument list"):
		help = "conditions are joined by && and ||; dims of a layer that is applied stand in braces, as in dense{O: 8}(x)"
	case strings.Contains(msg, "found '@'"):
		help = "a product of matrices is a sum, as in sum(i, x[n][i]*w[i][o])"
	}
	msg = strings.ReplaceAll(msg, "expected '}', found 'EOF'", "unexpected end of the equations")
	for _, end := range []string{"';'", "'EOF'", "statement"} {
		if what, ok := strings.CutPrefix(msg, "expected "+end+", found "); ok {
			msg = "unexpected " + what
		}
	}
	msg = strings.ReplaceAll(msg, "statement", "equation")
	return "syntax error: " + msg, help
}

func (p *goParser) statement(s ast.Stmt) *Equation {
	a, ok := s.(*ast.AssignStmt)
	if !ok {
		if _, empty := s.(*ast.EmptyStmt); !empty {
			help := "an equation has the form y[n][o] = ... or y[n][o] += ..."
			if x, ok := s.(*ast.ExprStmt); ok {
				switch x.X.(type) {
				case *ast.UnaryExpr, *ast.StarExpr, *ast.BinaryExpr:
					help += ";\nit goes on in the next line after an operator, so that the operator has to end the line before"
				case *ast.CallExpr:
					help += ";\na layer is applied as in h = dense{O: 128}(x), and only for what it gives: one that updates states is a package of its own"
				}
			}
			p.errs.AddHelp(p.pos(s.Pos()), help, "this is not an equation")
		}
		return nil
	}
	if a.Tok != token.ASSIGN && a.Tok != token.ADD_ASSIGN {
		p.errs.AddHelp(p.pos(a.TokPos), "an equation has the form y[n][o] = ... or y[n][o] += ...", "%s is not possible in an equation", a.Tok)
		return nil
	}
	if call, ok := a.Rhs[0].(*ast.CallExpr); len(a.Rhs) != 1 || len(a.Lhs) > 1 && !ok || ok && a.Tok != token.ASSIGN && appliesLayer(call) {
		p.errs.AddHelp(p.pos(a.Pos()), "only a layer with several outputs has more on the left, as in y, hn = rnn{H: 8}(x, h0)",
			"an equation has one tensor on the left and one expression on the right")
		return nil
	}
	before := p.errs.Len()
	more := p.names(a.Lhs[1:])
	target := p.expr(a.Lhs[0])
	value := p.expr(a.Rhs[0])
	if p.errs.Len() > before {
		return nil
	}
	q := &Equation{More: more, Accumulate: a.Tok == token.ADD_ASSIGN, Value: value, Pos: p.pos(a.Pos())}
	switch t := target.(type) {
	case *Element:
		q.Target = t
	case *Name:
		q.Target = &Element{Name: t.Name, Pos: t.Pos}
	default:
		p.errs.Addf(q.Pos, "the left side of an equation is a tensor with its subscripts")
		return nil
	}
	from, to := p.fset.PositionFor(a.Pos(), false).Offset, p.fset.PositionFor(a.End(), false).Offset
	q.Text = string(p.src[from:to])
	if bytes.ContainsAny(p.src[from:to], "\r\n") {
		q.Text = PrintEquation(q)
	}
	return q
}

func appliesLayer(x *ast.CallExpr) bool {
	_, ok := x.Fun.(*ast.CompositeLit)
	return ok
}

// names reads the further results of a layer; _ leaves one out.
func (p *goParser) names(list []ast.Expr) []*Name {
	var out []*Name
	for _, x := range list {
		n, ok := x.(*ast.Ident)
		if !ok {
			p.errs.Addf(p.pos(x.Pos()), "the outputs of a layer are whole tensors, their names stand without subscripts")
			continue
		}
		out = append(out, &Name{Name: n.Name, Pos: p.pos(n.Pos())})
	}
	return out
}

// parseExpr reads an expression that stands at a place of the file.
func parseExpr(text string, at diag.Pos, errs *diag.List) Expr {
	if strings.ContainsAny(text, "\r\n") || strings.Contains(text, "/*") || strings.Contains(text, "//") {
		errs.Addf(at, "expected an expression on one line")
		return nil
	}
	p := &goParser{file: at.File, fset: token.NewFileSet(), errs: errs}
	p.src = []byte(fmt.Sprintf("/*line s:%d:%d*/%s", at.Line, at.Col, text))
	x, err := parser.ParseExprFrom(p.fset, "s", p.src, parser.SkipObjectResolution)
	if err != nil {
		p.syntaxErrors(err, at.Line, []string{strings.Repeat(" ", at.Col-1) + text})
		return nil
	}
	before := errs.Len()
	e := p.expr(x)
	if errs.Len() > before {
		return nil
	}
	return e
}
