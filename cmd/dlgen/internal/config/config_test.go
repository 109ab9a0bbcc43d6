package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/dlgen/dlgen/spec/diag"
)

func TestParse(t *testing.T) {
	text := `# comment
version: 1
out: internal/kernels
targets: [go]
layers:
  fc1: {layer: dense, dims: {N: 32, I: 784, O: 128}}
  bn:
    layer: ./mine/bn.yaml
    dims:
      M: 8
      eps: 1e-3 # written as it is
    inference: true
`
	c, err := Parse("dlgen.yaml", []byte("\ufeff"+text))
	if err != nil {
		t.Fatal(err)
	}
	at := func(line, col int) diag.Pos { return diag.Pos{File: "dlgen.yaml", Line: line, Col: col} }
	want := &Config{File: "dlgen.yaml", Out: "internal/kernels", Targets: []string{"go"}, TargetsPos: at(4, 10), Text: []byte(text), Layers: []Layer{
		{"fc1", "dense", map[string]string{"N": "32", "I": "784", "O": "128"}, map[string]diag.Pos{"N": at(6, 33), "I": at(6, 40), "O": at(6, 48)}, false, at(6, 3)},
		{"bn", "./mine/bn.yaml", map[string]string{"M": "8", "eps": "1e-3"}, map[string]diag.Pos{"M": at(10, 10), "eps": at(11, 12)}, true, at(7, 3)},
	}}
	if d := cmp.Diff(want, c, cmpopts.IgnoreUnexported(Config{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestExampleIsValid(t *testing.T) {
	c, err := Parse(Name, []byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Layers) != 3 || c.Out == "" || len(c.Targets) != 2 {
		t.Errorf("got %+v", c)
	}
}

// Each file of the archives in testdata is a bad config, followed by a file
// with the errors it must give.
func TestErrors(t *testing.T) {
	a, err := txtar.ParseFile(filepath.Join("testdata", "bad.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		in, want := a.Files[i], strings.TrimSpace(string(a.Files[i+1].Data))
		t.Run(strings.TrimSuffix(in.Name, ".yaml"), func(t *testing.T) {
			got := "no error"
			if _, err := Parse("c.yaml", in.Data); err != nil {
				got = err.Error()
			}
			if os.Getenv("DLGEN_UPDATE") != "" {
				a.Files[i+1].Data = []byte(got + "\n")
			} else if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	if os.Getenv("DLGEN_UPDATE") != "" {
		if err := os.WriteFile(filepath.Join("testdata", "bad.txtar"), txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Example))
	f.Add([]byte("a: [b"))
	f.Add([]byte("? x\n: &a {*a : b}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := Parse("c.yaml", text); err == nil && len(c.Layers) == 0 {
			t.Error("no error and no layers")
		}
	})
}
