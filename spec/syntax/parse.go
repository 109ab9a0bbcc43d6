package syntax

import (
	"bytes"
	"go/token"
	"strings"
	"unicode/utf8"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/goccy/go-yaml/ast"
	yamltoken "github.com/goccy/go-yaml/token"
)

// MaxSize bounds the text of a spec; the largest of the library has 3 kB.
const MaxSize = 1 << 16

// Parse reads a spec. The error, if any, is a *diag.List with everything that
// is wrong; it is Wrong of the spec, which is nil where names that it declares
// could not be read, so that nothing more can be said of it.
func Parse(file string, text []byte) (*Spec, error) {
	errs := &diag.List{}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	errs.Source(file, text)
	r := &reader{file: file, lines: strings.Split(string(text), "\n"), errs: errs}
	s := &Spec{File: file, Text: text, Wrong: errs}
	switch {
	case len(text) > MaxSize:
		errs.Addf(diag.Pos{File: file}, "the file has more than %d bytes; a spec has at most as many", MaxSize)
	case !utf8.Valid(text) || bytes.ContainsAny(text, "\x00\r"):
		errs.Addf(diag.Pos{File: file}, "the file is not text in UTF-8 with lines that end in LF or CRLF")
	case Nested(text) > 0:
		errs.Addf(r.at(Nested(text)), "brackets or lists are nested more than %d deep", mostNested)
	default:
		if body := r.document(text); body != nil && r.spec(s, body) {
			return s, errs.Err()
		}
	}
	return nil, errs.Err()
}

// spec reads the parts of a spec. It reports whether all names that they declare are known.
func (r *reader) spec(s *Spec, body ast.Node) bool {
	before := r.errs.Len()
	f := r.fields(body, "a spec", "layer", "doc", "layers", "dims", "attrs", "require", "tensors", "indices", "forward", "backward")
	if len(f) == 0 && r.errs.Len() > before {
		return false // not even a mapping
	}
	s.Name = Word{"the spec", r.at(1)}
	if e, ok := f["layer"]; !ok {
		r.errs.AddHelp(r.at(1), "add a line: layer: NAME", "the spec does not name its layer")
	} else if w := r.scalar(e.value, "layer"); w.Text != "" && r.name(w, "a layer's name") {
		s.Name = w
	}
	s.Doc = r.paragraphs(f["doc"])
	if e, ok := f["layers"]; ok {
		s.Layers = r.imports(e)
	}
	if e, ok := f["dims"]; ok {
		s.Dims = r.numbers(e, "a dim")
	}
	if e, ok := f["attrs"]; ok {
		s.Attrs = r.numbers(e, "an attribute")
	}
	if e, ok := f["require"]; ok {
		s.Require = r.rules(e)
	}
	if e, ok := f["tensors"]; ok {
		s.Tensors = r.tensors(e)
	}
	if e, ok := f["indices"]; ok {
		s.Indices = r.indices(e)
	}
	if e, ok := f["forward"]; ok {
		s.Forward = r.equations(e)
	} else {
		r.lost = true
		r.errs.AddHelp(r.at(1), "add forward: | and below it, indented, one equation a line", "the spec has no forward equations")
	}
	if e, ok := f["backward"]; ok {
		s.Backward = r.backward(e)
	}
	return !r.lost
}

// declares checks a word that declares a name.
func (r *reader) declares(w Word, what string) bool {
	ok := r.name(w, what)
	r.lost = r.lost || !ok
	return ok
}

// longestName is how many bytes a name has at most.
const longestName = 64

// name checks that a word can be a name in equations and in generated Go.
func (r *reader) name(w Word, what string) bool {
	ok := w.Text != "" && !token.IsKeyword(w.Text) && w.Text != "_" && len(w.Text) <= longestName
	for i, c := range w.Text {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		ok = ok && (letter || i > 0 && c >= '0' && c <= '9')
	}
	switch {
	case len(w.Text) > longestName:
		r.errs.Addf(w.Pos, "%s has at most %d letters, this one has %d", what, longestName, len(w.Text))
	case !ok:
		r.errs.Addf(w.Pos, "%s is letters, digits and _, and no keyword of Go; %q is not", what, w.Text)
	}
	return ok
}

func (r *reader) imports(e entry) []*Import {
	var out []*Import
	for _, e := range r.mapping(e.value, e.key.Text) {
		if !r.declares(e.key, "the name of a layer") {
			continue
		}
		path := r.scalar(e.value, "layers")
		if path.Text == "" {
			r.lost = true
			r.errs.AddHelp(e.key.Pos, "for example "+e.key.Text+": ./"+e.key.Text+".yaml", "%s has no path", e.key.Text)
			continue
		}
		out = append(out, &Import{Name: e.key.Text, Path: path, Pos: e.key.Pos})
	}
	return out
}

