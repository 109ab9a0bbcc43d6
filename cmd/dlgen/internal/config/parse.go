package config

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/dlgen/dlgen/cmd/dlgen/internal/job"
	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/syntax"
)

// Parse checks the text of a config; file is the name for its positions. With complaints there
// is a Config, too, which has the layers without any.
func Parse(file string, text []byte) (*Config, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors begin files with it
	r := &reader{file: file, lines: strings.Split(string(text), "\n")}
	r.errs.Source(file, text)
	c := &Config{File: file, Text: text, wrong: &r.errs}
	if m := r.document(text); m != nil {
		r.config(c, m)
	}
	return c, r.errs.Err()
}

// reader turns YAML nodes into the config and collects what is wrong.
type reader struct {
	file  string
	lines []string
	errs  diag.List
}

// at is the place of a token; its columns count characters, ours bytes.
func (r *reader) at(t *token.Token) diag.Pos {
	p := diag.Pos{File: r.file}
	if t == nil || t.Position == nil {
		return p
	}
	p.Line, p.Col = t.Position.Line, 1
	if p.Line < 1 || p.Line > len(r.lines) {
		return p
	}
	runes := []rune(r.lines[p.Line-1])
	p.Col += len(string(runes[:min(max(t.Position.Column-1, 0), len(runes))]))
	return p
}

// pos is the place of a node; the token of a mapping is its first colon, so
// there the first key counts.
func (r *reader) pos(n ast.Node) diag.Pos {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		n = m.Values[0].Key
	}
	return r.at(n.GetToken())
}

// document gives the mapping at the top, or nil after complaining.
func (r *reader) document(text []byte) (top *ast.MappingNode) {
	start := diag.Pos{File: r.file, Line: 1, Col: 1}
	defer func() {
		if p := recover(); p != nil { // the YAML parser's bug, not a reason to crash
			r.errs.Addf(start, "this is not YAML (%v)", p)
			top = nil
		}
	}()
	if line := syntax.Nested(text); line > 0 {
		r.errs.Addf(diag.Pos{File: r.file, Line: line, Col: 1}, "brackets or lists are nested too deep")
		return nil
	}
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		var ye yaml.Error
		if errors.As(err, &ye) {
			r.errs.AddHelp(r.at(ye.GetToken()), syntax.YAMLHelp(ye.GetMessage()), "%s", ye.GetMessage())
		} else {
			r.errs.Addf(start, "%v", err)
		}
		return nil
	}
	switch {
	case len(f.Docs) > 1 && f.Docs[1].Body != nil:
		r.errs.Addf(r.pos(f.Docs[1].Body), "a second YAML document; a config is one")
		return nil
	case len(f.Docs) == 0 || f.Docs[0].Body == nil:
		r.errs.AddHelp(start, "`dlgen init` writes one to start from", "the config is empty")
		return nil
	}
	return r.mapping(f.Docs[0].Body, "the config")
}

// config reads the keys of the top level.
func (r *reader) config(c *Config, m *ast.MappingNode) {
	version, out, layers := false, false, false
	for _, e := range m.Values {
		switch key := r.key(e); key {
		case "version":
			version = true
			if v, ok := r.scalar(e.Value, "version"); ok && v != "1" {
				r.errs.Addf(r.pos(e.Value), "version %s is not known; this dlgen reads version 1", v)
			}
		case "out":
			out = true
			c.Out, _ = r.scalar(e.Value, "out")
			if err := job.CheckFolder(filepath.Join(filepath.Dir(r.file), filepath.FromSlash(c.Out))); err != nil {
				r.errs.Addf(r.pos(e.Value), "%v", err)
			}
		case "targets":
			c.Targets, c.TargetsPos = r.targets(e.Value), r.pos(e.Value)
		case "layers":
			layers = true
			c.Layers = r.layers(e.Value)
		default:
			r.unknown(e, key, "version", "out", "targets", "layers")
		}
	}
	for _, k := range []struct {
		name string
		have bool
		like string
	}{{"version", version, "version: 1"}, {"out", out, "out: internal/kernels"}, {"layers", layers, "layers:\n  fc1: {layer: dense, dims: {N: 32, I: 784, O: 128}}"}} {
		if !k.have {
			r.errs.AddHelp(diag.Pos{File: r.file, Line: 1, Col: 1}, "add it, as in\n"+k.like, "%s is missing", k.name)
		}
	}
}

