package syntax

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/google/go-cmp/cmp"
)

const sample = `# a comment
layer: sample
doc: >
  A layer of two
  lines: "quoted", é.
dims:
  N: batch size
  H: {default: 4, doc: "height: rows"}
  P: {value: "(H - 2)/stride + 1"}
attrs:
  stride: 1
  slope: -0.5
  eps: {default: 1e-5, above: 0, max: "slope*-2"}
tensors:
  x: {role: input, shape: [N, H*2], outside: -inf, doc: what comes in}
  w: {role: param, shape: [], init: zeros, grad: none}
  k: {role: input, type: int32, shape: [N]}
  lr: {role: scalar, above: 0, max: eps*1e6}
  y:
    role: output
    shape:
      - N
indices: {g: H/2}
forward: |
  // what comes out
  y[n] = max(i, x[n][i*stride-1]) - (w - (lr - 3)) +

      where(!(x[k[n]][0] > -inf) && n%2 == 1 || n != 3, -(-w), -(w+1)*eps)/(w/lr)
  z += 2

backward: derive
`

// ignorePlaces compares specs but for their places and layout.
var ignorePlaces = cmp.Options{
	cmp.Comparer(func(a, b diag.Pos) bool { return true }),
	cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return ok && (f.Name() == "Text" && p.Index(-2).Type().Name() != "Word" && p.Index(-2).Type().Name() != "Literal" || f.Name() == "File" || f.Name() == "Wrong")
	}, cmp.Ignore()),
}

// Parse, print, parse: the tree is the same, and so is the second print.
//
//	text ──Parse──▶ spec ──Print──▶ text' ──Parse──▶ spec' ──Print──▶ text'
func TestRoundTrip(t *testing.T) {
	texts := map[string]string{"sample": sample}
	for _, name := range library.Names() {
		text, _ := library.Text(name)
		texts[name] = string(text)
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) { roundTrip(t, text) })
	}
}

