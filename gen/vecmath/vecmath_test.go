package vecmath_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/vecmath"
	"github.com/dlgen/dlgen/gen/vecmath/internal/measure"
	"github.com/dlgen/dlgen/spec/layer"
)

// row is a line of the table in docs/vecmath.md.
type row struct {
	instructions int
	fused, loose float64
}

// published reads the table.
func published(t *testing.T) map[string]row {
	t.Helper()
	text, err := os.ReadFile("../../docs/vecmath.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]row{}
	table, _, _ := strings.Cut(string(text), "<!-- /table -->")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 10 {
			continue
		}
		var r row
		_, err := fmt.Sscan(cells[2]+cells[3]+cells[7], &r.instructions, &r.fused, &r.loose)
		if name := strings.TrimSpace(cells[1]); err == nil {
			rows[name] = r
		}
	}
	return rows
}

// arguments are every 8191st float and the neighbours of every place where a
// function changes its ways.
func arguments() []float32 {
	var out []float32
	for b := uint64(0); b < 1<<32; b += 8191 {
		out = append(out, math.Float32frombits(uint32(b)))
	}
	for _, x := range []float64{
		0, 0x1p-149, 0x1p-126, 0x1p-26, 0x1p-24, 1. / 3, math.Ln2 / 2, 2. / 3, 1, math.Pi / 4, math.Pi / 2, 4. / 3, 3.92, 9.0109,
		18, 32768, 87.33654, 87.68, 88, 88.72284, 89, 103.972, 104, 0x1p23, 0x1p63, 0x1p126, 0x1p127, math.MaxFloat32,
	} {
		for _, y := range []float32{float32(x), -float32(x)} {
			for k := -200; k <= 200; k++ {
				out = append(out, math.Float32frombits(uint32(int64(math.Float32bits(y))+int64(k))))
			}
		}
	}
	return append(out, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), float32(math.Copysign(0, -1)))
}

