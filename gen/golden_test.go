package gen_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/syntax"
)

var update = flag.Bool("update", false, "rewrite the stages in testdata/*.txtar")

// TestStages compares the text of every stage. Each file in testdata has a line
// with dims, a spec, and what the compiler makes of it. After a change that is
// meant:
//
//	go test ./gen -run TestStages -update
func TestStages(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			old, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			now := stages(t, old)
			if *update {
				if err := os.WriteFile(file, txtar.Format(now), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(old.Files) != len(now.Files) {
				t.Fatalf("%s has %d files, want %d", file, len(old.Files), len(now.Files))
			}
			for i, f := range now.Files {
				if d := cmp.Diff(string(old.Files[i].Data), string(f.Data)); d != "" {
					t.Errorf("%s: %s differs (if that is meant: go test ./gen -run TestStages -update)\n%.3000s", file, f.Name, d)
				}
			}
		})
	}
}

// stages compiles the spec of an archive.
func stages(t *testing.T, a *txtar.Archive) *txtar.Archive {
	t.Helper()
	given := map[string]string{}
	for _, f := range strings.Fields(string(a.Comment)) {
		name, value, _ := strings.Cut(f, "=")
		given[name] = value
	}
	source := a.Files[0]
	s, err := syntax.Parse(source.Name, source.Data)
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Prove(s, given)
	if err != nil {
		t.Fatal(err)
	}
	out := &txtar.Archive{Comment: a.Comment, Files: a.Files[:1:1]}
	for _, stage := range []string{"layer", "loops", "schedule", "go", "asm"} {
		text, err := gen.Explain(p, gen.Options{Package: s.Name.Text, Backends: []gen.Backend{avx2.Backend{}}}, stage)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		out.Files = append(out.Files, txtar.File{Name: stage, Data: []byte(text)})
	}
	return out
}
