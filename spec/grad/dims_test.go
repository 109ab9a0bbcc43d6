package grad_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/syntax"
)

const convSpec = `layer: conv2d
dims:
  N: batch
  H: height
  W: width
  C: input channels
  K: output channels
  R: window height
  S: window width
  stride: {default: 1}
  pad: {default: 0, min: 0}
  groups: {default: 1}
  P: {value: (H + 2*pad - R)/stride + 1}
  Q: {value: (W + 2*pad - S)/stride + 1}
tensors:
  x: {role: input, shape: [N, H, W, C], outside: 0}
  w: {role: param, shape: [R, S, C/groups, groups, K/groups]}
  y: {role: output, shape: [N, P, Q, groups, K/groups]}
forward: |
  y[n][p][q][g][k] = sum(r, s, c < C/groups, x[n][p*stride+r-pad][q*stride+s-pad][c+g*(C/groups)]*w[r][s][c][g][k])
backward: |
  dw[r][s][c][g][k] = sum(n, p, q, x[n][p*stride+r-pad][q*stride+s-pad][c+g*(C/groups)]*dy[n][p][q][g][k])
  dx[n][h][v][c] = sum(p, q, r, s, k, where(h == p*stride+r-pad && v == q*stride+s-pad, dy[n][p][q][c/(C/groups)][k]*w[r][s][c%(C/groups)][c/(C/groups)][k], 0))
`

// TestSmallDims proves layers whose dims cannot be drawn freely.
func TestSmallDims(t *testing.T) {
	several := []map[string]string{
		{"N": "8", "H": "56", "W": "56", "C": "64", "K": "128", "R": "3", "S": "3", "stride": "2", "pad": "1", "groups": "4"},
		{"N": "1", "H": "14", "W": "14", "C": "960", "K": "960", "R": "5", "S": "5", "stride": "2", "pad": "2", "groups": "960"},
		{"N": "1", "H": "14", "W": "14", "C": "256", "K": "512", "R": "7", "S": "3", "stride": "3", "pad": "2", "groups": "64"},
	}
	tests := []struct{ old, new, want string }{
		{"", "", ""},
		{"dw[r][s][c][g][k] = sum(n, p, q, x[n][p*stride", "dw[r][s][c][g][k] = sum(n, p, q, x[n][p*1", "test.yaml:22:3: wrong gradient: dw"},
		{"h == p*stride+r-pad", "h == p*stride-r+pad", "test.yaml:23:3: wrong gradient: dx"},
	}
	for _, test := range tests {
		s, err := syntax.Parse("test.yaml", []byte(strings.Replace(convSpec, test.old, test.new, 1)))
		if err != nil {
			t.Fatal(err)
		}
		for _, given := range several {
			_, err = prove(s, given)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("%s: %v: got %v, want %s", test.new, given, err, test.want)
			}
		}
	}
}

// TestOptionalNumbers changes equations in a way that does not show unless a number
// that has a default is another one.
func TestOptionalNumbers(t *testing.T) {
	given := map[string]string{"N": "2", "H": "5", "W": "6", "C": "4", "K": "4", "R": "3", "S": "2"}
	tests := []struct{ old, new string }{
		{"x[n][p*stride+r-pad][q*stride+s-pad][c+g*(C/groups)]*dy", "x[n][p*stride+r+pad][q*stride+s-pad][c+g*(C/groups)]*dy"},
		{"x[n][p*stride+r-pad][q*stride+s-pad][c+g*(C/groups)]*dy", "x[n][p+r-pad][q*stride+s-pad][c+g*(C/groups)]*dy"},
		{"v == q*stride+s-pad", "v == q*stride+s"},
		{"v == q*stride+s-pad", "v == q+s-pad"},
		{"dy[n][p][q][c/(C/groups)]", "dy[n][p][q][c/C]"},
		{"w[r][s][c%(C/groups)][c/(C/groups)]", "w[r][s][c%(C/groups)][c/C]"},
	}
	for _, test := range tests {
		text := strings.Replace(convSpec, test.old, test.new, 1)
		s, err := syntax.Parse("test.yaml", []byte(text))
		if err != nil || text == convSpec {
			t.Fatal(test.old, err)
		}
		if _, err = prove(s, given); err == nil || !strings.Contains(err.Error(), "wrong gradient") {
			t.Errorf("%s: got %v, want a wrong gradient", test.new, err)
		}
	}
}

// TestLargeTable proves a gather from a table of which few rows are read, without ever
// drawing all of it.
func TestLargeTable(t *testing.T) {
	const spec = `layer: rows
dims: {N: ids, V: rows, D: features}
tensors:
  id: {role: input, type: int32, shape: [N]}
  e: {role: param, shape: [V, D]}
  y: {role: output, shape: [N, D]}
forward: |
  y[n][d] = e[id[n]][d]
backward: |
  de[id[n]][d] += dy[n][d]
`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := proveAt(spec, "N=3 V=100000 D=1000"); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 100<<20 {
		t.Errorf("the proof took %d MB of memory; the table has 100,000,000 elements", got>>20)
	}
}
