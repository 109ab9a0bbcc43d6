package grad_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

// windowCases are strides, dilations, padding on some sides, groups and ties
// of windows.
var windowCases = map[string][]string{
	"conv1d": {
		"L=7 C=2 K=3 S=3", "L=7 C=2 K=2 S=3 stride=2 pad=1 groups=2", "L=9 C=1 K=2 S=2 stride=3 pad_left=1", "L=6 C=2 K=2 S=3 dilation=2 pad_left=4 pad_right=0",
		"L=5 C=1 K=1 S=1 stride=4", "L=4 C=2 K=1 S=4", "L=8 C=1 K=1 S=3 stride=2 dilation=3 pad=3",
	},
	"conv2d": {
		"H=4 W=5 C=2 K=3 R=3 S=2", "H=5 W=4 C=2 K=2 R=3 S=3 pad=1 stride=2", "H=7 W=6 C=1 K=2 R=2 S=3 stride=3", "H=5 W=6 C=2 K=2 R=2 S=3 dilation=2 pad=2",
		"H=5 W=5 C=2 K=4 R=3 S=3 pad=1 groups=2", "H=4 W=5 C=3 K=3 R=3 S=3 pad=1 groups=3 stride=2", "H=4 W=4 C=2 K=6 R=2 S=2 groups=2",
		"H=5 W=7 C=1 K=2 R=3 S=2 stride_h=2 stride_w=3 pad_top=2 pad_left=1", "H=4 W=7 C=2 K=1 R=2 S=3 dilation_h=3 dilation_w=1 pad_bottom=3 pad_right=2",
		"H=3 W=3 C=2 K=2 R=1 S=1", "H=5 W=5 C=1 K=1 R=1 S=1 stride=2", "H=3 W=4 C=1 K=1 R=3 S=4", "H=1 W=5 C=1 K=2 R=1 S=3 stride_w=2",
	},
	"conv_transpose2d": {
		"H=3 W=2 C=2 K=3 R=3 S=2", "H=3 W=4 C=2 K=2 R=3 S=3 stride=2 pad=1 output_pad=1", "H=2 W=2 C=1 K=2 R=2 S=4 stride=3 pad=1 output_pad=2", "H=1 W=3 C=2 K=1 R=1 S=1 stride=2",
		"H=3 W=3 C=1 K=1 R=5 S=4 stride=2 pad=3",
	},
	"maxpool2d": {
		"H=5 W=6 C=2 R=2 S=2", "H=5 W=6 C=1 R=3 S=2 stride=1", "H=6 W=5 C=2 R=3 S=3 stride=2 pad=1", "H=5 W=7 C=1 R=2 S=3 stride_h=1 stride_w=2 pad_top=1 pad_right=2",
		"H=7 W=7 C=1 R=2 S=2 stride=3",
	},
	"avgpool2d": {
		"H=5 W=6 C=2 R=2 S=2", "H=5 W=6 C=1 R=3 S=2 stride=1", "H=6 W=5 C=2 R=3 S=3 stride=2 pad=1", "H=6 W=5 C=2 R=3 S=3 stride=2 pad=1 count_pad=0",
		"H=5 W=7 C=1 R=2 S=3 stride_h=1 stride_w=2 pad_top=1 pad_right=2 count_pad=0", "H=7 W=7 C=1 R=2 S=2 stride=3",
	},
	"upsample2d": {"H=3 W=2 C=2 scale=1", "H=3 W=2 C=1 scale=2", "H=2 W=3 C=2 scale=3"},
}

// TestWindows proves the layers with windows and compares both gradients with
// finite differences.
func TestWindows(t *testing.T) {
	for name, cases := range windowCases {
		text, ok := library.Text(name)
		if !ok {
			t.Fatalf("no layer %s", name)
		}
		for _, dims := range cases {
			t.Run(name+" "+dims, func(t *testing.T) {
				t.Parallel()
				s, err := syntax.Parse(name+".yaml", text)
				if err != nil {
					t.Fatal(err)
				}
				p, err := prove(s, pairs("N=2 "+dims))
				if err != nil {
					t.Fatal(err)
				}
				finiteDifferences(t, p.Layer, p.Backward)
				finiteDifferences(t, p.Layer, derive(t, p.Layer))
			})
		}
	}
}

// pairs reads NAME=VALUE ….
func pairs(text string) map[string]string {
	given := map[string]string{}
	for _, f := range strings.Fields(text) {
		name, value, _ := strings.Cut(f, "=")
		given[name] = value
	}
	return given
}

