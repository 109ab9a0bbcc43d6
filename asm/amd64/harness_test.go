package amd64_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/asm/amd64"
	"github.com/dlgen/dlgen/asm/avx2"
	"github.com/dlgen/dlgen/asm/avx512"
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
	"golang.org/x/sys/cpu"
)

// machine is an instruction set, and whether this machine has it.
type machine struct {
	*amd64.Set
	present bool
}

var machines = []machine{
	{avx2.Set, cpu.X86.HasAVX2 && cpu.X86.HasFMA},
	{avx512.Set, cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasFMA},
}

// each runs a test for every instruction set.
func each(t *testing.T, test func(t *testing.T, m machine)) {
	for _, m := range machines {
		t.Run(m.Name, func(t *testing.T) { test(t, m) })
	}
}

// trial is a kernel with the contents of its buffers before and after.
type trial struct {
	f *ir.Func
	// count is how often the kernel runs, if it has counters: all values of the
	// Block for each of the Step, of which there are serial.
	count   int
	in      [][]uint32
	scalars []uint32
}

// serial is the number of values of a Step.
const serial = 2

// program wraps the kernel of a trial for the interpreter.
func (c *trial) program() (*ir.Program, *ir.Memory) {
	step := ir.Step{Func: c.f, Count: c.count}
	if c.f.Step != nil {
		step.In = &ir.Steps{Var: c.f.Step, Count: serial}
		step.Count /= serial
	}
	p := &ir.Program{Name: "test", Lanes: c.f.Lanes, Steps: []ir.Step{step}}
	m := ir.NewMemory()
	for i, b := range c.f.Buffers {
		if b.Tensor == nil {
			b.Tensor = &layer.Tensor{Name: b.Name, Shape: b.Shape, Type: layer.Type(b.Elem)}
		}
		p.Args = append(p.Args, b.Tensor)
		m.Add(b)
		for j, x := range c.in[i] {
			if b.Elem == ir.F32 {
				m.F32[b.Name][j] = math.Float32frombits(x)
			} else {
				m.I32[b.Name][j] = int32(x)
			}
		}
	}
	for i, s := range c.f.Scalars {
		p.Scalars = append(p.Scalars, s)
		if s.Key == 0 {
			m.Scalars[s.Name] = math.Float32frombits(c.scalars[i])
		} else {
			m.Seeds[s.Seed.Name] = seed
		}
	}
	return p, m
}

// seed is the value of every uint64 scalar; keys are what becomes of it.
const seed = 0x123456789abcdef

func keys() (a, b uint32) { return ir.SeedKeys(seed) }

// expected runs the interpreter.
func (c *trial) expected(t *testing.T) [][]uint32 {
	t.Helper()
	p, m := c.program()
	if err := ir.Run(p, m); err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	var out [][]uint32
	for _, b := range c.f.Buffers {
		var words []uint32
		for _, x := range m.F32[b.Name] {
			words = append(words, math.Float32bits(x))
		}
		for _, x := range m.I32[b.Name] {
			words = append(words, uint32(x))
		}
		out = append(out, words)
	}
	return out
}

// job and answer travel between this process and the one that runs the kernels.
type job struct {
	Func, Count int
	In          [][]uint32
	Scalars     []uint32
	AtEnd       bool
}

type answer struct {
	Fault string
	Out   [][]uint32
}

// runAll assembles the kernels of all trials in one package and runs each
// twice: with its buffers against a forbidden page below, and above.
func (m machine) runAll(t *testing.T, trials []*trial) {
	t.Helper()
	if !m.present {
		if os.Getenv("CI") != "" && m.Name == "avx2" {
			t.Fatal("this machine has no AVX2 and FMA")
		}
		m.assemble(t, trials)
		t.Skipf("this machine has no %s: the kernels are assembled only", m.Name)
	}
	var jobs []job
	var want [][][]uint32
	for i, c := range trials {
		w := c.expected(t)
		for _, end := range []bool{false, true} {
			jobs = append(jobs, job{i, max(c.count, 1), c.in, c.scalars, end})
			want = append(want, w)
		}
	}
	text := m.assemble(t, trials)
	var in bytes.Buffer
	if err := gob.NewEncoder(&in).Encode(jobs); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(filepath.Join(text.dir, "kernels"))
	run.Stdin, run.Stderr = &in, os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	if err := gob.NewDecoder(bytes.NewReader(out)).Decode(&answers); err != nil {
		t.Fatal(err)
	}
	failed := map[int]bool{}
	for i, a := range answers {
		c := trials[jobs[i].Func]
		diff := a.Fault
		if diff == "" {
			diff = difference(c.f, a.Out, want[i])
		}
		if diff != "" && !failed[jobs[i].Func] && len(failed) < 3 {
			failed[jobs[i].Func] = true
			t.Errorf("%s (at end %v): %s\n%s\n%s", c.f.Name, jobs[i].AtEnd, diff, c.f, text.of(c.f.Name))
		}
	}
}

