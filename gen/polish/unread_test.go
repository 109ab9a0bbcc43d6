package polish

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/gen/ir"
)

var (
	row  = &ir.Var{Name: "row"}
	y    = &ir.Buffer{Name: "y", Shape: []int{4, 32}}
	turn = &ir.Var{Name: "turn"}
)

func temporary(name string, shape ...int) *ir.Buffer {
	return &ir.Buffer{Name: name, Shape: shape, Place: ir.Workspace}
}

// at is the element [from + row][col] of b, or [from + row*32 + col] where that has one extent.
func at(b *ir.Buffer, v *ir.Var, from, col int) ir.Mem {
	sub := ir.Sub{Const: from}.Add(ir.VarSub(v), 1)
	if len(b.Shape) == 1 {
		return ir.Mem{Buf: b, Subs: []ir.Sub{ir.Sub{Const: 32*from + col}.Add(ir.VarSub(v), 32)}}
	}
	return ir.Mem{Buf: b, Subs: []ir.Sub{sub, {Const: col}}}
}

// moving is a function that copies vectors of 16 from one place to another in each of some
// rows; without a place to read, it stores a constant.
func moving(rows int, pairs ...[2]ir.Mem) *ir.Func {
	f := &ir.Func{Name: "f", Lanes: 16}
	known := map[*ir.Buffer]bool{}
	body := &ir.Builder{}
	uses := func(m ir.Mem) {
		if b := m.Buf.Root(); !known[b] {
			known[b] = true
			f.Buffers = append(f.Buffers, b)
		}
	}
	for _, p := range pairs {
		r := body.Reg(ir.Real)
		if p[1].Buf == nil {
			body.Emit(&ir.Assign{Dst: r, Op: ir.Const, Real: 2})
		} else {
			body.Emit(&ir.Load{Dst: r, Mem: p[1], Lanes: 16})
			uses(p[1])
		}
		body.Emit(&ir.Store{Mem: p[0], Src: r, Lanes: 16})
		uses(p[0])
	}
	f.Body = []ir.Stmt{&ir.Loop{Var: row, Count: rows, Body: body.Body}}
	return f
}

// stored lists the places that f still stores in.
func stored(f *ir.Func) string {
	var out []string
	var visit func(body []ir.Stmt)
	visit = func(body []ir.Stmt) {
		for _, st := range body {
			switch st := st.(type) {
			case *ir.Loop:
				visit(st.Body)
			case *ir.Store:
				out = append(out, st.Mem.String())
			}
		}
	}
	visit(f.Body)
	return strings.Join(out, " ")
}

func TestUnread(t *testing.T) {
	none := ir.Mem{}
	for _, c := range []struct {
		name string
		make func() (f *ir.Func, programs []*ir.Program)
		want string
	}{
		{"half of each row", func() (*ir.Func, []*ir.Program) {
			p := temporary("p", 4, 32)
			f := moving(4, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 0, 16), none})
			return f, program(ir.Step{Func: f}, ir.Step{Func: moving(4, [2]ir.Mem{at(y, row, 0, 0), at(p, row, 0, 0)})})
		}, "p[row][0]"},
		{"lanes of the next vector", func() (*ir.Func, []*ir.Program) {
			p := temporary("p", 4, 32)
			f := moving(4, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 0, 16), none})
			return f, program(ir.Step{Func: f}, ir.Step{Func: moving(4, [2]ir.Mem{at(y, row, 0, 0), at(p, row, 0, 1)})})
		}, "p[row][0] p[row][16]"},
		{"some rows", func() (*ir.Func, []*ir.Program) {
			p := temporary("p", 4, 32)
			f := moving(2, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 2, 0), none})
			return f, program(ir.Step{Func: f}, ir.Step{Func: moving(2, [2]ir.Mem{at(y, row, 0, 0), at(p, row, 2, 0)})})
		}, "p[row+2][0]"},
		{"rows that a counter of calls chooses", func() (*ir.Func, []*ir.Program) {
			p := temporary("p", 4, 32)
			f := moving(2, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 2, 0), none})
			reader := moving(1, [2]ir.Mem{at(y, turn, 0, 0), at(p, turn, 0, 0)})
			reader.Block = turn
			return f, program(ir.Step{Func: f}, ir.Step{Func: reader, From: 1, Count: 1})
		}, "p[row][0]"},
		{"another shape", func() (*ir.Func, []*ir.Program) {
			p := temporary("p", 4, 32)
			f := moving(4, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 0, 16), none})
			flat := &ir.Buffer{Name: "p", Shape: []int{128}, Of: p}
			return f, program(ir.Step{Func: f}, ir.Step{Func: moving(1, [2]ir.Mem{at(y, row, 0, 0), at(flat, row, 0, 0)})})
		}, "p[row][0] p[row][16]"},
		{"read by a later program", func() (*ir.Func, []*ir.Program) {
			p := temporary("p", 4, 32)
			f := moving(4, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 0, 16), none})
			return f, append(program(ir.Step{Func: f}), program(ir.Step{Func: moving(4, [2]ir.Mem{at(y, row, 0, 0), at(p, row, 0, 16)})})...)
		}, "p[row][16]"},
		{"called for two buffers", func() (*ir.Func, []*ir.Program) {
			p, q := temporary("p", 4, 32), temporary("q", 4, 32)
			f := moving(4, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 0, 16), none})
			return f, program(ir.Step{Func: f}, ir.Step{Func: f, Other: &ir.Arguments{Buffers: []*ir.Buffer{q}}},
				ir.Step{Func: moving(4, [2]ir.Mem{at(y, row, 0, 0), at(p, row, 0, 0)}, [2]ir.Mem{at(y, row, 0, 16), at(q, row, 0, 16)})})
		}, "p[row][0] p[row][16]"},
		{"a name that goes on as numbers of another would", func() (*ir.Func, []*ir.Program) {
			p, pbd := temporary("p", 64, 32), temporary("pbd", 32)
			f := moving(1, [2]ir.Mem{at(pbd, row, 0, 0), none}, [2]ir.Mem{at(pbd, row, 0, 16), none})
			return f, program(ir.Step{Func: f}, ir.Step{Func: moving(2, [2]ir.Mem{at(y, row, 0, 0), at(p, row, 49, 0)})},
				ir.Step{Func: moving(1, [2]ir.Mem{at(y, row, 0, 0), at(pbd, row, 0, 0)}, [2]ir.Mem{at(y, row, 0, 16), at(pbd, row, 0, 16)})})
		}, "pbd[32*row] pbd[32*row+16]"},
		{"all of a parameter", func() (*ir.Func, []*ir.Program) {
			p := temporary("p", 4, 32)
			f := moving(4, [2]ir.Mem{at(p, row, 0, 0), none}, [2]ir.Mem{at(p, row, 0, 16), none})
			return f, program(ir.Step{Func: f})
		}, "p[row][0] p[row][16]"},
		{"an argument", func() (*ir.Func, []*ir.Program) {
			f := moving(4, [2]ir.Mem{at(y, row, 0, 0), none}, [2]ir.Mem{at(y, row, 0, 16), at(y, row, 0, 0)})
			return f, program(ir.Step{Func: f})
		}, "y[row][0] y[row][16]"},
	} {
		f, programs := c.make()
		Unread(programs...)
		if d := cmp.Diff(c.want, stored(f)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func program(steps ...ir.Step) []*ir.Program { return []*ir.Program{{Lanes: 16, Steps: steps}} }
