package gen

import (
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/schedule"
)

// TestWaysOfRows: layers that are slow otherwise get the way to take rows that is
// meant for them; that they compute the same is for other tests to say.
func TestWaysOfRows(t *testing.T) {
	for _, c := range []struct {
		layer, dims string
		pass        int // 1 is backward
		sign        string
		// vectors and portable say whether it is there with and without vectors.
		vectors, portable bool
	}{
		{"dense", "N=1 I=128 O=10", 0, "= shuffle ", true, false},
		{"dense", "N=1 I=128 O=10", 1, "= shuffle ", true, false},
		{"dense", "N=1 I=128 O=16", 0, "= shuffle ", false, false},
		{"gru", "T=20 N=1 I=16 H=160", 0, "workspace whBlocks", true, false},
		{"gru", "T=3 N=1 I=16 H=160", 0, "workspace whBlocks", false, false},
		{"layernorm", "M=32 D=256", 1, "load dgamma", true, true},
		{"layernorm", "M=32 D=16", 1, "load dgamma", false, true},
	} {
		for _, target := range []schedule.Target{schedule.Portable, schedule.AVX2, schedule.AVX512} {
			_, programs, err := passes(proved(t, c.layer, c.dims), target)
			if err != nil {
				t.Fatal(err)
			}
			text, want := programs[c.pass].String(), c.vectors
			if target.Lanes == 1 {
				want = c.portable
			}
			if got := strings.Contains(text, c.sign); got != want {
				t.Errorf("%s, %s %s: %q is there: %v, want %v", target.Name, c.layer, c.dims, c.sign, got, want)
			}
		}
	}
}