// targets reads a list of names.
func (r *reader) targets(n ast.Node) []string {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.errs.Addf(r.pos(n), "targets must be a list, such as [go, avx2]")
		return nil
	}
	names := []string{}
	for _, v := range s.Values {
		name, ok := r.scalar(v, "a target")
		if ok && slices.Contains(names, name) {
			r.errs.Addf(r.pos(v), "target %s is listed twice", name)
		} else if ok {
			names = append(names, name)
		}
	}
	return names
}

// layers reads the packages to generate.
func (r *reader) layers(n ast.Node) []Layer {
	m := r.mapping(n, "layers")
	if m == nil {
		return nil
	}
	if len(m.Values) == 0 {
		r.errs.Addf(r.pos(n), "layers is empty; there is nothing to generate")
	}
	var all, right []Layer
	for _, e := range m.Values {
		before := r.errs.Len()
		l := Layer{Name: r.key(e), Pos: r.pos(e.Key)}
		if err := job.CheckPackage(l.Name); err != nil {
			r.errs.Addf(l.Pos, "%v", err)
		}
		for _, o := range all {
			if strings.EqualFold(o.Name, l.Name) { // one folder on some file systems
				r.errs.Addf(l.Pos, "layers %s and %s differ in case only", o.Name, l.Name)
			}
		}
		r.layer(&l, e.Value)
		if all = append(all, l); r.errs.Len() == before {
			right = append(right, l)
		}
	}
	return right
}

// layer reads one package's spec and dims.
func (r *reader) layer(l *Layer, n ast.Node) {
	m := r.mapping(n, "layer "+l.Name)
	if m == nil {
		return
	}
	named := false
	for _, e := range m.Values {
		switch key := r.key(e); key {
		case "layer":
			named = true
			l.Spec, _ = r.scalar(e.Value, "layer")
		case "dims":
			l.Given, l.At = r.dims(e.Value)
		case "inference":
			l.Inference = r.boolean(e.Value, key)
		default:
			r.unknown(e, key, "layer", "dims", "inference")
		}
	}
	if !named {
		r.errs.Addf(l.Pos, "%s does not say which layer it is, as in {layer: dense, dims: {...}}", l.Name)
	}
}

// dims reads names and values, kept as written, and where the values are.
func (r *reader) dims(n ast.Node) (given map[string]string, at map[string]diag.Pos) {
	m := r.mapping(n, "dims")
	if m == nil {
		return nil, nil
	}
	given, at = map[string]string{}, map[string]diag.Pos{}
	for _, e := range m.Values {
		key := r.key(e)
		if v, ok := r.scalar(e.Value, "dim "+key); ok {
			given[key], at[key] = v, r.pos(e.Value)
		}
	}
	return given, at
}

// mapping gives n as a mapping, or nil after complaining.
func (r *reader) mapping(n ast.Node, what string) *ast.MappingNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n
	case *ast.MappingValueNode:
		return &ast.MappingNode{BaseNode: n.BaseNode, Start: n.GetToken(), Values: []*ast.MappingValueNode{n}}
	}
	r.errs.Addf(r.pos(n), "%s must be a mapping (key: value)", what)
	return nil
}

// scalar gives the text of a string or number, or complains.
func (r *reader) scalar(n ast.Node, what string) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		if n.Value != "" {
			return n.Value, true
		}
	case *ast.IntegerNode, *ast.FloatNode:
		return n.GetToken().Value, true
	}
	r.errs.Addf(r.pos(n), "%s must be a plain value", what)
	return "", false
}

// boolean gives the value of a true or false, or complains.
func (r *reader) boolean(n ast.Node, what string) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		r.errs.Addf(r.pos(n), "%s must be true or false", what)
		return false
	}
	return b.Value
}

// key is the text of an entry's key; only plain ones have any.
func (r *reader) key(e *ast.MappingValueNode) string {
	if s, ok := e.Key.(ast.ScalarNode); ok && s.GetToken() != nil {
		return s.GetToken().Value
	}
	return fmt.Sprint(e.Key)
}

func (r *reader) unknown(e *ast.MappingValueNode, key string, known ...string) {
	r.errs.AddHelp(r.pos(e.Key), diag.DidYouMean(key, known), "%s is not known here; possible are %s", key, strings.Join(known, ", "))
}
