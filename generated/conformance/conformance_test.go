//go:build !purego

package conformance

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/dlgen/dlgen/generated/conformance/harness"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/syntax"
)

var only = flag.String("cases", "", "run only the cases whose names match this regular `expression`")

var (
	hasAVX2   = runtime.GOARCH == "amd64" && cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512 = cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL
)

// TestConformance runs all cases on every implementation that there is, in one program. What the
// tag purego leaves of the packages has run as portable code then: the cases of one package of each
// layer tell that it builds by itself.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles some hundred packages")
	}
	p := &program{}
	vectors(t, p)
	exact(t, p)
	networks(t, p)
	if len(p.cases) == 0 {
		t.Fatalf("no case matches %q", *only)
	}
	dir := t.TempDir()
	p.write(t, dir)
	cases := filepath.Join(dir, all, "cases.json")
	binary := build(t, dir, all, "")
	// The packages must take a path wherever it exists.
	t.Run("avx512", func(t *testing.T) {
		if !hasAVX2 || !hasAVX512 {
			t.Skip("this CPU has no AVX-512")
		}
		command(t, dir, nil, binary, "avx512", cases)
	})
	t.Run("avx2", func(t *testing.T) {
		if !hasAVX2 {
			t.Skip("this CPU has no AVX2")
		}
		command(t, dir, []string{"GODEBUG=cpu.avx512f=off"}, binary, "avx2", cases)
	})
	t.Run("go", func(t *testing.T) {
		command(t, dir, []string{"GODEBUG=cpu.avx2=off"}, binary, "go", cases)
		command(t, dir, []string{"GODEBUG=cpu.fma=off"}, binary, "go", cases)
	})
	t.Run("purego", func(t *testing.T) {
		command(t, dir, nil, build(t, dir, few, "purego"), "go", filepath.Join(dir, few, "cases.json"))
	})
}

// vectors adds the reference vectors.
func vectors(t *testing.T, p *program) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "vectors", "*.json"))
	if err != nil || len(files) < 100 {
		t.Fatalf("%d reference vectors: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v harness.Vector
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		given := map[string]string{}
		for _, numbers := range []map[string]json.Number{v.Dims, v.Attrs} {
			for name, n := range numbers {
				given[name] = n.String()
			}
		}
		p.add(v.Layer, given, v)
		if saves(t, v.Layer) {
			p.inference(v.Layer, given, v)
		}
	}
}

// add adds a case unless -cases excludes it.
func (p *program) add(spec string, given map[string]string, v harness.Vector) {
	if regexp.MustCompile(*only).MatchString(v.Name) {
		p.cases = append(p.cases, harness.Case{Package: p.instance(spec, maps.Clone(given), false).name, Vector: v})
	}
}

// inference adds the case without its gradients, for a package that has none.
func (p *program) inference(spec string, given map[string]string, v harness.Vector) {
	v.Name += " inference"
	v.Upstream, v.Grads = nil, nil
	if regexp.MustCompile(*only).MatchString(v.Name) {
		p.cases = append(p.cases, harness.Case{Package: p.instance(spec, maps.Clone(given), true).name, Vector: v})
	}
}

// saves reports whether a layer of the library keeps something for its gradient.
func saves(t *testing.T, name string) bool {
	s, err := spec.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(s.Tensors, func(t *syntax.Tensor) bool { return t.Role.Text == "saved" })
}
