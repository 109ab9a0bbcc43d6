package golang

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/vecmath"
	"github.com/dlgen/dlgen/spec/layer"
)

// truth has the functions in float64, and where they are tested.
var truth = map[string]struct {
	f      func(float64) float64
	lo, hi float64
}{
	"exp": {math.Exp, -87.3, 88}, "exp_nonpos": {math.Exp, -87, 0}, "expm1": {math.Expm1, -20, 20},
	"log": {math.Log, 1e-3, 1e3}, "log1p": {math.Log1p, -0.9, 100}, "rsqrt": {func(x float64) float64 { return 1 / math.Sqrt(x) }, 1e-3, 1e3},
	"tanh": {math.Tanh, -10, 10}, "erf": {math.Erf, -5, 5}, "sin": {math.Sin, -30, 30}, "cos": {math.Cos, -30, 30},
	"sigmoid": {func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, -80, 80},
	"pow":     {func(x float64) float64 { return math.Pow(x, 2.5) }, 0, 100},
}

// TestFunctions compares every function of vecmath, as printed and compiled,
// where products and sums are rounded one by one, with float64.
func TestFunctions(t *testing.T) {
	const points = 4000
	x, p := tensor("x", layer.Input, points), tensor("p", layer.Scalar)
	bx := buffer(x)
	args := []*layer.Tensor{}
	scalars := []*ir.Scalar{{Name: "p", Value: &layer.Read{T: p}}}
	prog := &ir.Program{Name: "forward", Lanes: 1, Scalars: scalars}
	body := "func main() {\n"
	for _, fn := range vecmath.Names {
		y := tensor("y_"+fn, layer.Output, points)
		args = append(args, y)
		i := &ir.Var{Name: "i"}
		var b ir.Builder
		s := sub(0, ir.SubTerm{Coef: 1, Var: i})
		operands := []*ir.Reg{load(&b, at(bx, s))}
		if fn == "pow" {
			e := b.Reg(ir.Real)
			b.Emit(&ir.Assign{Dst: e, Op: ir.Param, Scalar: scalars[0]})
			operands = append(operands, e)
		}
		r := b.Reg(ir.Real)
		b.Emit(&ir.Assign{Dst: r, Op: ir.Apply, Fn: fn, Args: operands})
		by := buffer(y)
		store(&b, at(by, s), r)
		f := &ir.Func{Name: fn, Lanes: 1, Buffers: []*ir.Buffer{by, bx}, Scalars: scalars, Body: []ir.Stmt{&ir.Loop{Var: i, Count: points, Body: b.Body}}}
		prog.Steps = append(prog.Steps, ir.Step{Func: f})
		if _, ok := truth[fn]; !ok {
			t.Fatalf("no truth is known of %s", fn)
		}
		body += fmt.Sprintf("\tvar %s functions.Y_%s\n", fn, fn)
	}
	prog.Args = append(args, x, p)
	in := Package{Name: "functions", Layer: proved("functions", "", prog.Args), Portable: []*ir.Program{prog}}
	for _, fn := range vecmath.Names {
		v := truth[fn]
		body += fmt.Sprintf("\t{\n\t\tvar x functions.X\n\t\tfor i := range x {\n\t\t\tx[i] = float32(%g + (%g)*float64(i)/%d)\n\t\t}\n", v.lo, v.hi-v.lo, points-1)
		body += "\t\tfunctions.Forward(&" + strings.Join(vecmath.Names, ", &") + ", &x, 2.5)\n"
		body += fmt.Sprintf("\t\tkeep(%q, %s[:])\n\t}\n", fn, fn)
	}
	body += "\tjson.NewEncoder(os.Stdout).Encode(out)\n}\n"
	got := map[string][]uint32{}
	if err := json.Unmarshal([]byte(command(t, module(t, body, in), nil, "go", "run", ".")), &got); err != nil {
		t.Fatal(err)
	}
	for _, fn := range vecmath.Names {
		v := truth[fn]
		worst, where := 0.0, float32(0)
		for i, bits := range got[fn] {
			x := float32(v.lo + (v.hi-v.lo)*float64(i)/(points-1))
			want := v.f(float64(x))
			scale := max(math.Abs(want), 1e-37)
			if fn == "sin" || fn == "cos" {
				scale = 1
			}
			if e := math.Abs(float64(math.Float32frombits(bits))-want) / scale; e > worst || e != e {
				worst, where = e, x
			}
		}
		t.Logf("%-10s error %.2g at %v", fn, worst, where)
		limit := 5e-7 // about 4 units in the last place
		if fn == "pow" {
			limit = 1e-5
		}
		if !(worst <= limit) {
			t.Errorf("%s is off by %.2g at %v", fn, worst, where)
		}
	}
}
