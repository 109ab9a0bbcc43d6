package golang

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// sink has what is rare: names that Go or the package uses itself, tensors
// without a shape on both sides, two id tensors, workspace fields that a
// program shows in other shapes, a frame, scalars of all types, assembly.
func sink() Package {
	loss, dloss := tensor("loss", layer.Output), tensor("dloss", layer.Upstream)
	dloss.Of = loss
	typ, forward := tensor("type", layer.Input, 2, 3), tensor("forward", layer.Input, 4)
	dtyp := tensor("dtype", layer.Gradient, 2, 3)
	dtyp.Of = typ
	id, ws := tensor("id", layer.Input, 2, 2), tensor("ws", layer.Input, 2)
	id.Type = layer.Int32
	lr, step, seed := tensor("len", layer.Scalar), tensor("t", layer.Scalar), tensor("seed", layer.Scalar)
	step.Type, seed.Type = layer.GoInt, layer.Uint64
	n := &layer.Var{I: &layer.Index{Name: "n", Size: 2}}
	gather := &layer.Read{T: forward, Subs: []layer.Int{&layer.Element{T: id, Subs: []layer.Int{n, layer.Lit{V: 1}}}}}
	outer := &layer.Read{T: typ, Subs: []layer.Int{n, &layer.Element{T: id, Subs: []layer.Int{n, layer.Lit{V: 0}}}}}
	l := proved("sink", "All of it. */ //go:build ignore\n\nA second paragraph.", []*layer.Tensor{typ, forward, id, ws, loss, lr, step, seed},
		equation(loss, "loss = sum(n, type[n][id[n][0]]*forward[id[n][1]])", &layer.Binary{Op: '*', X: outer, Y: gather}))
	l.Backward = &layer.Program{Equations: []*layer.Equation{equation(dtyp, "dtype[n][k] = dloss*type[n][k]", layer.Const{})}}
	l.Numbers = []*layer.Number{{Name: "N", Value: 2, IsDim: true}, {Name: "n", Value: 3, IsDim: true}, {Name: "orward", Value: 1, IsDim: true}}

	power := &layer.Call{Fn: "pow", Args: []layer.Expr{layer.Const{V: 0.5}, &layer.FromInt{X: &layer.Element{T: step}}}}
	cond := &layer.CmpInt{Op: ">", X: &layer.Element{T: step}, Y: layer.Lit{V: 1}}
	scalars := []*ir.Scalar{
		{Name: "len", Value: &layer.Read{T: lr}},
		{Name: "s1", Value: &layer.Where{Cond: cond, X: &layer.Binary{Op: '-', X: layer.Const{V: 1}, Y: power}, Y: layer.Const{V: 2}}},
		{Name: "key2", Key: 2, Seed: seed},
	}
	kept := &ir.Buffer{Name: "type", Shape: []int{4}, Place: ir.Workspace}
	in := Package{Name: "sink", Layer: l, Workspace: []*ir.Buffer{kept}}
	in.Portable = []*ir.Program{sinkForward(l, scalars, ""), sinkBackward(dtyp, dloss, typ, "")}
	for _, v := range []Vector{
		{Name: "avx2", Features: []string{"HasAVX2", "HasFMA"}, File: "kernels_amd64.s"},
		{Name: "wide", Features: []string{"HasAVX512F"}, Either: []string{"HasAVXVNNI", "!HasAVX512BF16"}, File: "kernels_wide_amd64.s"},
	} {
		suffix := strings.ToUpper(v.Name)
		v.Programs = []*ir.Program{sinkForward(l, scalars, suffix), sinkBackward(dtyp, dloss, typ, suffix)}
		v.Asm = []byte(strings.ReplaceAll(sinkAsm, "AVX2", suffix))
		in.Vectors = append(in.Vectors, v)
	}
	in.Portable[0].Args = []*layer.Tensor{loss, typ, forward, id, ws, lr, step, seed}
	return in
}

