package ir

import (
	"math"
	"math/big"
	"math/rand"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
)

// product is y[n][o] = sum(i, x[n][i]*w[i][o]) for 3x5x11, rows in the
// caller's loop, one full vector and a tail of three.
func product() *Program {
	arg := func(name string, role layer.Role, shape ...int) *Buffer {
		t := &layer.Tensor{Name: name, Role: role, Shape: shape}
		return &Buffer{Name: name, Shape: shape, Tensor: t}
	}
	y, x, w := arg("y", layer.Output, 3, 11), arg("x", layer.Input, 3, 5), arg("w", layer.Param, 5, 11)
	n, i := &Var{"n"}, &Var{"i"}
	var b Builder
	a0, a1 := b.Real(0), b.Real(0)
	body := b.Nested()
	xv, w0, w1 := body.Reg(Real), body.Reg(Real), body.Reg(Real)
	in, ii := Sub{Terms: []SubTerm{{1, n}}}, Sub{Terms: []SubTerm{{1, i}}}
	body.Emit(
		&Load{Dst: xv, Mem: Mem{x, []Sub{in, ii}}, Lanes: 1, Broadcast: true},
		&Load{Dst: w0, Mem: Mem{w, []Sub{ii, {}}}, Lanes: 8},
		&Load{Dst: w1, Mem: Mem{w, []Sub{ii, {Const: 8}}}, Lanes: 3},
		&Assign{Dst: a0, Op: FMA, Args: []*Reg{xv, w0, a0}},
		&Assign{Dst: a1, Op: FMA, Args: []*Reg{xv, w1, a1}},
	)
	b.Emit(&Loop{Var: i, Count: 5, Body: body.Body},
		&Store{Mem: Mem{y, []Sub{in, {}}}, Src: a0, Lanes: 8},
		&Store{Mem: Mem{y, []Sub{in, {Const: 8}}}, Src: a1, Lanes: 3})
	f := &Func{
		Name: "rows", Doc: []string{"y[n][o] = sum(i, x[n][i]*w[i][o])"}, Lanes: 8,
		Buffers: []*Buffer{y, x, w}, Block: n, Body: b.Body,
	}
	return &Program{
		Name: "forward", Lanes: 8, Args: []*layer.Tensor{y.Tensor, x.Tensor, w.Tensor},
		Steps: []Step{{Func: f, Count: 3}},
	}
}

const productText = `program forward, lanes 8
  arg y[3 11]
  arg x[3 5]
  arg w[5 11]
  call rows for n < 3
func rows(y[3 11], x[3 5], w[5 11], n) lanes 8
  // y[n][o] = sum(i, x[n][i]*w[i][o])
  v1 = const 0
  v2 = const 0
  for i < 5
    v3 = bcast x[n][i]
    v4 = load w[i][0] x8
    v5 = load w[i][8] x3
    v1 = fma v3, v4, v1
    v2 = fma v3, v5, v2
  store y[n][0] x8 = v1
  store y[n][8] x3 = v2
`

func TestPrint(t *testing.T) {
	if got := product().String(); got != productText {
		t.Errorf("got\n%s", got)
	}
}

func TestRun(t *testing.T) {
	p := product()
	if err := Verify(p); err != nil {
		t.Fatal(err)
	}
	mem := NewMemory()
	mem.F32["x"], mem.F32["w"], mem.F32["y"] = make([]float32, 15), make([]float32, 55), make([]float32, 33)
	for _, name := range []string{"x", "w", "y"} {
		for i := range mem.F32[name] {
			mem.F32[name][i] = float32(rand.Intn(65) - 32)
		}
	}
	if err := Run(p, mem); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		for o := range 11 {
			want := float32(0)
			for i := range 5 {
				want += mem.F32["x"][n*5+i] * mem.F32["w"][i*11+o]
			}
			if got := mem.F32["y"][n*11+o]; got != want {
				t.Errorf("y[%d][%d] = %g, want %g", n, o, got, want)
			}
		}
	}
	mem.F32["x"] = mem.F32["x"][:14]
	if err := Run(p, mem); err == nil {
		t.Error("a short array was accepted")
	}
}