// wrongWindows are mistakes that people make about windows; the first two are
// those of a text for classrooms. Each is refused, and the right gradient shown.
var wrongWindows = []struct{ name, dims, right, wrong, shown string }{
	{"padded by half of what it takes", "",
		"dy[i-r][j-s]*k[r][s]", "dy[i+r-(R-1)/2][j+s-(S-1)/2]*k[r][s]", "dx[i][j] = sum(r, s, dy[i-r][j-s]*k[r][s])"},
	{"turned round twice", "",
		"dy[i-r][j-s]*k[r][s]", "dy[i+r-(R-1)][j+s-(S-1)]*k[r][s]", "dx[i][j] = sum(r, s, dy[i-r][j-s]*k[r][s])"},
	{"rows and columns of the weights swapped", "R=2 S=2",
		"dy[i-r][j-s]*k[r][s]", "dy[i-r][j-s]*k[s][r]", "dx[i][j] = sum(r, s, dy[i-r][j-s]*k[r][s])"},
	{"the window of the weights turned round", "",
		"x[p+r][q+s]*dy[p][q]", "x[p+R-1-r][q+S-1-s]*dy[p][q]", "dk[r][s] = sum(p, q, dy[p][q]*x[p+r][q+s])"},
	{"the bias of one place", "",
		"db = sum(p, q, dy[p][q])", "db = dy[0][0]", "db = sum(p, q, dy[p][q])"},
}

const plainWindow = `layer: convolution
dims: {H: rows, W: columns, R: rows of the window, S: columns of the window}
tensors:
  x: {role: input, shape: [H, W]}
  k: {role: param, shape: [R, S]}
  b: {role: param, shape: []}
  y: {role: output, shape: [H-R+1, W-S+1], outside: 0}
forward: |
  y[p][q] = sum(r, s, x[p+r][q+s]*k[r][s]) + b
backward: |
  dx[i][j] = sum(r, s, dy[i-r][j-s]*k[r][s])
  dk[r][s] = sum(p, q, x[p+r][q+s]*dy[p][q])
  db = sum(p, q, dy[p][q])
`

func TestWrongWindows(t *testing.T) {
	for _, test := range wrongWindows {
		for _, dims := range []string{"H=3 W=3 R=2 S=2", "H=28 W=28 R=5 S=5", "H=7 W=6 R=3 S=2"} {
			given := pairs(dims)
			maps.Copy(given, pairs(test.dims))
			_, err := prove(parse(t, plainWindow), given)
			if err != nil {
				t.Fatal(err)
			}
			_, err = prove(parse(t, strings.Replace(plainWindow, test.right, test.wrong, 1)), given)
			if err == nil || !strings.Contains(err.Error(), "wrong gradient") || !strings.Contains(err.Error(), test.shown) {
				t.Errorf("%s, %s: got %v, want %s", test.name, dims, err, test.shown)
			}
		}
	}
}

// TestTies: the gradient of a maximum goes to the first of equal elements, not to
// each of them, and a window that overlaps the next adds to what that gave.
func TestTies(t *testing.T) {
	const pool = `layer: pool
dims: {L: length}
tensors:
  x: {role: input, shape: [L]}
  y: {role: output, shape: [(L-3)/2 + 1], outside: 0}
forward: |
  y[p] = max(r < 3, x[p*2+r])
backward: |
  dx[i] = %
`
	const right = "sum(p, where(i >= p*2 && i-p*2 < 3 && i-p*2 == argmax(r < 3, x[p*2+r]), dy[p], 0))"
	if _, err := prove(parse(t, strings.Replace(pool, "%", right, 1)), pairs("L=7")); err != nil {
		t.Error(err)
	}
	for name, wrong := range map[string]string{
		"all of them":     "sum(p, where(i >= p*2 && i-p*2 < 3 && x[i] == y[p], dy[p], 0))",
		"the last window": "where(i%2 == 0 && i >= 2 && 2 == argmax(r < 3, x[(i/2-1)*2+r]), dy[i/2-1], 0)",
	} {
		text := strings.Replace(pool, "%", wrong, 1)
		if name == "the last window" {
			text = strings.Replace(text, "x: {role: input, ", "x: {role: input, outside: 0, ", 1)
		}
		if _, err := prove(parse(t, text), pairs("L=7")); err == nil || !strings.Contains(err.Error(), "wrong gradient: dx[") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func parse(t *testing.T, text string) *syntax.Spec {
	t.Helper()
	s, err := syntax.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