func roundTrip(t *testing.T, text string) {
	t.Helper()
	s, err := Parse("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	printed := Print(s)
	again, err := Parse("a.yaml", []byte(printed))
	if err != nil {
		t.Fatalf("%v\nin the printed\n%s", err, printed)
	}
	if d := cmp.Diff(s, again, ignorePlaces); d != "" {
		t.Errorf("%s\nprinted as\n%s", d, printed)
	}
	if twice := Print(again); twice != printed {
		t.Error(cmp.Diff(printed, twice))
	}
}

// TestParagraphs keeps the paragraphs and the lists of a layer's doc, and the lines of nothing else.
func TestParagraphs(t *testing.T) {
	spec, err := Parse("doc.yaml", []byte("layer: a\ndoc: |\n\n  One\n  two.\n\n\n  Three:\n  - four\n    five\n  - six\ndims: {N: \"n\\n m\"}\ntensors:\n  y: {role: output, shape: [N]}\nforward: |\n  y[n] = 1\nbackward: none\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "One two.\n\nThree:\n- four five\n- six"; spec.Doc != want {
		t.Errorf("doc %q, want %q", spec.Doc, want)
	}
	if doc := spec.Dims[0].Doc; doc != "n m" {
		t.Errorf("doc of a dim %q", doc)
	}
}

// TestPositions looks every name of the sample up at its place.
func TestPositions(t *testing.T) {
	for _, newline := range []string{"\n", "\r\n"} {
		text := strings.ReplaceAll(sample, "\n", newline)
		s, err := Parse("a.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(text, "\n")
		at := func(pos diag.Pos, want string) {
			t.Helper()
			if pos.File != "a.yaml" || pos.Line < 1 || pos.Line > len(lines) || !strings.HasPrefix(lines[pos.Line-1][pos.Col-1:], want) {
				t.Errorf("%s is not the place of %q", pos, want)
			}
		}
		at(s.Name.Pos, "sample")
		for _, n := range append(append([]*Number(nil), s.Dims...), s.Attrs...) {
			at(n.Pos, n.Name+":")
			for _, x := range []Expr{n.Default, n.Value} {
				if x != nil {
					places(x, at)
				}
			}
			for _, l := range n.Limits {
				at(l.Key.Pos, l.Key.Text)
				places(l.Bound, at)
			}
		}
		for _, d := range s.Tensors {
			at(d.Pos, d.Name+":")
			for _, w := range []Word{d.Role, d.Type, d.Init, d.Grad, d.Outside} {
				if w.Text != "" {
					at(w.Pos, w.Text)
				}
			}
			for _, x := range d.Shape {
				places(x, at)
			}
		}
		for _, r := range s.Indices {
			at(r.Pos, r.Name+":")
			places(r.Extent, at)
		}
		for _, q := range s.Forward {
			at(q.Pos, q.Target.Name)
			places(q.Target, at)
			places(q.Value, at)
		}
		at(s.Backward.Pos, "backward")
	}
}

func places(x Expr, at func(diag.Pos, string)) {
	Walk(x, func(e Expr) {
		switch e := e.(type) {
		case *Name:
			at(e.Pos, e.Name)
		case *Literal:
			at(e.Pos, e.Text)
		case *Element:
			at(e.Pos, e.Name)
		case *Call:
			at(e.Pos, e.Fn+"(")
		case *Unary:
			at(e.Pos, e.Op)
		case *Binary:
			at(e.OpPos, e.Op)
		}
	})
}

func TestPrintExpr(t *testing.T) {
	for in, want := range map[string]string{
		"a-(b-c)":              "a - (b - c)",
		"(a-b)-c":              "a - b - c",
		"a/(b*c)*d":            "a/(b*c)*d",
		"-(a+b)*-c":            "-(a + b)*-c",
		"- -a":                 "-(-a)",
		"(a<b)==(c<d)":         "a < b == (c < d)",
		"a&&(b||c)":            "a && (b || c)",
		"!(a&&b)":              "!(a && b)",
		"x[i*2 + 1][ (j) ]":    "x[i*2+1][j]",
		"sum(i<3, x[i] + 1)":   "sum(i < 3, x[i] + 1)",
		"x[max(a - b, 3)]":     "x[max(a-b, 3)]",
		"1e-5*.5 + 3.":         "1e-5*.5 + 3.",
		"((((a))))%(b)":        "a%b",
		"a*(b%c)":              "a*(b%c)",
		"where(a<b, -1, +0*1)": "",
	} {
		errs := &diag.List{}
		x := parseExpr(in, diag.Pos{File: "a", Line: 1, Col: 1}, errs)
		if want == "" {
			if errs.Len() == 0 {
				t.Errorf("%s parses", in)
			}
			continue
		}
		if x == nil {
			t.Errorf("%s: %v", in, errs)
		} else if got := PrintExpr(x); got != want {
			t.Errorf("%s prints as %s, want %s", in, got, want)
		}
	}
}

func TestEquationText(t *testing.T) {
	s, err := Parse("a.yaml", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s\n%s", s.Forward[0].Text, s.Forward[1].Text)
	want := "y[n] = max(i, x[n][i*stride-1]) - (w - (lr - 3)) + where(!(x[k[n]][0] > -inf) && n%2 == 1 || n != 3, -(-w), -(w + 1)*eps)/(w/lr)\nz += 2"
	if got != want {
		t.Error(cmp.Diff(want, got))
	}
}

func TestLongEquation(t *testing.T) {
	for n, ok := range map[int]bool{900: true, 1100: false} {
		text := "layer: a\nforward: |\n  y = 1" + strings.Repeat("+1", n) + "\n"
		if _, err := Parse("a.yaml", []byte(text)); (err == nil) != ok {
			t.Errorf("%d operators: %v", n, err)
		} else if err != nil && !strings.HasPrefix(err.Error(), "a.yaml:3:3: the equation has 2201 names, numbers and operators") {
			t.Error(err)
		}
	}
}

// FuzzParse: any text ends in a list of errors or in a spec that round-trips.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	for _, name := range library.Names() {
		text, _ := library.Text(name)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := Parse("a.yaml", []byte(text)); err == nil {
			roundTrip(t, string(s.Text))
		} else if err.Error() == "" {
			t.Error("an error without text")
		}
	})
}

func TestNested(t *testing.T) {
	if n := Nested([]byte(strings.Repeat("# in [0, 1)\n", 900))); n != 0 {
		t.Errorf("open intervals in comments are taken for nested at line %d", n)
	}
	for _, text := range []string{
		strings.Repeat("[", 20_000), strings.Repeat("- ", 20_000), "layer: a\ndims: " + strings.Repeat("{a: [", 10_000), "a: " + strings.Repeat("\n[", 20_000),
	} {
		if _, err := Parse("a.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "nested more than 1000 deep") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}
