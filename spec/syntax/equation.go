package syntax

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
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

// parseEquations reads the lines of a block, the first of which is line first of the file.
// What cannot be read is an equation whose value is Bad, with a complaint.
func parseEquations(file string, first int, lines []string, errs *diag.List) []*Equation {
	p := &goParser{file: file, errs: errs}
	lines = p.withoutComments(first, lines)
	if out, err := p.block(first, lines); err == nil {
		return out
	}
	// Behind an error Go's parser loses its way, so each equation is read alone.
	var out []*Equation
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && !head.MatchString(lines[n]) {
			n++
		}
		list, err := p.block(first, lines[:n])
		if err != nil {
			p.syntaxError(err, first, lines[:n])
			list = []*Equation{p.unread(p.firstPlace(first, lines[:n]), strings.Join(lines[:n], "\n"))}
		}
		out = append(out, list...)
		first, lines = first+n, lines[n:]
	}
	return out
}

// head is how a line begins that starts an equation, even within parentheses that are not closed.
var head = regexp.MustCompile(`^\s*[A-Za-z_][^=!<>:{]*:?=([^=]|$)`)

// block reads lines that Go's parser can read; what of them is no equation is a complaint.
func (p *goParser) block(first int, lines []string) ([]*Equation, error) {
	src := []byte(fmt.Sprintf(wrapHead, first, 1) + strings.Join(lines, "\n") + wrapTail)
	p.fset, p.src = token.NewFileSet(), src
	f, err := parser.ParseFile(p.fset, "s", src, parser.AllErrors|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	body := f.Decls[0].(*ast.FuncDecl).Body
	if len(f.Decls) != 1 || int(p.fset.PositionFor(body.Rbrace, false).Offset) != len(src)-len(wrapTail)+1 {
		return nil, scanner.ErrorList{{Pos: p.fset.Position(body.Rbrace), Msg: "unexpected '}'"}}
	}
	var out []*Equation
	for _, s := range body.List {
		if _, empty := s.(*ast.EmptyStmt); !empty {
			out = append(out, p.statement(s))
		}
	}
	return out, nil
}

// unread is an equation that begins at a place, of which no more is known than the names that
// it seems to define; its text says which others it mentions.
func (p *goParser) unread(pos diag.Pos, text string) *Equation {
	q := &Equation{Target: &Element{Pos: pos}, Value: &Bad{Pos: pos}, Text: text, Pos: pos}
	if !head.MatchString(text) {
		return q
	}
	left, _, _ := strings.Cut(text, "=")
	for k, part := range strings.Split(left, ",") {
		name := Identifier.FindString(part)
		if k == 0 {
			q.Target.Name = name
		} else if name == strings.TrimSpace(part) && name != "" {
			q.More = append(q.More, &Name{Name: name, Pos: pos})
		}
	}
	return q
}

// Identifier finds a name in a text.
var Identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

// firstPlace is where the text of lines begins.
func (p *goParser) firstPlace(first int, lines []string) diag.Pos {
	for k, line := range lines {
		if text := strings.TrimLeft(line, " \t"); text != "" {
			return diag.Pos{File: p.file, Line: first + k, Col: len(line) - len(text) + 1}
		}
	}
	return diag.Pos{File: p.file, Line: first, Col: 1}
}

// maxNodes bounds the size of an equation; the largest of the library has 60.
const maxNodes = 2000

func size(x Expr) int {
	n := 0
	Walk(x, func(Expr) { n++ })
	return n
}

// withoutComments leaves comments out, and complains about those that an equation cannot have:
// they would confuse positions.
func (p *goParser) withoutComments(first int, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		code, _, _ := strings.Cut(line, "//")
		if col := strings.Index(code, "/*"); col >= 0 {
			p.errs.Addf(diag.Pos{File: p.file, Line: first + i, Col: col + 1}, "a comment in an equation starts with //")
			comment, rest, _ := strings.Cut(code[col:], "*/")
			code = code[:col] + strings.Repeat(" ", min(len(code)-col, len(comment)+2)) + rest
		}
		if col := strings.IndexByte(code, '#'); col >= 0 {
			p.errs.AddHelp(diag.Pos{File: p.file, Line: first + i, Col: col + 1}, "write // instead", "# does not start a comment in an equation")
			code = code[:col]
		}
		out[i] = code
	}
	return out
}