func difference(f *ir.Func, got, want [][]uint32) string {
	for i, b := range f.Buffers {
		for j := range want[i] {
			g, w := got[i][j], want[i][j]
			if b.Elem == ir.F32 {
				gf, wf := math.Float32frombits(g), math.Float32frombits(w)
				if g != w && !(gf != gf && wf != wf) {
					return fmt.Sprintf("%s[%d] = %v (%#x), want %v (%#x)", b.Name, j, gf, g, wf, w)
				}
			} else if g != w {
				return fmt.Sprintf("%s[%d] = %d, want %d", b.Name, j, int32(g), int32(w))
			}
		}
	}
	return ""
}

// built is an assembled package.
type built struct {
	dir  string
	text string
}

// of is the text of one function.
func (b built) of(name string) string {
	_, rest, _ := strings.Cut(b.text, "TEXT ·"+name+"(SB)")
	rest, _, _ = strings.Cut(rest, "\tRET\n")
	return rest
}

// wrap names the kernels and declares them in a Go file, with a table of calls.
func wrap(trials []*trial) ([]*ir.Func, string) {
	var funcs []*ir.Func
	var decls, calls strings.Builder
	for i, c := range trials {
		c.f.Name = fmt.Sprintf("%s%d", c.f.Name, i)
		funcs = append(funcs, c.f)
		buffers, scalars, counters := ir.ParamNames(c.f)
		var params, args []string
		for i, b := range c.f.Buffers {
			typ := []string{"*float32", "*int32"}[b.Elem]
			params = append(params, buffers[i]+" "+typ)
			args = append(args, fmt.Sprintf("(%s)(p[%d])", typ, i))
		}
		for i, s := range c.f.Scalars {
			if s.Key != 0 {
				params = append(params, scalars[i]+" uint32")
				args = append(args, fmt.Sprintf("s[%d]", i))
				continue
			}
			params = append(params, scalars[i]+" float32")
			args = append(args, fmt.Sprintf("math.Float32frombits(s[%d])", i))
		}
		for _, name := range counters {
			params = append(params, name+" int")
		}
		switch blocks := max(c.count/serial, 1); {
		case c.f.Step != nil && c.f.Block != nil:
			args = append(args, fmt.Sprintf("block/%d", blocks), fmt.Sprintf("block%%%d", blocks))
		case len(counters) == 1:
			args = append(args, "block")
		}
		fmt.Fprintf(&decls, "//go:noescape\nfunc %s(%s)\n", c.f.Name, strings.Join(params, ", "))
		fmt.Fprintf(&calls, "func(p []unsafe.Pointer, s []uint32, block int) { %s(%s) },\n", c.f.Name, strings.Join(args, ", "))
	}
	return funcs, "package main\n\nimport (\n\"math\"\n\"unsafe\"\n)\n\nvar _ = math.Pi\n\n" + decls.String() +
		"\nvar kernels = []func(p []unsafe.Pointer, s []uint32, block int){\n" + calls.String() + "}\n"
}

// assemble prints the kernels, checks the text with vet and builds the package.
func (m machine) assemble(t testing.TB, trials []*trial) built {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("not amd64")
	}
	dir := t.TempDir()
	funcs, wrapper := wrap(trials)
	text, err := m.Print(amd64.Config{Package: "main", Header: "// Code generated by dlgen; DO NOT EDIT."}, funcs)
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.ReadFile("testdata/host.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"go.mod":          "module kernels\n\ngo 1.25\n",
		"kernels_amd64.s": string(text),
		"main.go":         string(host),
		"kernels.go":      wrapper,
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	commands := [][]string{{"build", "-o", "kernels", "."}}
	if last := trials[len(trials)-1].f; last.Block != nil || len(last.Scalars) > 0 {
		commands = append(commands, []string{"vet", "-asmdecl", "-framepointer", "."})
	}
	for _, args := range commands {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", args[0], err, clip(string(out)))
		}
	}
	return built{dir, string(text)}
}

func bits(x float32) uint32 { return math.Float32bits(x) }

func clip(s string) string {
	if len(s) > 4000 {
		return s[:4000] + "..."
	}
	return s
}
