package bench

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/dlgen/dlgen/asm"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
)

func bound(t *testing.T, name string, given map[string]string) *layer.Proved {
	t.Helper()
	s, err := spec.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Prove(s, given)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A run builds and measures; what is measured is a row for each pass and each
// implementation, and nothing stays behind.
func TestRun(t *testing.T) {
	has := map[string]bool{Specialised: true, "AVX2": cpu.X86.HasAVX2 && cpu.X86.HasFMA,
		"AVX512": cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasFMA}
	for _, c := range []struct {
		layer   string
		given   map[string]string
		passes  []string
		generic bool
	}{
		{"dense", map[string]string{"N": "3", "I": "5", "O": "9"}, []string{"forward", "backward"}, true},
		{"cross_entropy", map[string]string{"N": "3", "C": "5"}, []string{"forward", "backward"}, true},
		{"adam", map[string]string{"M": "17"}, []string{"forward"}, true},
		{"testdata/twice.yaml", map[string]string{"M": "9"}, []string{"forward", "backward"}, false},
		{"testdata/dense.yaml", map[string]string{"M": "9"}, []string{"forward", "backward"}, false},
	} {
		t.Run(c.layer, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			o := Options{Backends: asm.Backends, Time: time.Millisecond}
			if err := Run(context.Background(), &out, bound(t, c.layer, c.given), o); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			for _, pass := range []string{"forward", "backward"} {
				for _, code := range []string{Generic, Specialised, "AVX2", "AVX512"} {
					want := strings.Contains(strings.Join(c.passes, " "), pass) && (has[code] || code == Generic && c.generic)
					got := false
					for line := range strings.Lines(text) {
						got = got || strings.Contains(line, pass) && strings.Contains(line, code)
					}
					if got != want {
						t.Errorf("row %s, %s: %v, want %v\n%s", pass, code, got, want, text)
					}
				}
			}
		})
	}
}

func TestRunLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := bound(t, "relu", map[string]string{"M": "9"})
	if err := Run(ctx, &bytes.Buffer{}, p, Options{}); err == nil {
		t.Error("a cancelled run succeeded")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
