package golang

import (
	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec/layer"
)

// Programs made by hand, for the tests.

func tensor(name string, role layer.Role, shape ...int) *layer.Tensor {
	return &layer.Tensor{Name: name, Role: role, Shape: shape}
}

func buffer(t *layer.Tensor) *ir.Buffer {
	b := &ir.Buffer{Name: t.Name, Shape: t.Shape, Tensor: t}
	if t.Type == layer.Int32 {
		b.Elem = ir.I32
	}
	return b
}

func sub(c int, terms ...ir.SubTerm) ir.Sub { return ir.Sub{Const: c, Terms: terms} }

func at(b *ir.Buffer, subs ...ir.Sub) ir.Mem { return ir.Mem{Buf: b, Subs: subs} }

func load(b *ir.Builder, m ir.Mem) *ir.Reg {
	k := ir.Real
	if m.Buf.Elem == ir.I32 {
		k = ir.Word
	}
	r := b.Reg(k)
	b.Emit(&ir.Load{Dst: r, Mem: m, Lanes: 1})
	return r
}

func store(b *ir.Builder, m ir.Mem, r *ir.Reg) { b.Emit(&ir.Store{Mem: m, Src: r, Lanes: 1}) }

func forwardOf(f *ir.Func, count int, args ...*layer.Tensor) *ir.Program {
	return &ir.Program{Name: "forward", Lanes: 1, Args: args, Scalars: f.Scalars, Steps: []ir.Step{{Func: f, Count: count}}}
}

func equation(t *layer.Tensor, text string, value layer.Expr) *layer.Equation {
	return &layer.Equation{T: t, Text: text, Value: value}
}

func proved(name, doc string, tensors []*layer.Tensor, eqs ...*layer.Equation) *layer.Proved {
	l := &layer.Layer{Name: name, Doc: doc, File: name + ".yaml", Tensors: tensors, Forward: &layer.Program{Equations: eqs}}
	return &layer.Proved{Layer: l}
}

// dense is y = x*w + b for 4x5x6 in tiles of 2x2, two rows a call.
func dense() Package {
	y, x := tensor("y", layer.Output, 4, 6), tensor("x", layer.Input, 4, 5)
	w, bias := tensor("w", layer.Param, 5, 6), tensor("b", layer.Param, 6)
	x.Doc, x.Extents = "activations", []string{"N", "I"}
	by, bx, bw, bb := buffer(y), buffer(x), buffer(w), buffer(bias)
	n, o, i := &ir.Var{Name: "n"}, &ir.Var{Name: "o"}, &ir.Var{Name: "i"}
	row := func(c int) ir.Sub { return sub(c, ir.SubTerm{Coef: 2, Var: n}) }
	col := func(c int) ir.Sub { return sub(c, ir.SubTerm{Coef: 2, Var: o}) }
	in := sub(0, ir.SubTerm{Coef: 1, Var: i})
	var b ir.Builder
	tile := b.Nested()
	var acc [2][2]*ir.Reg
	for r := range acc {
		for c := range acc[r] {
			acc[r][c] = tile.Real(0)
		}
	}
	inner := b.Nested()
	w0, w1 := load(inner, at(bw, in, col(0))), load(inner, at(bw, in, col(1)))
	for r := range acc {
		xv := load(inner, at(bx, row(r), in))
		for c, wv := range []*ir.Reg{w0, w1} {
			inner.Emit(&ir.Assign{Dst: acc[r][c], Op: ir.FMA, Args: []*ir.Reg{xv, wv, acc[r][c]}})
		}
	}
	tile.Emit(&ir.Loop{Var: i, Count: 5, Body: inner.Body})
	for r := range acc {
		for c := range acc[r] {
			sum := tile.Do(ir.Add, acc[r][c], load(tile, at(bb, col(c))))
			store(tile, at(by, row(r), col(c)), sum)
		}
	}
	f := &ir.Func{
		Name: "dense", Doc: []string{"y[n][o] = sum(i, x[n][i]*w[i][o]) + b[o]"}, Lanes: 1,
		Buffers: []*ir.Buffer{by, bx, bw, bb}, Block: n, Body: []ir.Stmt{&ir.Loop{Var: o, Count: 3, Body: tile.Body}},
	}
	l := proved("dense", "Fully connected layer.", []*layer.Tensor{x, w, bias, y},
		equation(y, "y[n][o] = sum(i, x[n][i]*w[i][o]) + b[o]", layer.Const{}))
	l.Numbers = []*layer.Number{{Name: "N", Doc: "batch size", Value: 4, IsDim: true}, {Name: "eps", Value: 1e-5}}
	return Package{Name: "fc", Layer: l, Portable: []*ir.Program{forwardOf(f, 2, y, x, w, bias)}}
}
