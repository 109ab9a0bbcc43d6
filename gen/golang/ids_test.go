package golang

import (
	"fmt"
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
)

// TestViolated spells the test of an id in 0..4 under conditions.
func TestViolated(t *testing.T) {
	for _, tt := range []struct {
		under []layer.Bound
		want  string
	}{
		{nil, "v < 0 || v >= 5"},
		{[]layer.Bound{{Op: "!=", V: -100}}, "v != -100 && (v < 0 || v >= 5)"},
		{[]layer.Bound{{Op: "!=", V: 3}}, "v < 0 || v >= 5"},
		{[]layer.Bound{{Op: ">=", V: 0}}, "v >= 5"},
		{[]layer.Bound{{Op: ">", V: 1}, {Op: "!=", V: 9}}, "v != 9 && (v >= 5)"},
		{[]layer.Bound{{Op: ">", V: -3}}, "-2 <= v && v <= -1 || v >= 5"},
		{[]layer.Bound{{Op: "<", V: 5}}, "v < 0"},
		{[]layer.Bound{{Op: "<=", V: 7}, {Op: "!=", V: 6}, {Op: "!=", V: -1}}, "v != 6 && v != -1 && (v < 0 || 5 <= v && v <= 7)"},
		{[]layer.Bound{{Op: "==", V: -4}}, "-4 <= v && v <= -4"},
		{[]layer.Bound{{Op: "<", V: -4}}, "v <= -5"},
		{[]layer.Bound{{Op: "<", V: 5}, {Op: ">=", V: 0}}, ""},
		{[]layer.Bound{{Op: "<", V: 0}, {Op: ">=", V: 7}}, ""},
	} {
		got := ""
		if s := (indexRange{size: 5, under: tt.under}).violated("v"); s != nil {
			got = fmt.Sprintf("%#v", s)
		}
		if got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.under, got, tt.want)
		}
	}
}
