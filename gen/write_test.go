package gen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec"
)

func TestWrite(t *testing.T) {
	dir := os.Getenv("OUT")
	if dir == "" {
		t.Skip()
	}
	s, err := spec.Open(os.Getenv("DBG"))
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]string{}
	for _, d := range strings.Fields(os.Getenv("DIMS")) {
		k, v, _ := strings.Cut(d, "=")
		given[k] = v
	}
	p, err := spec.Prove(s, given)
	if err != nil {
		t.Fatal(err)
	}
	files, err := gen.Generate(p, gen.Options{Package: filepath.Base(dir), Backends: []gen.Backend{avx2.Backend{}}})
	if err != nil {
		t.Fatal(err)
	}
	os.MkdirAll(dir, 0o777)
	for _, f := range files {
		os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o666)
	}
}
