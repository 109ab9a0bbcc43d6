package golang

import (
	"math"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestParentheses compares what is printed with what was meant.
func TestParentheses(t *testing.T) {
	a, b, c := func() expr { return name("a") }, func() expr { return name("b") }, func() expr { return name("c") }
	for _, tt := range []struct {
		x    expr
		want string
	}{
		{binary("-", a(), binary("-", b(), c())), "a - (b - c)"},
		{binary("-", binary("-", a(), b()), c()), "a - b - c"},
		{binary("+", a(), binary("+", b(), c())), "a + (b + c)"},
		{binary("*", a(), binary("/", b(), c())), "a * (b / c)"},
		{binary("*", binary("+", a(), b()), c()), "(a + b) * c"},
		{binary("+", binary("*", a(), b()), c()), "a*b + c"},
		{unary("-", binary("*", a(), b())), "-(a * b)"},
		{unary("-", unary("-", a())), "-(-a)"},
		{unary("!", binary("==", a(), b())), "!(a == b)"},
		{binary("-", a(), real32(-1)), "a - -1"},
		{unary("-", real32(-1)), "-(-1)"},
		{binary("&&", binary("||", a(), b()), binary("<", a(), c())), "(a || b) && a < c"},
		{binary(">>", convert("uint32", binary("+", a(), b())), integer(3)), "uint32(a+b) >> 3"},
		{mathCall("Abs", binary("+", a(), b())), "math.Abs(a + b)"},
	} {
		if got := tt.x.code.GoString(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestLiterals(t *testing.T) {
	for v, want := range map[float32]string{
		0.1: "0.1", 1: "1", -2.5: "-2.5", 1e30: "1e+30", math.MaxFloat32: "3.4028235e+38", 1e-45: "1e-45",
		float32(math.Inf(-1)): "float32(math.Inf(-1))",
	} {
		if got := real32(v).code.GoString(); got != want {
			t.Errorf("%v is printed as %s, want %s", v, got, want)
		}
	}
	if got := real32(float32(math.Copysign(0, -1))).code.GoString(); got != "math.Float32frombits(0x80000000)" {
		t.Errorf("-0 is printed as %s", got)
	}
	if got := word(math.MinInt32).code.GoString(); got != "-0x80000000" {
		t.Errorf("the least int32 is printed as %s", got)
	}
}

func TestSubscripts(t *testing.T) {
	i, j := &ir.Var{Name: "i"}, &ir.Var{Name: "j"}
	names := map[*ir.Var]string{i: "i", j: "j"}
	for _, tt := range []struct {
		s    ir.Sub
		want string
	}{
		{sub(7), "7"},
		{sub(3, ir.SubTerm{Coef: 4, Var: i}, ir.SubTerm{Coef: 1, Var: j}), "4*i + j + 3"},
		{sub(-3, ir.SubTerm{Coef: 1, Var: i}), "i - 3"},
		{sub(9, ir.SubTerm{Coef: -2, Var: i}, ir.SubTerm{Coef: -1, Var: j}), "9 - 2*i - j"},
	} {
		if got := subscript(tt.s, names).code.GoString(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// TestMoves has values that must not be spelled where they are used, because
// something they depend on changes in between, and one that must.
func TestMoves(t *testing.T) {
	in := dense()
	f := in.Portable[0].Steps[0].Func
	f.Block, in.Portable[0].Steps[0].Count = nil, 0
	y, x := f.Buffers[0], f.Buffers[1]
	var b ir.Builder
	v := load(&b, at(x, sub(0), sub(0)))
	before := b.Do(ir.Add, v, b.Real(1))
	b.Emit(&ir.Assign{Dst: v, Op: ir.Mul, Args: []*ir.Reg{v, v}})
	store(&b, at(y, sub(0), sub(0)), before)
	old := load(&b, at(y, sub(0), sub(0)))
	store(&b, at(y, sub(0), sub(0)), v)
	store(&b, at(y, sub(0), sub(1)), old)
	difference := b.Do(ir.Sub2, v, b.Do(ir.Sub2, v, load(&b, at(x, sub(0), sub(1)))))
	store(&b, at(y, sub(0), sub(2)), difference)
	unused := load(&b, at(x, sub(0), sub(2)))
	b.Do(ir.Neg, unused)
	f.Body = b.Body
	golden(t, "moves", in)
}

// TestEqualities joins conditions on one number that go vet would call suspect, and one
// condition to itself.
func TestEqualities(t *testing.T) {
	in := dense()
	f := in.Portable[0].Steps[0].Func
	f.Block, in.Portable[0].Steps[0].Count = nil, 0
	y, x := f.Buffers[0], f.Buffers[1]
	var b ir.Builder
	v := load(&b, at(x, sub(0), sub(0)))
	both := b.Do(ir.And, b.Do(ir.EQ, v, b.Real(2)), b.Do(ir.EQ, v, b.Real(3)))
	less := b.Do(ir.LT, v, b.Real(4))
	either := b.Do(ir.Or, both, b.Do(ir.And, less, less))
	store(&b, at(y, sub(0), sub(0)), b.Do(ir.Select, either, v, b.Real(1)))
	f.Body = b.Body
	golden(t, "equalities", in)
}
