package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/cmd/dlgen/internal/output"
	"github.com/dlgen/dlgen/spec/diag"
)

func TestPackageFor(t *testing.T) {
	for dir, want := range map[string]string{
		"kernels/fc1":              "fc1",
		"a/Conv-1.b/":              "conv1b",
		"x_amd64":                  "x_amd64",
		"größe":                    "",
		"func":                     "",
		"1x":                       "",
		"--":                       "",
		"_":                        "",
		"main":                     "",
		"fc_test":                  "",
		"a/internal":               "",
		string(filepath.Separator): "",
	} {
		got, err := PackageFor(dir)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", dir, got, err, want)
		}
	}
}

func TestCheckFolder(t *testing.T) {
	root := filepath.Join(t.TempDir(), "my module")
	if err := os.Mkdir(root, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module m\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for dir, ok := range map[string]bool{
		"kernels/fc-1.x": true,
		".":              true,
		"my dir/x":       false,
		"ünter/sub":      false,
		"größe":          false,
		"vendor/x":       false,
		"a/vendor":       false,
	} {
		if err := CheckFolder(filepath.Join(root, filepath.FromSlash(dir))); (err == nil) != ok {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, tt := range [][3]string{
		{"dense", "nets", "dense"},
		{"./own.yaml", "nets", "nets/own.yaml"},
		{"specs/own.yml", ".", "specs/own.yml"},
		{"specs/own", "nets", "nets/specs/own"},
	} {
		if got := filepath.ToSlash(Resolve(tt[0], tt[1])); got != tt[2] {
			t.Errorf("Resolve(%q, %q) = %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}

func TestRunKeepsTheOrder(t *testing.T) {
	var jobs []Job
	var want []output.File
	for i := range 20 {
		jobs = append(jobs, Job{Folder: fmt.Sprint("f", i)})
		want = append(want, output.File{Path: fmt.Sprintf("f%d/a.go", i), Data: []byte{byte(i)}})
	}
	got, err := Run(jobs, func(j Job) (Package, error) {
		var i byte
		_, err := fmt.Sscanf(j.Folder, "f%d", &i)
		return Package{Files: []output.File{{Path: "a.go", Data: []byte{i}}}, Notes: []string{fmt.Sprint("note ", i%2)}}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Package{Files: want, Notes: []string{"note 0", "note 1"}}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// All errors are shown, those that jobs share once.
func TestRunShowsAllErrors(t *testing.T) {
	at := func(line int) diag.Pos { return diag.Pos{File: "c.yaml", Line: line, Col: 3} }
	jobs := []Job{
		{Package: "a", Spec: "one.yaml", Pos: at(1)},
		{Package: "b", Spec: "two.yaml", Pos: at(2)},
		{Package: "c", Spec: "good.yaml", Pos: at(3)},
		{Package: "d", Spec: "one.yaml", Pos: at(4)},
	}
	all, err := Run(jobs, func(j Job) (Package, error) {
		if j.Spec == "good.yaml" {
			return Package{Files: []output.File{{Path: "x"}}}, nil
		}
		return Package{}, errors.New(j.Spec + " is wrong")
	})
	want := `c.yaml:1:3: layer a (one.yaml) cannot be generated:
c.yaml:4:3: layer d (one.yaml) cannot be generated:
one.yaml is wrong
c.yaml:2:3: layer b (two.yaml) cannot be generated:
two.yaml is wrong`
	if all.Files != nil || err == nil || err.Error() != want {
		t.Errorf("%v, %v", all, err)
	}
}

func TestBugBecomesAnError(t *testing.T) {
	_, err := Run([]Job{{Spec: "dense"}}, func(Job) (Package, error) { panic("violated") })
	if err == nil || !strings.Contains(err.Error(), "dlgen has a bug that dense") || !strings.Contains(err.Error(), "violated") {
		t.Errorf("got %v", err)
	}
}