func sinkForward(l *layer.Proved, scalars []*ir.Scalar, suffix string) *ir.Program {
	t := l.Tensors
	btype, bforward, bid, bloss := buffer(t[0]), buffer(t[1]), buffer(t[2]), buffer(t[4])
	kept := &ir.Buffer{Name: "type", Shape: []int{2, 1}, Place: ir.Workspace}
	flat := &ir.Buffer{Name: "type", Shape: []int{2}, Of: kept, Place: ir.Workspace}
	one := &ir.Buffer{Name: "one", Place: ir.Frame}
	n, k, j := &ir.Var{Name: "n"}, &ir.Var{Name: "k_2"}, &ir.Var{Name: "k_3"}
	at1 := func(v *ir.Var) ir.Sub { return sub(0, ir.SubTerm{Coef: 1, Var: v}) }
	var b ir.Builder
	total := b.Real(0)
	in := b.Nested()
	in.Emit(&ir.LoadIndex{Dst: k, Mem: at(bid, at1(n), sub(0))}, &ir.LoadIndex{Dst: j, Mem: at(bid, at1(n), sub(1))})
	x := load(in, at(btype, at1(n), at1(k)))
	in.Emit(&ir.Assign{Dst: total, Op: ir.FMA, Args: []*ir.Reg{x, load(in, at(bforward, at1(j))), total}})
	store(in, at(flat, at1(n)), x)
	b.Emit(&ir.Loop{Var: n, Count: 2, Body: in.Body})
	p := func(s *ir.Scalar) *ir.Reg {
		r := b.Reg(ir.Real)
		b.Emit(&ir.Assign{Dst: r, Op: ir.Param, Scalar: s})
		return r
	}
	store(&b, at(one), b.Do(ir.Mul, total, b.Do(ir.Mul, p(scalars[0]), p(scalars[1]))))
	key := b.Reg(ir.Word)
	b.Emit(&ir.Assign{Dst: key, Op: ir.KeyParam, Scalar: scalars[2]})
	odd := b.Do(ir.ToReal, b.Do(ir.IAnd, key, b.Word(0)))
	store(&b, at(bloss), b.Do(ir.Add, load(&b, at(one)), odd))
	f := &ir.Func{Name: "forward0" + suffix, Lanes: 1, Buffers: []*ir.Buffer{bloss, btype, bforward, bid, kept}, Frame: []*ir.Buffer{one}, Scalars: scalars, Body: b.Body}
	return &ir.Program{Name: "forward", Lanes: 1, Scalars: scalars, Workspace: []*ir.Buffer{kept}, Steps: []ir.Step{{Func: f}}}
}

// sinkBackward reads dloss from memory.
func sinkBackward(dtyp, dloss, typ *layer.Tensor, suffix string) *ir.Program {
	bd, bl, bt := buffer(dtyp), buffer(dloss), buffer(typ)
	dflat := &ir.Buffer{Name: "dtype", Shape: []int{6}, Of: bd, Tensor: dtyp}
	flat := &ir.Buffer{Name: "type", Shape: []int{6}, Of: bt, Tensor: typ}
	kept := &ir.Buffer{Name: "type", Shape: []int{4}, Place: ir.Workspace, Elem: ir.I32}
	i := &ir.Var{Name: "block"}
	var b ir.Builder
	s := sub(0, ir.SubTerm{Coef: 1, Var: i})
	store(&b, at(dflat, s), b.Do(ir.Mul, load(&b, at(bl)), load(&b, at(flat, s))))
	word := b.Reg(ir.Word)
	b.Emit(&ir.Assign{Dst: word, Op: ir.Iota, Sub: s})
	store(&b, at(kept, sub(0)), word)
	f := &ir.Func{Name: "backward0" + suffix, Lanes: 1, Buffers: []*ir.Buffer{bd, bl, bt, kept}, Block: i, Body: b.Body}
	return &ir.Program{Name: "backward", Lanes: 1, Args: []*layer.Tensor{dtyp, dloss, typ}, Workspace: []*ir.Buffer{kept}, Steps: []ir.Step{{Func: f, Count: 6}}}
}

// sinkAsm reads every parameter and computes nothing.
const sinkAsm = `// Code generated by dlgen from sink.yaml; DO NOT EDIT.

//go:build amd64 && !purego

#include "textflag.h"

TEXT ·forward0AVX2(SB), NOSPLIT, $0-52
	MOVQ loss+0(FP), AX
	MOVQ type_+8(FP), AX
	MOVQ forward+16(FP), AX
	MOVQ id+24(FP), AX
	MOVQ type__2+32(FP), AX
	MOVSS len+40(FP), X0
	MOVSS s1+44(FP), X0
	MOVL key2+48(FP), AX
	RET

TEXT ·backward0AVX2(SB), NOSPLIT, $0-40
	MOVQ dtype+0(FP), AX
	MOVQ dloss+8(FP), AX
	MOVQ type_+16(FP), AX
	MOVQ type__2+24(FP), AX
	MOVQ block+32(FP), AX
	RET
`