// syntaxError reports the first of Go's complaints about lines; the others are mostly echoes.
func (p *goParser) syntaxError(err error, first int, lines []string) {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		p.errs.Addf(diag.Pos{File: p.file, Line: first, Col: 1}, "%v", err)
		return
	}
	last := len(lines) - 1
	for last > 0 && strings.TrimSpace(lines[last]) == "" {
		last--
	}
	e := list[0]
	pos := diag.Pos{File: p.file, Line: e.Pos.Line, Col: e.Pos.Column}
	if end := first + last; pos.Line > end {
		pos.Line, pos.Col = end, len(strings.TrimRight(lines[last], " \t\r"))+1
		e.Msg = strings.ReplaceAll(e.Msg, "found '}'", "found the end of the equation") // the brace is ours
	}
	e.Msg = strings.ReplaceAll(e.Msg, "'ILLEGAL'", "'"+characterAt(lines, pos.Line-first, pos.Col)+"'")
	if before := lines[max(pos.Line-first, 0)]; strings.HasSuffix(e.Msg, "found '='") && len(before) >= pos.Col && strings.Count(before[:pos.Col], "[") > strings.Count(before[:pos.Col], "]") {
		e.Msg = "expected ']', found '='"
	}
	msg, help := explainSyntax(e.Msg)
	p.errs.AddHelp(pos, help, "%s", msg)
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
	msg = strings.ReplaceAll(msg, "expected '}', found 'EOF'", "unexpected end of the equation")
	for _, end := range []string{"';'", "'EOF'", "statement"} {
		if what, ok := strings.CutPrefix(msg, "expected "+end+", found "); ok {
			msg = "unexpected " + what
		}
	}
	msg = strings.ReplaceAll(msg, "statement", "equation")
	return "syntax error: " + msg, help
}

// statement turns a statement of Go into an equation.
func (p *goParser) statement(s ast.Stmt) *Equation {
	from, to := p.fset.PositionFor(s.Pos(), false).Offset, p.fset.PositionFor(s.End(), false).Offset
	unread := p.unread(p.pos(s.Pos()), string(p.src[from:to]))
	a, ok := s.(*ast.AssignStmt)
	if !ok {
		p.notEquation(s)
		return unread
	}
	if a.Tok != token.ASSIGN && a.Tok != token.ADD_ASSIGN {
		p.errs.AddHelp(p.pos(a.TokPos), "an equation has the form y[n][o] = ... or y[n][o] += ...", "%s is not possible in an equation", a.Tok)
		return unread
	}
	if call, ok := a.Rhs[0].(*ast.CallExpr); len(a.Rhs) != 1 || len(a.Lhs) > 1 && !ok || ok && a.Tok != token.ASSIGN && appliesLayer(call) {
		p.errs.AddHelp(p.pos(a.Pos()), "only a layer with several outputs has more on the left, as in y, hn = rnn{H: 8}(x, h0)",
			"an equation has one tensor on the left and one expression on the right")
		return unread
	}
	before := p.errs.Len()
	q := &Equation{More: p.names(a.Lhs[1:]), Accumulate: a.Tok == token.ADD_ASSIGN, Pos: unread.Pos, Text: unread.Text}
	switch t := p.expr(a.Lhs[0]).(type) {
	case *Element:
		q.Target = t
	case *Name:
		q.Target = &Element{Name: t.Name, Pos: t.Pos}
	case *Bad:
		q.Target = unread.Target
	default:
		p.errs.Addf(q.Pos, "the left side of an equation is a tensor with its subscripts")
		return unread
	}
	q.Value = p.expr(a.Rhs[0])
	if n := size(q.Value); n > maxNodes {
		p.errs.AddHelp(q.Pos, "define parts of it as scratch tensors", "the equation has %d names, numbers and operators; %d are possible", n, maxNodes)
		return unread
	}
	if strings.ContainsAny(q.Text, "\r\n") && p.errs.Len() == before {
		q.Text = PrintEquation(q)
	}
	return q
}

// notEquation complains about a statement of another kind.
func (p *goParser) notEquation(s ast.Stmt) {
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

// parseExpr reads an expression that stands at a place of the file; Bad comes with a complaint.
func parseExpr(text string, at diag.Pos, errs *diag.List) Expr {
	if strings.ContainsAny(text, "\r\n") || strings.Contains(text, "/*") || strings.Contains(text, "//") {
		errs.Addf(at, "expected an expression on one line")
		return &Bad{Pos: at}
	}
	p := &goParser{file: at.File, fset: token.NewFileSet(), errs: errs}
	p.src = []byte(fmt.Sprintf("/*line s:%d:%d*/%s", at.Line, at.Col, text))
	x, err := parser.ParseExprFrom(p.fset, "s", p.src, parser.SkipObjectResolution)
	if err != nil {
		p.syntaxError(err, at.Line, []string{strings.Repeat(" ", at.Col-1) + text})
		return &Bad{Pos: at}
	}
	return p.expr(x)
}
