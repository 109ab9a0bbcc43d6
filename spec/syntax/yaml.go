package syntax

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// reader walks the YAML tree of one file.
type reader struct {
	file  string
	lines []string
	errs  *diag.List
	// lost says that something is declared whose name or kind is not known.
	lost bool
}

// entry is one key of a mapping with its value, which may be nil.
type entry struct {
	key    Word
	quoted bool
	value  ast.Node
}

// exprPos is where the text of a key begins that is an expression.
func (e entry) exprPos() diag.Pos {
	pos := e.key.Pos
	if e.quoted {
		pos.Col++
	}
	return pos
}

// YAMLHelp says what to do about what the parser complains about most, or nothing.
func YAMLHelp(message string) string {
	switch {
	case strings.Contains(message, "mapping value is not allowed"):
		return `a key before it may lack its colon, or a text with a colon in it its quotes, as in doc: "Norm: of rows"`
	case strings.Contains(message, `character '	'`):
		return "indent with spaces; YAML takes no tabs"
	}
	return ""
}

// document parses the YAML and returns its one mapping, or nil.
func (r *reader) document(text []byte) ast.Node {
	f, err := parseYAML(text)
	if err != nil {
		var se *yaml.SyntaxError
		if errors.As(err, &se) && se.Token != nil {
			r.errs.AddHelp(r.pos(se.Token), YAMLHelp(se.Message), "broken YAML: %s", se.Message)
		} else {
			r.errs.Addf(r.at(1), "broken YAML: %v", err)
		}
		return nil
	}
	var body ast.Node
	for _, d := range f.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			r.errs.Addf(r.nodePos(d.Body), "a file holds one layer, this starts another document")
			return nil
		}
		body = d.Body
	}
	if body == nil {
		r.errs.AddHelp(r.at(1), "a spec starts with: layer: NAME", "the file is empty")
	}
	return body
}

// parseYAML contains the panics that the YAML parser has on some broken texts.
func parseYAML(text []byte) (f *ast.File, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("the parser gave up")
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

func (r *reader) at(line int) diag.Pos { return diag.Pos{File: r.file, Line: line, Col: 1} }

// pos is the place of a token. YAML counts columns in characters, we in bytes.
func (r *reader) pos(t *token.Token) diag.Pos {
	if t == nil || t.Position == nil {
		return r.at(1)
	}
	line := min(max(t.Position.Line, 1), max(len(r.lines), 1))
	col := 1
	if line <= len(r.lines) {
		rest := r.lines[line-1]
		for i := 1; i < t.Position.Column && rest != ""; i++ {
			_, n := utf8.DecodeRuneInString(rest)
			rest = rest[n:]
			col += n
		}
	}
	return diag.Pos{File: r.file, Line: line, Col: col}
}

func (r *reader) nodePos(n ast.Node) diag.Pos {
	if n == nil {
		return r.at(1)
	}
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return r.nodePos(m.Values[0])
	}
	if v, ok := n.(*ast.MappingValueNode); ok {
		return r.pos(v.Key.GetToken())
	}
	return r.pos(n.GetToken())
}

// mapping returns the entries of a mapping with distinct keys; what says what
// the mapping holds.
func (r *reader) mapping(n ast.Node, what string) []entry {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return nil
	default:
		r.lost = true
		r.errs.Addf(r.nodePos(n), "%s: expected a mapping, found %s", what, describe(n))
		return nil
	}
	var out []entry
	first := map[string]diag.Pos{}
	for _, v := range values {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			r.lost = true
			r.errs.Addf(r.pos(v.Key.GetToken()), "%s: a key is a plain name", what)
			continue
		}
		w := Word{key.Value, r.pos(key.GetToken())}
		quoted := key.Token.Type == token.DoubleQuoteType || key.Token.Type == token.SingleQuoteType
		if p, dup := first[w.Text]; dup {
			r.errs.Addf(w.Pos, "%s is already there in line %d", w.Text, p.Line)
			continue
		}
		first[w.Text] = w.Pos
		out = append(out, entry{w, quoted, v.Value})
	}
	return out
}

