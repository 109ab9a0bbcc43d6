package link_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/check"
	"github.com/dlgen/dlgen/spec/link"
)

// head starts a spec of a layer y of x.
const head = "dims: {M: elements}\ntensors:\n  x: {role: input, shape: [M]}\n  y: {role: output, shape: [M]}\n"

func files(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPaths: paths count from the file in which they stand, and a name of the
// library can be given another.
func TestPaths(t *testing.T) {
	dir := files(t, map[string]string{
		"net.yaml":        "layer: net\nlayers: {mine: ./parts/mine.yaml, act: gelu, tanh: parts/own.yml}\n" + head + "forward: |\n  h = mine(x)\n  g = tanh(h)\n  y = act(g)\nbackward: derive\n",
		"parts/mine.yaml": "layer: mine\nlayers: {deep: ../deep/relu.yaml}\n" + head + "forward: |\n  h = relu(x)\n  y = deep(h)\nbackward: derive\n",
		"parts/own.yml":   "layer: own\n" + head + "forward: |\n  y[m] = tanh(2*x[m])\nbackward: derive\n",
		"deep/relu.yaml":  "layer: relu\n" + head + "forward: |\n  h = relu(x)\n  y[m] = 2*h[m]\nbackward: derive\n",
	})
	s, err := link.Open(filepath.Join(dir, "net.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"mine": "mine", "act": "gelu", "tanh": "own"} {
		if got := s.Applied[name]; got == nil || got.Name.Text != want {
			t.Errorf("%s is %v, want the layer %s", name, got, want)
		}
	}
	deep := s.Applied["mine"].Applied["deep"]
	if deep == nil || deep.Applied["relu"] == nil || deep.Applied["relu"].File != "relu.yaml" {
		t.Errorf("a layer relu of a file does not apply that of the library: %v", deep)
	}
	if _, err := check.Check(s, map[string]string{"M": "3"}); err != nil {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"itself": {
			map[string]string{"net.yaml": "layer: net\nlayers: {a: net.yaml}\n" + head + "forward: |\n  y = a(x)\nbackward: derive\n"},
			[]string{"net.yaml:8:7: a layer cannot apply itself: net applies net\n      y = a(x)\n          ^"},
		},
		"each other": {
			map[string]string{
				"net.yaml": "layer: net\nlayers: {a: ./a.yaml}\n" + head + "forward: |\n  y = a(x)\nbackward: derive\n",
				"a.yaml":   "layer: a\nlayers: {b: ././net.yaml}\n" + head + "forward: |\n  y = b(x)\nbackward: derive\n",
			},
			[]string{"a.yaml:8:7: a layer cannot apply itself: net applies a applies net"},
		},
		"broken": {
			map[string]string{
				"net.yaml": "layer: net\nlayers: {a: ./a.yaml}\n" + head + "forward: |\n  y = a(x)\nbackward: derive\n",
				"a.yaml":   "layer: a\n" + head + "forward: |\n  y[m] = x[m]]\n",
			},
			[]string{"a.yaml:7:14: syntax error", "y[m] = x[m]]\n"},
		},
		"wrong in itself": {
			map[string]string{
				"net.yaml": "layer: net\nlayers: {a: ./a.yaml}\n" + head + "forward: |\n  y = a(x)\nbackward: derive\n",
				"a.yaml":   "layer: a\n" + head + "forward: |\n  y[m] = x[m+1]\nbackward: derive\n",
			},
			[]string{"a.yaml:7:12: m=2 reads x[3], its size is M=3\n      y[m] = x[m+1]", "found in a, which ", "net.yaml:8:7 applies"},
		},
		"no such name": {
			map[string]string{"net.yaml": "layer: net\nlayers: {a: rellu}\n" + head + "forward: |\n  y = a(x)\nbackward: derive\n"},
			[]string{"net.yaml:2:13: a: the library has no layer rellu", "did you mean relu?"},
		},
		"dims of a part": {
			map[string]string{"net.yaml": "layer: net\n" + strings.Replace(head, "[M]}\n  y", "[M, 2, 2, 4]}\n  y", 1) + "forward: |\n  y = groupnorm{G: 3}(x)\nbackward: derive\n"},
			[]string{"groupnorm.yaml:10:3: C=4 G=3: groups must divide the channels", "found in groupnorm, which ", "net.yaml:7:7 applies"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := link.Open(filepath.Join(files(t, c.files), "net.yaml"))
			if err == nil {
				_, err = check.Check(s, map[string]string{"M": "3"})
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in\n%v", want, err)
				}
			}
		})
	}
}