func TestSink(t *testing.T) {
	in := sink()
	golden(t, "sink", in)
	dir := module(t, sinkMain, in)
	got := map[string][]uint32{}
	if err := json.Unmarshal([]byte(command(t, dir, nil, "go", "run", "-tags=purego", ".")), &got); err != nil {
		t.Fatal(err)
	}
	// loss = (0.25*7 + 6.25*5)*3*(1 - 1/4), dtype = 2*type.
	want := map[string][]float32{"loss": {(0.25*7 + 6.25*5) * 3 * 0.75}, "dtype": {0, 0.5, 2, 4.5, 8, 12.5}, "errors": {1, 1, 1}}
	for name, v := range want {
		for i := range v {
			if len(got[name]) != len(v) || got[name][i] != math.Float32bits(v[i]) {
				t.Errorf("%s: got bits %x, want values %v", name, got[name], v)
				break
			}
		}
	}
	command(t, dir, nil, "go", "vet", "./...")
	command(t, dir, nil, "go", "vet", "-tags=purego", "./...")
	if !testing.Short() {
		for _, target := range []string{"linux/arm64"} {
			os, arch, _ := strings.Cut(target, "/")
			command(t, dir, []string{"GOOS=" + os, "GOARCH=" + arch, "CGO_ENABLED=0"}, "go", "build", "./sink")
		}
	}
}

const sinkMain = `
func main() {
	var ws sink.Workspace
	typ := sink.Type{{0, 0.25, 1}, {2.25, 4, 6.25}}
	fwd := sink.ForwardArray{5, 6, 7, 8}
	id := sink.Id{{1, 2}, {2, 0}}
	loss := []float32{-1}
	call := func() error { return sink.Forward(&ws, &loss[0], &typ, &fwd, &id, &sink.Ws{}, 3, 2, 42) }
	for _, bad := range []struct {
		i, j int
		v    int32
		text string
	}{
		{1, 0, 3, "dlgen: sink: id[1][0] = 3 is out of range [0, 3)"},
		{0, 1, 4, "dlgen: sink: id[0][1] = 4 is out of range [0, 4)"},
		{0, 0, -1, "dlgen: sink: id[0][0] = -1 is out of range [0, 3)"},
	} {
		old := id[bad.i][bad.j]
		id[bad.i][bad.j] = bad.v
		if err := call(); err != nil && err.Error() == bad.text && loss[0] == -1 {
			keep("errors", []float32{1})
		}
		id[bad.i][bad.j] = old
	}
	must(call())
	keep("loss", loss)
	var d sink.Type
	sink.Backward(&ws, &d, 2, &typ)
	keep("dtype", d[0][:])
	keep("dtype", d[1][:])
	json.NewEncoder(os.Stdout).Encode(out)
}
`

func TestCheck(t *testing.T) {
	files, err := Print(sink())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, old, new, want string }{
		{"kernels_amd64.s", "type_+8(FP)", "type_+16(FP)", "invalid offset type_+16(FP); expected type_+8(FP)"},
		{"kernels_amd64.s", "$0-52", "$0-48", "wrong argument size 48; expected $...-52"},
		{"kernels_amd64.s", "·forward0AVX2", "·forward1AVX2", "function forward1AVX2 missing Go declaration"},
		{"kernels.go", "package sink", "package sink\n\nimport \"strings\"", "generated code must not import strings"},
		{"kernels.go", "for n := 0", "unused := 0\n\tfor n := 0", "declared and not used: unused"},
		{"kernels_other.go", "forwardGo", "forwardTo", "undefined: forwardTo"},
		{"sink.go", "{", "{{", "expected"},
	} {
		var broken []File
		for _, f := range files {
			if f.Name == tt.file {
				f.Data = []byte(strings.Replace(string(f.Data), tt.old, tt.new, 1))
			}
			broken = append(broken, f)
		}
		if err := Check(broken); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %q: got error %v, want %q", tt.file, tt.new, err, tt.want)
		}
	}
}

func TestPackageNames(t *testing.T) {
	for name, file := range map[string]string{ // of package and file
		"conv1": "conv1.go", "math": "math.go", "my_layer": "my_layer.go", "x_test": "layer_x_test_api.go", "fast_arm64": "layer_fast_arm64_api.go",
		"kernels": "layer_kernels_api.go", "_x": "layer__x_api.go",
	} {
		in := dense()
		in.Name = name
		files, err := Print(in)
		if err != nil || files[0].Name != file {
			t.Errorf("%s: file %v, error %v, want %s", name, files[0].Name, err, file)
		}
	}
	for _, name := range []string{"", "main", "a-b", "func", "1x", "_"} {
		in := dense()
		in.Name = name
		if _, err := Print(in); err == nil {
			t.Errorf("%q was accepted as a package name", name)
		}
	}
}