// fields returns the entries of a mapping by key; keys that are not among the
// known are complaints, and count for the one that seems to be meant.
func (r *reader) fields(n ast.Node, what string, known ...string) map[string]entry {
	out, meant := map[string]entry{}, map[string]entry{}
	for _, e := range r.mapping(n, what) {
		if slices.Contains(known, e.key.Text) {
			out[e.key.Text] = e
			continue
		}
		help := diag.DidYouMean(e.key.Text, known)
		if help == "" {
			r.lost = true
			help = "known here: " + strings.Join(known, ", ")
		}
		r.errs.AddHelp(e.key.Pos, help, "%s has no key %s", what, e.key.Text)
		meant[diag.Nearest(e.key.Text, known)] = e
	}
	for key, e := range meant {
		if _, there := out[key]; !there && key != "" {
			out[key] = e
		}
	}
	return out
}

// scalar returns the text of a scalar as written, or the zero Word and a
// complaint.
func (r *reader) scalar(n ast.Node, what string) Word {
	pos := r.nodePos(n)
	switch n := n.(type) {
	case *ast.StringNode:
		return Word{n.Value, pos}
	case *ast.LiteralNode:
		return Word{strings.TrimRight(n.Value.Value, "\n"), pos}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return Word{n.GetToken().Value, pos}
	}
	r.errs.Addf(pos, "%s: expected a single value, found %s", what, describe(n))
	return Word{}
}

// text returns an optional text of one line, such as the doc of a dim.
func (r *reader) text(e entry) string { return strings.Join(strings.Fields(r.written(e)), " ") }

// paragraphs returns an optional text: an empty line ends a paragraph, and each item of a list
// has its own line.
func (r *reader) paragraphs(e entry) string {
	var out strings.Builder
	between := ""
	for line := range strings.Lines(r.written(e)) {
		words := strings.Join(strings.Fields(line), " ")
		switch {
		case words == "" && out.Len() > 0:
			between = "\n\n"
			continue
		case strings.HasPrefix(words, "- ") && between == " ":
			between = "\n"
		}
		out.WriteString(between + words)
		if words != "" {
			between = " "
		}
	}
	return out.String()
}

// written returns an optional text as it was written.
func (r *reader) written(e entry) string {
	if e.value == nil {
		return ""
	}
	if _, null := e.value.(*ast.NullNode); null {
		return ""
	}
	w := r.scalar(e.value, e.key.Text)
	if strings.IndexFunc(w.Text, func(c rune) bool { return unicode.IsControl(c) && !unicode.IsSpace(c) || c == '\ufeff' }) >= 0 {
		r.errs.Addf(w.Pos, "%s: a character in it cannot be shown", e.key.Text)
		return ""
	}
	return w.Text
}

// expr parses a scalar as an expression; Bad comes with a complaint.
func (r *reader) expr(n ast.Node, what string) Expr {
	before := r.errs.Len()
	w := r.scalar(n, what)
	if r.errs.Len() > before {
		return &Bad{Pos: r.nodePos(n)}
	}
	if s, ok := n.(*ast.StringNode); ok && (s.Token.Type == token.DoubleQuoteType || s.Token.Type == token.SingleQuoteType) {
		w.Pos.Col++
	}
	if strings.TrimSpace(w.Text) == "" {
		r.errs.Addf(w.Pos, "%s: expected an expression", what)
		return &Bad{Pos: w.Pos}
	}
	return parseExpr(w.Text, w.Pos, r.errs)
}

func describe(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	case *ast.AnchorNode, *ast.AliasNode:
		return "an anchor or alias (not supported)"
	case *ast.TagNode:
		return "a tag (not supported)"
	}
	return "a single value"
}
