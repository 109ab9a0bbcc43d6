package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// repository is a module of a user's, elsewhere, with dlgen as a tool.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T) *repository {
	r := &repository{t, t.TempDir()}
	checkout, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	// What "go get -tool" would write, which asks the network for other modules
	// of that name first.
	mod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, requirements, _ := strings.Cut(string(mod), "\nrequire")
	r.write("go.mod", fmt.Appendf(nil, `module example.com/user

go 1.25.0

tool github.com/dlgen/dlgen/cmd/dlgen

replace github.com/dlgen/dlgen => %s

require github.com/dlgen/dlgen v0.0.0-00010101000000-000000000000

require%s`, checkout, requirements))
	for from, to := range map[string]string{
		filepath.Join(checkout, "go.sum"):   "go.sum",
		"testdata/user/dlgen.yaml":          "dlgen.yaml",
		"testdata/user/specs/bilinear.yaml": "specs/bilinear.yaml",
		"testdata/user/main.go.txt":         "main.go",
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		r.write(to, text)
	}
	return r
}

func (r *repository) write(name string, data []byte) {
	r.t.Helper()
	name = filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// run runs a command in the repository and gives its output and exit status.
func (r *repository) run(env string, name string, args ...string) (out string, code int) {
	r.t.Helper()
	c := exec.Command(name, args...)
	c.Dir = r.dir
	c.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", env)
	text, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return string(text), c.ProcessState.ExitCode()
}

// must runs a command that must succeed.
func (r *repository) must(env string, name string, args ...string) string {
	r.t.Helper()
	out, code := r.run(env, name, args...)
	if code != 0 {
		r.t.Fatalf("%s %s: exit status %d\n%s", name, strings.Join(args, " "), code, out)
	}
	return out
}

// TestUserRepository goes the way of a user: go generate, build, run, diff.
func TestUserRepository(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles dlgen as a tool and a program")
	}
	r := newRepository(t)
	r.must("", "go", "generate", "./...")
	r.must("", "go", "vet", "./...")
	best := "go"
	if runtime.GOARCH == "amd64" && cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		best = "avx2"
	}
	r.must("", "go", "build", "-o", "user.exe", ".")
	for env, want := range map[string]string{"": best, "GODEBUG=cpu.avx2=off": "go"} {
		if out := r.must(env, filepath.Join(r.dir, "user.exe")); out != "all right: "+want+"\n" {
			t.Errorf("with %q the program says %q", env, out)
		}
	}
	if out := r.must("", "go", "run", "-tags", "purego", "."); out != "all right: go\n" {
		t.Errorf("with tag purego the program says %q", out)
	}
	for _, target := range []string{"linux/arm64", "windows/amd64", "darwin/arm64"} {
		system, arch, _ := strings.Cut(target, "/")
		r.must("GOOS="+system, "env", "GOARCH="+arch, "go", "build", "./internal/...")
	}

	// go tool ends with status 1 for any failure of the tool.
	if out, code := r.run("", "go", "tool", "dlgen", "diff"); code != 0 || out != "" {
		t.Errorf("diff of fresh files: exit status %d\n%s", code, out)
	}
	name := filepath.Join(r.dir, "internal", "kernels", "fc1", "fc1.go")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(text, []byte("package fc1"), []byte("// A remark.\npackage fc1"), 1)
	r.write("internal/kernels/fc1/fc1.go", edited)
	out, code := r.run("", "go", "tool", "dlgen", "diff")
	if code != 1 || !strings.Contains(out, "hand-edited: internal/kernels/fc1/fc1.go") || !strings.Contains(out, "\n-// A remark.\n") {
		t.Errorf("diff of an edited file: exit status %d\n%s", code, out)
	}
	r.must("", "go", "generate", "./...")
	if got, _ := os.ReadFile(name); !bytes.Equal(got, text) {
		t.Error("generating again does not restore the file")
	}
}
