package golang

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares the files of a package with testdata/name.txtar.
func golden(t *testing.T, name string, in Package) {
	t.Helper()
	files, err := Print(in)
	if err != nil {
		t.Fatal(err)
	}
	var got txtar.Archive
	for _, f := range files {
		got.Files = append(got.Files, txtar.File{Name: f.Name, Data: f.Data})
	}
	path := "testdata/" + name + ".txtar"
	if *update {
		if err := os.WriteFile(path, txtar.Format(&got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(&got))); diff != "" {
		t.Errorf("%s: -want +got; run with -update to accept\n%s", path, diff)
	}
}

func TestDense(t *testing.T) { golden(t, "dense", dense()) }
