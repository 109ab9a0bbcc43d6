package check

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
	"github.com/google/go-cmp/cmp"
)

// TestLayer looks at everything that Check fills in, for one layer.
func TestLayer(t *testing.T) {
	l := mustCheck(t, "dense", map[string]string{"N": "3", "I": "4", "O": "5"})
	var got strings.Builder
	fmt.Fprintf(&got, "%s %s %s derive=%v\n", l.Name, l.File, l.Pos, l.Derive)
	for _, n := range l.Numbers {
		fmt.Fprintf(&got, "%s=%v dim=%v given=%v %q %s\n", n.Name, n.Value, n.IsDim, n.Given, n.Doc, n.Pos)
	}
	for _, x := range append(append(append([]*layer.Tensor(nil), l.Tensors...), l.Gradients...), l.Upstreams...) {
		of := ""
		if x.Of != nil {
			of = " of " + x.Of.Name
		}
		fmt.Fprintf(&got, "%s role=%d %v %v %s%s\n", x.Name, x.Role, x.Shape, x.Extents, x.Init, of)
	}
	fmt.Fprintln(&got, names(l.Forward.Args), names(layer.BackwardArgs(l, l.Declared)))
	for _, e := range append(append([]*layer.Equation(nil), l.Forward.Equations...), l.Declared...) {
		fmt.Fprintln(&got, e.Pos, e.Text, "|", describe(e))
	}
	want := `dense dense.yaml dense.yaml:1:8 derive=false
N=3 dim=true given=true "batch size" dense.yaml:4:3
I=4 dim=true given=true "input features" dense.yaml:5:3
O=5 dim=true given=true "output features" dense.yaml:6:3
x role=0 [3 4] [N I] 
w role=1 [4 5] [I O] he_normal
b role=1 [5] [O] zeros
y role=3 [3 5] [N O] 
dx role=8 [3 4] [N I]  of x
dw role=8 [4 5] [I O]  of w
db role=8 [5] [O]  of b
dy role=7 [3 5] [N O]  of y
[y x w b] [dx dw db dy x w]
dense.yaml:13:3 y[n][o] = sum(i, x[n][i]*w[i][o]) + b[o] | y[n][o] = sum(i, x[n][i]*w[i][o]) + b[o]; n<3 o<5 i<4
dense.yaml:15:3 dx[n][i] = sum(o, dy[n][o]*w[i][o]) | dx[n][i] = sum(o, dy[n][o]*w[i][o]); n<3 i<4 o<5
dense.yaml:16:3 dw[i][o] = sum(n, x[n][i]*dy[n][o]) | dw[i][o] = sum(n, x[n][i]*dy[n][o]); i<4 o<5 n<3
dense.yaml:17:3 db[o] = sum(n, dy[n][o]) | db[o] = sum(n, dy[n][o]); o<5 n<3
`
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Error(d)
	}
}

// TestArgs pins the order of arguments that users see.
func TestArgs(t *testing.T) {
	for name, want := range map[string]string{
		"adam":          "[w m v dw lr t]",
		"cross_entropy": "[loss x label]",
		"dropout":       "[y x seed]",
		"embedding":     "[y id e]",
		"mse":           "[loss x target]",
		"momentum":      "[w m dw lr]",
		"concat":        "[y a b]",
	} {
		l := mustCheck(t, name, nil)
		if got := names(l.Forward.Args); got != want {
			t.Errorf("%s: Forward%s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"cross_entropy": "[dx dloss label]",
		"dropout":       "[dx dy seed]",
		"embedding":     "[de dy id]",
		"softmax":       "[dx dy y]",
		"mul":           "[da db dy a b]",
	} {
		l := mustCheck(t, name, nil)
		if got := names(layer.BackwardArgs(l, l.Declared)); got != want {
			t.Errorf("%s: Backward%s, want %s", name, got, want)
		}
	}
}

func names(list []*layer.Tensor) string {
	var out []string
	for _, t := range list {
		out = append(out, t.Name)
	}
	return fmt.Sprint(out)
}

// mustCheck checks a library layer; dims that are not given are 3, 4, 5 ...
func mustCheck(t *testing.T, name string, given map[string]string) *layer.Layer {
	t.Helper()
	s, err := link.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	if given == nil {
		given = map[string]string{}
		for k, d := range s.Dims {
			given[d.Name] = strconv.Itoa(k + 3)
		}
	}
	l, err := Check(s, given)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLarge: the size of dims does not matter for the time that a check takes.
func TestLarge(t *testing.T) {
	for _, name := range library.Names() {
		s, err := link.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		given := map[string]string{}
		for _, d := range s.Dims {
			switch {
			case d.Default != nil || d.Value != nil:
			case len(s.Dims) > 3 && slices.Contains([]string{"N", "C", "K", "scale", "A", "G"}, d.Name):
				given[d.Name] = "1" // images
			default:
				given[d.Name] = "5003"
			}
		}
		if _, err := Check(s, given); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzCheck: a spec of any text, with any dims, ends in a list of errors or in
// a layer.
func FuzzCheck(f *testing.F) {
	for _, name := range library.Names() {
		text, _ := library.Text(name)
		f.Add(string(text), "3")
	}
	for _, file := range []string{"testdata/good.txt", "testdata/bad_equations.txt", "testdata/bad_bounds.txt"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range strings.Split(string(data), "\n=== ") {
			_, text, _ := strings.Cut(part, "\n")
			f.Add(marker.ReplaceAllString(text, " // "), "5")
		}
	}
	f.Fuzz(func(t *testing.T, text, dim string) {
		s, err := syntax.Parse("a.yaml", []byte(text))
		if err != nil || link.Layers(s) != nil {
			return
		}
		given := map[string]string{}
		for _, d := range s.Dims {
			given[d.Name] = dim
		}
		l, err := Check(s, given)
		var list *diag.List
		if err != nil && (!errors.As(err, &list) || list.Len() == 0) {
			t.Errorf("not a list of errors: %v", err)
		}
		if err == nil && (l == nil || l.Forward == nil) {
			t.Error("neither a layer nor an error")
		}
	})
}
