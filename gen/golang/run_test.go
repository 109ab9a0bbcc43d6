package golang

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// module writes packages and a main program into a module of their own.
func module(t *testing.T, mainBody string, packages ...Package) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write("go.sum", sum)
	write("go.mod", []byte("module m\n\ngo 1.25.0\n\nrequire golang.org/x/sys v0.38.0\n"))
	imports := ""
	for _, p := range packages {
		files, err := Print(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			write(p.Name+"/"+f.Name, f.Data)
		}
		imports += fmt.Sprintf("\t%q\n", "m/"+p.Name)
	}
	if mainBody != "" {
		write("main.go", []byte("package main\n\nimport (\n\t\"encoding/json\"\n\t\"math\"\n\t\"os\"\n\n"+imports+")\n\n"+mainSupport+mainBody))
	}
	return dir
}

const mainSupport = `
var out = map[string][]uint32{}

// fill is the same as in the test.
func fill(x []float32) {
	for i := range x {
		x[i] = float32(i*7%31-15) / 4
	}
}

func keep(name string, x []float32) {
	for _, v := range x {
		out[name] = append(out[name], math.Float32bits(v))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

var _ = must
`

func fill(x []float32) {
	for i := range x {
		x[i] = float32(i*7%31-15) / 4
	}
}

func command(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v %v: %v\n%s", env, args, err, stderr.String())
	}
	return string(stdout)
}

// TestRandom prints random programs, compiles them and compares the results
// with the interpreter's, bit by bit.
func TestRandom(t *testing.T) {
	const functions = 24
	p := randomProgram(1, functions)
	if err := ir.Verify(p.Portable[0]); err != nil {
		t.Fatal(err)
	}
	mem := ir.NewMemory()
	mem.F32["x"] = make([]float32, 64)
	fill(mem.F32["x"])
	mem.I32["id"] = []int32{3, 1, 4, 1, 5, 2, 6, 7}
	mem.Scalars["half"] = 1.5
	mem.Seeds["seed"] = 42
	body := "func main() {\n\tvar x random.X\n\tid := random.Id{3, 1, 4, 1, 5, 2, 6, 7}\n\tfor i := range x {\n\t\tfor j := range x[i] {\n\t\t\tx[i][j] = float32((i*8+j)*7%31-15) / 4\n\t\t}\n\t}\n"
	args := ""
	for n := range functions {
		y := fmt.Sprintf("y%d", n)
		mem.F32[y] = make([]float32, 64)
		body += fmt.Sprintf("\tvar %s random.Y%d\n", y, n)
		args += "&" + y + ", "
	}
	body += "\trandom.Forward(" + args + "&x, &id, 3, 42)\n"
	for n := range functions {
		body += fmt.Sprintf("\tfor i := range y%d {\n\t\tkeep(\"y%d\", y%d[i][:])\n\t}\n", n, n, n)
	}
	body += "\tjson.NewEncoder(os.Stdout).Encode(out)\n}\n"
	if err := ir.Run(p.Portable[0], mem); err != nil {
		t.Fatal(err)
	}
	dir := module(t, body, p)
	got := map[string][]uint32{}
	if err := json.Unmarshal([]byte(command(t, dir, nil, "go", "run", ".")), &got); err != nil {
		t.Fatal(err)
	}
	for n := range functions {
		y := fmt.Sprintf("y%d", n)
		for i, want := range mem.F32[y] {
			g := math.Float32frombits(got[y][i])
			if math.Float32bits(g) != math.Float32bits(want) && (g == g || want == want) {
				t.Errorf("f%d: y[%d] = %v, want %v\n%s", n, i, g, want, p.Portable[0].Steps[n].Func)
				break
			}
		}
	}
}

// TestCompilerSays builds packages with the compiler's remarks: there must be
// no bounds check but those of gathers, and nothing on the heap.
func TestCompilerSays(t *testing.T) {
	dir := module(t, "", dense(), sink())
	cmd := exec.Command("go", "build", "-gcflags=-m -d=ssa/check_bce", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "does not escape") {
		t.Fatalf("no remarks\n%s", out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		gather := strings.HasPrefix(line, "sink/")
		if strings.Contains(line, "moved to heap") || strings.Contains(line, "Found Is") && !gather {
			t.Error(line)
		}
	}
}
