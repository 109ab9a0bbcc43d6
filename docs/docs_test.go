// Package docs_test keeps what the README and the guide quote equal to what
// they quote it from.
package docs_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/eval"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

var update = flag.Bool("update", false, "rewrite the quotes in the README")

// The README shows the spec of dense and the interface of the package that its
// first command writes.
func TestReadme(t *testing.T) {
	const file = "../README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dense, ok := library.Text("dense")
	if !ok {
		t.Fatal("the library has no dense")
	}
	want := quote(t, text, "spec", "yaml", dense)
	want = quote(t, want, "api", "go", denseInterface(t))
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(string(text), string(want)); d != "" {
		t.Errorf("the README is stale; go test ./docs -update rewrites it (-README +now):\n%s", d)
	}
}

// The guide begins with a spec whose gradient is wrong, and what dlgen says.
func TestWrongConvolution(t *testing.T) {
	const file = "user-guide.md"
	guide, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := spec.Open("convolution.yaml")
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{"H": "3", "W": "3", "R": "2", "S": "2"}
	_, refusal := spec.Prove(s, given)
	const right = "dx[i][j] = sum(r, s, dy[i-r][j-s]*k[r][s])"
	if refusal == nil || !strings.Contains(refusal.Error(), "convolution.yaml:17:3: wrong gradient: dx[0][0]") || !strings.HasSuffix(refusal.Error(), right) {
		t.Fatalf("got %v, want a wrong gradient in line 17 and that %s is right", refusal, right)
	}
	want := quote(t, guide, "wrong", "yaml", s.Text)
	want = quote(t, want, "refused", "text", []byte(refusal.Error()))
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if d := cmp.Diff(string(guide), string(want)); d != "" {
		t.Errorf("the guide is stale; go test ./docs -update rewrites it (-guide +now):\n%s", d)
	}
	chapterNumbers(t, strings.Replace(string(s.Text), s.Backward.Equations[0].Text, right, 1), given)
}

// chapterNumbers evaluates the spec with the right equation on the numbers of
// the classroom example: an image of 1 to 9 and a window of four weights.
func chapterNumbers(t *testing.T, text string, given map[string]string) {
	t.Helper()
	s, err := syntax.Parse("convolution.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Prove(s, given)
	if err != nil {
		t.Fatal(err)
	}
	env := eval.NewEnv()
	env.Values["x"] = []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	env.Values["k"] = []float64{1, 0, -1, 1}
	env.Values["b"] = []float64{1}
	env.Values["dy"] = []float64{0.5, -0.5, 1, 0}
	for _, pass := range []*layer.Program{p.Forward, p.Backward} {
		if err := eval.Run(pass, env); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]float64{
		"y":  {3, 4, 6, 7},
		"dx": {0.5, -0.5, 0, 0.5, 1, -0.5, -1, 1, 0},
		"dk": {3.5, 4.5, 6.5, 7.5},
		"db": {1},
	} {
		if d := cmp.Diff(want, env.Values[name]); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// quote puts code between the marks of a name.
func quote(t *testing.T, text []byte, name, language string, code []byte) []byte {
	t.Helper()
	head, tail := []byte("<!-- "+name+" -->\n"), []byte("<!-- /"+name+" -->")
	from, to := bytes.Index(text, head), bytes.Index(text, tail)
	if from < 0 || to < from {
		t.Fatalf("there are no marks %s and %s", head, tail)
	}
	block := "```" + language + "\n" + strings.TrimSpace(string(code)) + "\n```\n"
	return bytes.Join([][]byte{text[:from+len(head)], []byte(block), text[to:]}, nil)
}

// denseInterface is what package fc1 exports, without function bodies and
// lists of arguments.
func denseInterface(t *testing.T) []byte {
	t.Helper()
	s, err := spec.Open("dense")
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Prove(s, map[string]string{"N": "32", "I": "784", "O": "128"})
	if err != nil {
		t.Fatal(err)
	}
	files, err := gen.Generate(p, gen.Options{Package: "fc1", Backends: []gen.Backend{avx2.Backend{}}})
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var out bytes.Buffer
	for _, f := range files {
		if f.Name != "fc1.go" {
			continue
		}
		file, err := parser.ParseFile(fset, f.Name, f.Data, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("package fc1\n")
		for _, d := range file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if !fn.Name.IsExported() {
					continue
				}
				doc, _, _ := strings.Cut(fn.Doc.Text(), "\nIts arguments")
				out.WriteString("\n" + comment(doc))
				fn.Doc, fn.Body = nil, nil
			} else if d.(*ast.GenDecl).Tok == token.IMPORT {
				continue
			} else {
				out.WriteString("\n")
			}
			from, to := fset.Position(d.Pos()).Offset, fset.Position(d.End()).Offset
			if g, ok := d.(*ast.GenDecl); ok {
				from, to = fset.Position(g.TokPos).Offset, fset.Position(g.End()).Offset
			}
			out.Write(f.Data[from:to])
			out.WriteString("\n")
		}
	}
	code, err := format.Source(out.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	return code
}

func comment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString(strings.TrimRight("// "+line, " \n") + "\n")
	}
	return b.String()
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(layer: .*?)```")

// Every spec that the documentation shows can be proved.
func TestSpecsInDocumentation(t *testing.T) {
	n := 0
	for _, file := range []string{"../README.md", "user-guide.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range yamlBlock.FindAllSubmatch(text, -1) {
			n++
			path := filepath.Join(t.TempDir(), "spec.yaml")
			if err := os.WriteFile(path, m[1], 0o644); err != nil {
				t.Fatal(err)
			}
			s, err := spec.Open(path)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			given := map[string]string{}
			for i, d := range s.Dims {
				given[d.Name] = string(rune('2' + i))
			}
			if _, err := spec.Prove(s, given); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if n < 2 {
		t.Errorf("%d specs found, want at least 2", n)
	}
}

var mdLink = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// Links to files in the repository lead somewhere.
func TestLinks(t *testing.T) {
	for _, file := range []string{"../README.md", "user-guide.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mdLink.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}
