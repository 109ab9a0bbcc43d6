package ir

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
)

// scaled is to = s*from - bias*k for 4 elements, in a loop over halves.
func scaled(name string, to, from, bias *Buffer, s *Scalar, k float32) *Func {
	var b Builder
	i := &Var{name + "i"}
	body := b.Nested()
	v, w, x := body.Reg(Real), body.Reg(Real), body.Reg(Real)
	half := []Sub{{Terms: []SubTerm{{2, i}}}}
	body.Emit(
		&Load{Dst: v, Mem: Mem{from, half}, Lanes: 2},
		&Assign{Dst: w, Op: Param, Scalar: s},
		&Assign{Dst: v, Op: Mul, Args: []*Reg{v, w}},
		&Load{Dst: w, Mem: Mem{bias, half}, Lanes: 2},
		&Assign{Dst: x, Op: Const, Real: k},
		&Assign{Dst: w, Op: Mul, Args: []*Reg{w, x}},
		&Assign{Dst: v, Op: Sub2, Args: []*Reg{v, w}},
		&Store{Mem: Mem{to, half}, Src: v, Lanes: 2},
	)
	b.Emit(&Loop{Var: i, Count: 2, Body: body.Body})
	return &Func{Name: name, Doc: []string{"the equation of " + name}, Lanes: 8, Buffers: []*Buffer{to, from, bias}, Scalars: []*Scalar{s}, Body: b.Body}
}

// chain is y = scaled(h, b1), where h = scaled(x, b0), with scalars of their own, and
// z = scaled(y, x) with other constants; then what is read is a computed tensor first and
// an input after it.
func chain() (*Program, *Memory) {
	arg := func(name string, role layer.Role) *Buffer {
		return &Buffer{Name: name, Shape: []int{4}, Tensor: &layer.Tensor{Name: name, Role: role, Shape: []int{4}}}
	}
	y, z, x, b0, b1 := arg("y", layer.Output), arg("z", layer.Output), arg("x", layer.Input), arg("b0", layer.Param), arg("b1", layer.Param)
	h := &Buffer{Name: "h", Shape: []int{4}, Place: Workspace}
	s0, s1 := &Scalar{Name: "s0"}, &Scalar{Name: "s1"}
	second := scaled("second", y, h, b1, s1, 2)
	slices.Reverse(second.Buffers)
	p := &Program{
		Name: "forward", Lanes: 8, Scalars: []*Scalar{s0, s1}, Workspace: []*Buffer{h},
		Args: []*layer.Tensor{y.Tensor, z.Tensor, x.Tensor, b0.Tensor, b1.Tensor},
		Steps: []Step{
			{Func: scaled("first", h, x, b0, s0, 2)}, {Func: second},
			{Func: scaled("third", z, y, x, s0, float32(math.Copysign(0, -1)))},
			{Func: scaled("fourth", z, y, x, s0, 0)},
			{Func: scaled("fifth", z, h, b0, s0, 7)}, {Func: scaled("sixth", y, x, b1, s1, 7)},
		},
	}
	m := NewMemory()
	for i, b := range []*Buffer{y, z, x, b0, b1} {
		m.Add(b)
		for k := range 4 {
			m.F32[b.Name][k] = float32(10*i + k)
		}
	}
	m.Scalars["s0"], m.Scalars["s1"] = 3, 5
	return p, m
}

// TestShare lets steps share what differs by names alone, and nothing else.
func TestShare(t *testing.T) {
	p, want := chain()
	if err := Run(p, want); err != nil {
		t.Fatal(err)
	}
	q, got := chain()
	Share(q)
	if err := Verify(q); err != nil {
		t.Fatal(err)
	}
	if err := Run(q, got); err != nil {
		t.Fatal(err)
	}
	for name := range want.F32 {
		if !slices.Equal(got.F32[name], want.F32[name]) {
			t.Errorf("%s is %v, not %v", name, got.F32[name], want.F32[name])
		}
	}
	var names []string
	for _, f := range q.Funcs() {
		names = append(names, f.Name)
	}
	if got := fmt.Sprint(names); got != "[first third fourth fifth]" {
		t.Errorf("functions %s are left", got)
	}
	if text := q.String(); !strings.Contains(text, "call first(y, h, b1, s1)\n") || !strings.Contains(text, "the equation of second") {
		t.Errorf("the program is\n%s", text)
	}
}

// TestShareVerified breaks one thing at a time in what a shared function is given.
func TestShareVerified(t *testing.T) {
	tests := []struct {
		want   string
		change func(p *Program, a *Arguments)
	}{
		{"given 2 buffers and 1 scalars", func(_ *Program, a *Arguments) { a.Buffers = a.Buffers[:2] }},
		{"is given h[4 1] for x[4]", func(_ *Program, a *Arguments) { a.Buffers[1].Shape = []int{4, 1} }},
		{"is given q, which the program does not have", func(_ *Program, a *Arguments) { a.Buffers[1] = &Buffer{Name: "q", Shape: []int{4}} }},
		{"is given y twice", func(_ *Program, a *Arguments) { a.Buffers[1] = a.Buffers[0] }},
		{"b1 must not be written", func(_ *Program, a *Arguments) { a.Buffers[0], a.Buffers[2] = a.Buffers[2], a.Buffers[0] }},
		{"is given s1 for s0", func(p *Program, _ *Arguments) { p.Scalars[1].Key = 1 }},
	}
	for _, tt := range tests {
		p, _ := chain()
		Share(p)
		tt.change(p, p.Steps[1].Other)
		if err := Verify(p); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}