// TestErrors samples, and wants no more than the published errors. Those may
// come from a sample too, which misses the very worst by a few percent.
func TestErrors(t *testing.T) {
	x, table := arguments(), published(t)
	for _, r := range measure.References {
		want, listed := table[r.Name]
		if n := vecmath.Lookup(r.Name).Instructions(); !listed || n != want.instructions {
			t.Errorf("%s has %d instructions, published %d", r.Name, n, want.instructions)
		}
		for _, fused := range []bool{true, false} {
			bound := want.loose
			if fused {
				bound = want.fused
			}
			e := measure.Numbers(&r, fused, x)
			if e.Max > 1.05*bound || e.Wrong > 0 {
				t.Errorf("%s, fused %v: %.2f ulp at %g, published %g; %d wrong, one at %g",
					r.Name, fused, e.Max, e.At, bound, e.Wrong, e.FirstWrong)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for _, fn := range vecmath.Names {
		if !vecmath.Known(fn) || vecmath.Lookup(fn) == nil {
			t.Errorf("%s is not known", fn)
		}
	}
	if !slices.IsSorted(vecmath.Names) || len(vecmath.Names)+2 != len(measure.References)+1 { // two from estimates; pow
		t.Errorf("names are %v", vecmath.Names)
	}
	if vecmath.Known("gamma") || vecmath.Lookup("gamma") != nil {
		t.Error("gamma is known")
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown function was expanded")
		}
	}()
	vecmath.Expand("gamma", new(ir.Builder), false, nil)
}

// TestSpecial compares exactly.
func TestSpecial(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	zero := float32(math.Copysign(0, -1))
	tests := []struct {
		fn      string
		x, want []float32
	}{
		{"exp", []float32{0, zero, inf, -inf, nan, 89, -104, 88.72283}, []float32{1, 1, inf, 0, nan, inf, 0, 3.4027985e+38}},
		{"exp_nonpos", []float32{0, zero, -inf, nan, -88, -100}, []float32{1, 1, 0, nan, 0, 0}},
		{"expm1", []float32{0, zero, inf, -inf, nan, 1e-40, -1e-45}, []float32{0, zero, inf, -1, nan, 1e-40, -1e-45}},
		{"log", []float32{0, zero, 1, -1, inf, -inf, nan, -1e-45}, []float32{-inf, -inf, 0, nan, inf, nan, nan, nan}},
		{"log1p", []float32{0, zero, -1, -2, inf, -inf, nan, 1e-40}, []float32{0, zero, -inf, nan, inf, nan, nan, 1e-40}},
		{"sigmoid", []float32{0, zero, inf, -inf, nan, 100, -100}, []float32{0.5, 0.5, 1, 0, nan, 1, 0}},
		{"tanh", []float32{0, zero, inf, -inf, nan, 1e-40, -20}, []float32{0, zero, 1, -1, nan, 1e-40, -1}},
		{"erf", []float32{0, zero, inf, -inf, nan, 5}, []float32{0, zero, 1, -1, nan, 1}},
		{"rsqrt", []float32{0, zero, inf, -1, nan, 4}, []float32{inf, -inf, 0, nan, nan, 0.5}},
		{"rsqrt_estimated", []float32{0, zero, inf, -1, nan, 4}, []float32{inf, -inf, 0, nan, nan, 0.5}},
		{"sqrt_estimated", []float32{0, zero, inf, -1, nan, 9, 1e-38, 3e38}, []float32{0, zero, inf, nan, nan, 3, 1e-19, 1.7320508e19}},
		{"sin", []float32{0, zero, inf, nan, 1e-40, 32768}, []float32{0, zero, nan, nan, 1e-40, nan}},
		{"cos", []float32{0, zero, inf, nan}, []float32{1, 1, nan, nan}},
	}
	for _, test := range tests {
		var in, out [measure.Block]float32
		copy(in[:], test.x)
		for _, fused := range []bool{true, false} {
			measure.NewEvaluator(vecmath.Lookup(test.fn), fused).Eval(&out, &in)
			for i, want := range test.want {
				if math.Float32bits(out[i]) != math.Float32bits(want) && (want == want || out[i] == out[i]) {
					t.Errorf("%s(%g) = %g, want %g (fused %v)", test.fn, test.x[i], out[i], want, fused)
				}
			}
		}
	}
}

func TestPow(t *testing.T) {
	var x, y, out [measure.Block]float32
	ev := measure.NewEvaluator(vecmath.Lookup("pow"), true)
	for round := range 100 {
		for i := range x {
			x[i] = float32(math.Exp(float64((i*7919+round*104729)%2000)/100 - 10))
			y[i] = float32((i*31+round*17)%200)/25 - 4
		}
		ev.Eval(&out, &x, &y)
		for i := range x {
			want := math.Pow(float64(x[i]), float64(y[i]))
			bound := (4 + math.Abs(math.Log(want))) * 0x1p-23 * want
			if math.Abs(float64(out[i])-want) > bound {
				t.Fatalf("pow(%g, %g) = %g, want %g", x[i], y[i], out[i], want)
			}
		}
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	special := [][3]float32{
		{2, 0, 1}, {0, 0, 1}, {nan, 0, 1}, {0, 2, 0}, {0, -1, inf}, {1, 5, 1}, {-2, 2, nan}, {inf, 2, inf}, {inf, -1, 0}, {2, nan, nan}, {2, inf, inf},
	}
	for i, s := range special {
		x[i], y[i] = s[0], s[1]
	}
	ev.Eval(&out, &x, &y)
	for i, s := range special {
		if out[i] != s[2] && (s[2] == s[2] || out[i] == out[i]) {
			t.Errorf("pow(%g, %g) = %g, want %g", s[0], s[1], out[i], s[2])
		}
	}
}

// TestProgram runs every expansion in a verified program of eight lanes, and in one
// of sixteen with what there is for those alone, and wants the numbers of the
// evaluator that the bounds are measured with.
func TestProgram(t *testing.T) {
	for _, lanes := range []int{8, 16} {
		t.Run(fmt.Sprint(lanes), func(t *testing.T) { testProgram(t, lanes) })
	}
}

func testProgram(t *testing.T, lanes int) {
	const size = 16 * measure.Block
	for _, fn := range vecmath.Names {
		params := vecmath.Lookup(fn).Params
		y := buffer("y", layer.Output, size)
		f := &ir.Func{Name: "f", Lanes: lanes, Buffers: []*ir.Buffer{y}}
		p := &ir.Program{Name: "forward", Lanes: lanes, Args: []*layer.Tensor{y.Tensor}, Steps: []ir.Step{{Func: f}}}
		mem := ir.NewMemory()
		mem.Add(y)
		i := &ir.Var{Name: "i"}
		at := []ir.Sub{{Terms: []ir.SubTerm{{Coef: lanes, Var: i}}}}
		var b ir.Builder
		var args []*ir.Reg
		var in [][]float32
		for k := range params {
			x := buffer("x"+string(rune('0'+k)), layer.Input, size)
			f.Buffers, p.Args = append(f.Buffers, x), append(p.Args, x.Tensor)
			mem.Add(x)
			in = append(in, mem.F32[x.Name])
			for j := range in[k] {
				in[k][j] = math.Float32frombits(uint32(j*(1<<32/size+k*77777) + 12345))
			}
			last := arguments()
			copy(in[k], last[len(last)-size/2:]) // the places where functions change their ways
			r := b.Reg(ir.Real)
			b.Emit(&ir.Load{Dst: r, Mem: ir.Mem{Buf: x, Subs: at}, Lanes: lanes})
			args = append(args, r)
		}
		b.Emit(&ir.Store{Mem: ir.Mem{Buf: y, Subs: at}, Src: vecmath.Expand(fn, &b, lanes == 16, args...), Lanes: lanes})
		f.Body = []ir.Stmt{&ir.Loop{Var: i, Count: size / lanes, Body: b.Body}}
		if err := ir.Verify(p); err != nil {
			t.Fatal(err)
		}
		if err := ir.Run(p, mem); err != nil {
			t.Fatal(err)
		}
		compare(t, fn, in, mem.F32["y"])
	}
}

func buffer(name string, role layer.Role, size int) *ir.Buffer {
	shape := []int{size}
	return &ir.Buffer{Name: name, Shape: shape, Tensor: &layer.Tensor{Name: name, Role: role, Shape: shape}}
}

func compare(t *testing.T, fn string, in [][]float32, got []float32) {
	t.Helper()
	ev := measure.NewEvaluator(vecmath.Lookup(fn), true)
	for from := 0; from < len(got); from += measure.Block {
		var out [measure.Block]float32
		var blocks []*[measure.Block]float32
		for _, x := range in {
			blocks = append(blocks, (*[measure.Block]float32)(x[from:]))
		}
		ev.Eval(&out, blocks...)
		for j, want := range out {
			if g := got[from+j]; math.Float32bits(g) != math.Float32bits(want) && (g == g || want == want) {
				t.Fatalf("%s(%g...) = %g run, %g measured", fn, in[0][from+j], g, want)
			}
		}
	}
}