// TestGather covers loaded variables, the frame, views and the workspace.
func TestGather(t *testing.T) {
	table := &Buffer{Name: "e", Shape: []int{4, 3}, Tensor: &layer.Tensor{Name: "e", Role: layer.Param, Shape: []int{4, 3}}}
	ids := &Buffer{Name: "id", Elem: I32, Shape: []int{2}, Tensor: &layer.Tensor{Name: "id", Type: layer.Int32, Shape: []int{2}}}
	flat := &Buffer{Name: "e1", Shape: []int{12}, Tensor: table.Tensor, Of: table}
	kept := &Buffer{Name: "kept", Shape: []int{2, 2}, Place: Workspace}
	frame := &Buffer{Name: "f", Shape: []int{2}, Place: Frame}
	i, k := &Var{"i"}, &Var{"k"}
	var b Builder
	r, q := b.Reg(Real), b.Reg(Real)
	at := Sub{Terms: []SubTerm{{1, i}}}
	body := []Stmt{
		&LoadIndex{Dst: k, Mem: Mem{ids, []Sub{at}}},
		&Load{Dst: r, Mem: Mem{flat, []Sub{{1, []SubTerm{{3, k}}}}}, Lanes: 1},
		&Store{Mem: Mem{kept, []Sub{at, {}}}, Src: r, Lanes: 1},
		&Load{Dst: q, Mem: Mem{frame, []Sub{at}}, Lanes: 1},
		&Store{Mem: Mem{kept, []Sub{at, {Const: 1}}}, Src: q, Lanes: 1},
		&Store{Mem: Mem{frame, []Sub{at}}, Src: r, Lanes: 1},
	}
	f := &Func{
		Name: "gather", Lanes: 1, Buffers: []*Buffer{table, ids, kept}, Frame: []*Buffer{frame},
		Body: []Stmt{&Loop{Var: i, Count: 2, Body: body}},
	}
	p := &Program{
		Name: "forward", Lanes: 1, Args: []*layer.Tensor{table.Tensor, ids.Tensor},
		Workspace: []*Buffer{kept}, Steps: []Step{{Func: f}, {Func: f}},
	}
	if err := Verify(p); err != nil {
		t.Fatal(err)
	}
	mem := NewMemory()
	mem.F32["e"] = []float32{0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32}
	mem.I32["id"] = []int32{3, 1}
	if err := Run(p, mem); err != nil {
		t.Fatal(err)
	}
	w := mem.F32["kept"]
	if w[0] != 31 || w[2] != 11 {
		t.Errorf("gathered %v", w)
	}
	if w[1] == w[1] || w[3] == w[3] {
		t.Errorf("the frame kept its values: %v", w)
	}
	mem.I32["id"][1] = 4
	if err := Run(p, mem); err == nil || !strings.Contains(err.Error(), "load e1[3*k+1] x1: subscript 0 is 13") {
		t.Errorf("id 4 of 4: %v", err)
	}
}

func TestMulAdd(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	exact := func(x float32) *big.Float { return new(big.Float).SetPrec(1000).SetFloat64(float64(x)) }
	for range 200000 {
		x, y, z := rng.Uint32(), rng.Uint32(), rng.Uint32()
		if rng.Intn(2) == 0 { // few bits and near exponents: ties
			x, y = x&0x07f00fff|0x3c000000, y&0x07f000ff|0x3c000000
			z = z&0x8fff0001 | 0x30000000
		}
		a, b, c := math.Float32frombits(x), math.Float32frombits(y), math.Float32frombits(z)
		if sum := a*b + c; sum != sum || sum-sum != 0 {
			continue
		}
		want, _ := new(big.Float).SetPrec(1000).Add(new(big.Float).SetPrec(1000).Mul(exact(a), exact(b)), exact(c)).Float32()
		if got := MulAdd(a, b, c); got != want {
			t.Fatalf("%g*%g + %g = %g, want %g", a, b, c, got, want)
		}
	}
}
