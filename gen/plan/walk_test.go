package plan

import (
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
)

// TestJumps looks at loops over an image whose rows are pages apart.
func TestJumps(t *testing.T) {
	row, column, channel := &ir.Var{Name: "p"}, &ir.Var{Name: "q"}, &ir.Var{Name: "c"}
	b := &ir.Buffer{Name: "x", Shape: []int{112, 112, 32}}
	m := &ir.Mem{Buf: b, Subs: []ir.Sub{ir.VarSub(row), ir.VarSub(column), ir.VarSub(channel)}}
	rows, columns, channels := ir.Axis{Var: row, Size: 112}, ir.Axis{Var: column, Size: 112}, ir.Axis{Var: channel, Size: 32}
	tests := []struct {
		name  string
		tile  map[*ir.Var]int
		order []ir.Axis
		want  bool
	}{
		{"in the order of memory", map[*ir.Var]int{column: 28, channel: 1}, []ir.Axis{rows, columns, channels}, false},
		{"whole rows", map[*ir.Var]int{column: 112, channel: 2}, []ir.Axis{rows, columns, channels}, false},
		{"down the columns", map[*ir.Var]int{column: 14, channel: 1}, []ir.Axis{columns, channels, rows}, true},
		{"a few rows side by side", map[*ir.Var]int{row: 6, channel: 1}, []ir.Axis{rows, columns, channels}, false},
		{"lines left out for later", map[*ir.Var]int{column: 7, channel: 1}, []ir.Axis{rows, channels, columns}, true},
		{"many rows side by side", map[*ir.Var]int{row: 14, channel: 1}, []ir.Axis{rows, channels, columns}, true},
	}
	for _, test := range tests {
		p := &Plan{Tile: test.tile, Vec: channel}
		if got := jumps(machine.AVX512, p, test.order, m); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
