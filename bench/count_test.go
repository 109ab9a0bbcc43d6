package bench

import (
	"testing"

	"github.com/dlgen/dlgen/spec"
)

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		layer         string
		given         map[string]string
		forward       float64
		forwardBytes  float64
		backward      float64
		backwardBytes float64
		limited       string
		limit         int
	}{
		// 2NIO products and sums, NO additions of the bias; x, w, b and y once.
		{"dense", map[string]string{"N": "3", "I": "5", "O": "7"}, 2*3*5*7 + 3*7, 4 * (15 + 35 + 7 + 21), 4*3*5*7 + 3*7, 4 * (15 + 35 + 7 + 21 + 15 + 35), "", 0},
		// Of the gradient's taps, those count that a stride of two meets.
		{"conv2d", map[string]string{"N": "2", "H": "6", "W": "6", "C": "3", "K": "5", "R": "3", "S": "3", "pad": "1", "stride": "2"},
			4860 + 90, 4 * (216 + 135 + 5 + 90), 4860 + 4860 + 90, 4 * (216 + 135 + 5 + 90 + 216 + 135), "", 0},
		// A move: nothing is computed, and only the rows that ids name are read.
		{"embedding", map[string]string{"N": "3", "V": "100", "D": "8"}, 0, 4 * (3*8 + 3 + 3*8), 3 * 8, 4 * (100*8 + 3*8 + 3), "id", 100},
		{"cross_entropy", map[string]string{"N": "4", "C": "10"}, -1, -1, -1, -1, "label", 10},
	} {
		s, err := spec.Open(c.layer)
		if err != nil {
			t.Fatal(err)
		}
		p, err := spec.Prove(s, c.given)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []struct {
			what      string
			got, want float64
		}{{"forward operations", Flops(p.Forward), c.forward}, {"forward bytes", Bytes(p.Forward), c.forwardBytes},
			{"backward operations", Flops(p.Backward), c.backward}, {"backward bytes", Bytes(p.Backward), c.backwardBytes}} {
			if v.want >= 0 && v.got != v.want {
				t.Errorf("%s: %s: %v, want %v", c.layer, v.what, v.got, v.want)
			}
		}
		if c.limited != "" {
			if got := limits(p.Forward, p.Backward)[c.limited]; got != c.limit {
				t.Errorf("%s: %s is below %d, want %d", c.layer, c.limited, got, c.limit)
			}
		}
	}
}
