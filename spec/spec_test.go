package spec

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

// dimsOf gives every dim that has no default a value of its own; windows are
// small. They are equal where some must divide others.
func dimsOf(s *syntax.Spec) map[string]string {
	given := map[string]string{}
	for _, step := range []int{1, 0} {
		for k, d := range s.Dims {
			switch {
			case d.Default != nil || d.Value != nil:
			case d.Name == "R" || d.Name == "S" || d.Name == "scale":
				given[d.Name] = "2"
			default:
				given[d.Name] = strconv.Itoa(k*step + 3)
			}
		}
		if _, err := Bind(s, given); err == nil {
			break
		}
	}
	return given
}

// TestLibrary proves every layer that comes with dlgen.
func TestLibrary(t *testing.T) {
	for _, name := range library.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			if s.Name.Text != name || s.Doc == "" {
				t.Errorf("%s.yaml is the layer %q with the doc %q", name, s.Name.Text, s.Doc)
			}
			for _, d := range append(s.Dims, s.Attrs...) {
				if d.Doc == "" {
					t.Errorf("%s has no doc", d.Name)
				}
			}
			p, err := Prove(s, dimsOf(s))
			if err != nil {
				t.Fatalf("\n%v", err)
			}
			if (s.Backward.Mode != syntax.None) != (p.Backward != nil) {
				t.Errorf("backward: %v, and the spec's mode is %d", p.Backward, s.Backward.Mode)
			}
		})
	}
}

// TestWrongGradients changes each backward equation of the library a little;
// each change must be refused at its line.
func TestWrongGradients(t *testing.T) {
	mutations := map[string]func(string) string{
		"scaled":  func(e string) string { return "1.001*(" + e + ")" },
		"negated": func(e string) string { return "-(" + e + ")" },
		"moved":   func(e string) string { return e + " + 1e-3" },
	}
	for _, name := range library.Names() {
		s, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range s.Backward.Equations {
			if !slices.ContainsFunc(s.Tensors, func(t *syntax.Tensor) bool {
				return "d"+t.Name == q.Target.Name && (t.Role.Text == "input" || t.Role.Text == "param")
			}) {
				continue // scratch
			}
			for kind, change := range mutations {
				lines := strings.Split(string(s.Text), "\n")
				left, right, _ := strings.Cut(q.Text, "= ")
				lines[q.Pos.Line-1] = "  " + left + "= " + change(right)
				for k := q.Pos.Line; k < len(lines) && strings.HasPrefix(lines[k], "    "); k++ {
					lines[k] = "" // where it went on
				}
				m, err := syntax.Parse(name+".yaml", []byte(strings.Join(lines, "\n")))
				if err != nil {
					t.Fatal(err)
				}
				_, err = Prove(m, dimsOf(s))
				var list *diag.List
				if !errors.As(err, &list) {
					t.Errorf("%s: %s is proved: %v", name, lines[q.Pos.Line-1], err)
				} else if list.Len() != 1 && !readBack(s, q.Target.Name) || !slices.ContainsFunc(list.Errors(), func(e diag.Error) bool { return e.Pos == q.Pos }) || !strings.Contains(err.Error(), "\n    "+lines[q.Pos.Line-1]+"\n") {
					t.Errorf("%s, %s: want one error at %s, got\n%v", name, kind, q.Pos, err)
				}
			}
		}
	}
}

// readBack reports whether backward reads a gradient that it defines; other
// gradients are wrong with it.
func readBack(s *syntax.Spec, name string) bool {
	found := false
	for _, q := range s.Backward.Equations {
		syntax.Walk(q.Value, func(x syntax.Expr) {
			e, ok := x.(*syntax.Element)
			found = found || ok && e.Name == name
		})
	}
	return found
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.yaml")
	text, _ := library.Text("relu")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Open(file)
	if err != nil || s.Name.Text != "relu" || s.File != file {
		t.Errorf("Open(%s) = %v, %v", file, s, err)
	}
	for arg, want := range map[string]string{
		"rellu":                          "did you mean relu?",
		"nothing_of_the_kind":            "the library has abs, adagrad, adam",
		filepath.Join(dir, "none.yaml"):  "no such file",
		dir + string(filepath.Separator): "is a directory",
	} {
		if _, err := Open(arg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s): %v, want %q", arg, err, want)
		}
	}
}

// TestLargeWindows proves layers of which nearly every set of dims costs much, since windows
// are as large as images.
func TestLargeWindows(t *testing.T) {
	for _, c := range []string{
		"global_maxpool2d N=1 H=56 W=56 C=3",
		"global_avgpool2d N=2 H=300 W=200 C=3",
		"maxpool2d N=1 H=28 W=28 C=64 R=28 S=28",
		"maxpool2d N=1 H=64 W=64 C=3 R=25 S=32",
		"avgpool2d N=1 H=112 W=112 C=3 R=112 S=112",
		"avgpool2d N=1 H=64 W=64 C=3 R=32 S=32 count_pad=0 pad=1",
		"maxpool1d N=1 L=1000 C=64 S=1000",
		"avgpool1d N=1 L=1000 C=64 S=1000",
		"conv2d N=1 H=60 W=60 C=1 K=1 R=49 S=49",
	} {
		f := strings.Fields(c)
		given := map[string]string{}
		for _, d := range f[1:] {
			name, value, _ := strings.Cut(d, "=")
			given[name] = value
		}
		s, err := Open(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Prove(s, given); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
}

// BenchmarkProve is the front end's share of a generate.
func BenchmarkProve(b *testing.B) {
	for b.Loop() {
		s, err := Open("dense")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Prove(s, map[string]string{"N": "256", "I": "1024", "O": "1024"}); err != nil {
			b.Fatal(err)
		}
	}
}