func (r *reader) numbers(e entry, what string) []*Number {
	var out []*Number
	for _, e := range r.mapping(e.value, e.key.Text) {
		if !r.declares(e.key, "the name of "+what) {
			continue
		}
		n := &Number{Name: e.key.Text, Pos: e.key.Pos}
		out = append(out, n)
		switch v := e.value.(type) {
		case nil, *ast.NullNode:
		case *ast.MappingNode, *ast.MappingValueNode:
			f := r.fields(v, what, append([]string{"default", "value", "doc"}, limitKeys...)...)
			if d, ok := f["default"]; ok {
				n.Default = r.expr(d.value, "default")
			}
			if d, ok := f["value"]; ok {
				n.Value = r.expr(d.value, "value")
				if _, both := f["default"]; both {
					r.errs.Addf(d.key.Pos, "%s has a default and a value; it can have one of them", n.Name)
				}
			}
			n.Limits = r.limits(f)
			n.Doc = r.text(f["doc"])
		default:
			if isNumber(v) {
				n.Default = r.expr(v, n.Name)
			} else {
				n.Doc = r.text(e)
			}
		}
	}
	return out
}

func (r *reader) limits(f map[string]entry) Limits {
	var out Limits
	for _, key := range limitKeys {
		if e, ok := f[key]; ok {
			out = append(out, Limit{Word{key, e.key.Pos}, r.expr(e.value, key)})
		}
	}
	return out
}

// rules reads conditions, each with its reason.
func (r *reader) rules(e entry) []*Rule {
	var out []*Rule
	for _, e := range r.mapping(e.value, e.key.Text) {
		x := parseExpr(e.key.Text, e.exprPos(), r.errs)
		out = append(out, &Rule{That: x, Why: r.text(e), Pos: x.Position()})
	}
	return out
}

// isNumber tells a default in short form from a doc.
func isNumber(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	case *ast.StringNode:
		return n.Token.Type == yamltoken.StringType && decimal.MatchString(strings.TrimPrefix(n.Value, "-"))
	}
	return false
}

func (r *reader) tensors(e entry) []*Tensor {
	var out []*Tensor
	for _, e := range r.mapping(e.value, e.key.Text) {
		if !r.declares(e.key, "the name of a tensor") {
			continue
		}
		t := &Tensor{Name: e.key.Text, Pos: e.key.Pos}
		out = append(out, t)
		if e.value == nil {
			continue
		}
		f := r.fields(e.value, "a tensor", append([]string{"role", "shape", "type", "init", "grad", "outside", "doc"}, limitKeys...)...)
		word := func(key string) Word {
			v, ok := f[key]
			if !ok {
				return Word{}
			}
			w := r.scalar(v.value, key)
			r.lost = r.lost || w.Text == ""
			return w
		}
		t.Role, t.Type, t.Init, t.Grad, t.Outside = word("role"), word("type"), word("init"), word("grad"), word("outside")
		if t.Init.Text != "" {
			r.name(t.Init, "an initialisation")
		}
		t.Limits = r.limits(f)
		t.Doc = r.text(f["doc"])
		if s, ok := f["shape"]; ok {
			t.HasShape = true
			t.Shape = r.shape(s)
		}
	}
	return out
}

func (r *reader) shape(e entry) []Expr {
	list, ok := e.value.(*ast.SequenceNode)
	if !ok {
		r.lost = true
		r.errs.AddHelp(r.nodePos(e.value), "for example shape: [N, I], or shape: [] for a single number", "shape: expected a list, found %s", describe(e.value))
		return nil
	}
	var out []Expr
	for _, v := range list.Values {
		out = append(out, r.expr(v, "shape"))
	}
	return out
}

func (r *reader) indices(e entry) []*Range {
	var out []*Range
	for _, e := range r.mapping(e.value, e.key.Text) {
		if !r.declares(e.key, "the name of an index") {
			continue
		}
		out = append(out, &Range{Name: e.key.Text, Extent: r.expr(e.value, e.key.Text), Pos: e.key.Pos})
	}
	return out
}

func (r *reader) backward(e entry) Backward {
	if s, ok := e.value.(*ast.StringNode); ok {
		switch s.Value {
		case "derive":
			return Backward{Mode: Derive, Pos: e.key.Pos}
		case "none":
			return Backward{Mode: None, Pos: e.key.Pos}
		}
		r.lost = true
		r.errs.AddHelp(r.nodePos(s), "for equations, write backward: | and below it, indented, one equation a line",
			"backward is derive, none, or equations")
		return Backward{}
	}
	return Backward{Mode: Equations, Equations: r.equations(e), Pos: e.key.Pos}
}

// equations reads a block of equations. They are taken from the lines of the
// file, so that columns are exact.
func (r *reader) equations(e entry) []*Equation {
	block, ok := e.value.(*ast.LiteralNode)
	if !ok || !strings.HasPrefix(block.Start.Value, "|") {
		r.lost = true
		r.errs.AddHelp(r.nodePos(e.value), "write "+e.key.Text+": | and below it, indented, one equation a line",
			"%s: expected a block of equations", e.key.Text)
		return nil
	}
	first := r.pos(block.Start).Line + 1
	last, indent := first-1, -1
	for line := first; line <= len(r.lines); line++ {
		text := strings.TrimRight(r.lines[line-1], " \t\r")
		if text == "" {
			continue
		}
		in := len(text) - len(strings.TrimLeft(text, " "))
		if in == 0 || in < indent {
			break
		}
		if indent < 0 {
			indent = in
		}
		last = line
	}
	var list []*Equation
	if last >= first {
		list = parseEquations(r.file, first, r.lines[first-1:last], r.errs)
	}
	if len(list) == 0 {
		r.lost = true
		r.errs.Addf(r.pos(block.Start), "%s has no equations", e.key.Text)
	}
	return list
}
