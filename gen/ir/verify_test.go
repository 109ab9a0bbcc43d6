package ir

import (
	"strings"
	"testing"
)

// TestVerify breaks one thing at a time.
func TestVerify(t *testing.T) {
	mem := func(b *Buffer, subs ...Sub) Mem { return Mem{b, subs} }
	tests := []struct {
		name, want string
		change     func(p *Program, f *Func, loop *Loop)
	}{
		{"shape of a row", "i has values 0..5 outside [0, 5)", func(_ *Program, _ *Func, l *Loop) { l.Count = 6 }},
		{"block", "n has values 0..3 outside [0, 3)", func(p *Program, _ *Func, _ *Loop) { p.Steps[0].Count = 4 }},
		{"count", "the count is below 1", func(_ *Program, _ *Func, l *Loop) { l.Count = 0 }},
		{"calls", "rows is called 0 times", func(p *Program, _ *Func, _ *Loop) { p.Steps[0].Count = 0 }},
		{"tail lanes", "elements 52..59 of 55", func(_ *Program, _ *Func, l *Loop) { l.Body[2].(*Load).Lanes = 8 }},
		{"too many lanes", "9 of 8 lanes", func(_ *Program, _ *Func, l *Loop) { l.Body[1].(*Load).Lanes = 9 }},
		{"broadcast", "a broadcast of 2 elements", func(_ *Program, _ *Func, l *Loop) { l.Body[0].(*Load).Lanes = 2 }},
		{"unassigned", "v1 is read before it is assigned", func(_ *Program, f *Func, _ *Loop) { f.Body = f.Body[1:] }},
		{"operands", "2 operands instead of 3", func(_ *Program, _ *Func, l *Loop) {
			a := l.Body[3].(*Assign)
			a.Args = a.Args[:2]
		}},
		{"kind", "operand w9 has the wrong kind", func(_ *Program, _ *Func, l *Loop) {
			l.Body[3].(*Assign).Args[0] = &Reg{9, Word}
		}},
		{"result", "w9 cannot hold the result", func(_ *Program, _ *Func, l *Loop) { l.Body[3].(*Assign).Dst = &Reg{9, Word} }},
		{"numbers", "two registers have the number 1", func(_ *Program, _ *Func, l *Loop) { l.Body[3].(*Assign).Dst = &Reg{1, Real} }},
		{"write to input", "x must not be written", func(_ *Program, f *Func, _ *Loop) {
			f.Body[3].(*Store).Mem = mem(f.Buffers[1], Sub{}, Sub{})
			f.Body[3].(*Store).Lanes = 1
		}},
		{"foreign buffer", "z is neither parameter nor frame", func(_ *Program, f *Func, _ *Loop) {
			f.Body[3].(*Store).Mem = mem(&Buffer{Name: "z", Shape: []int{8}}, Sub{})
		}},
		{"view", "v[2] is no view of y[3 11]", func(_ *Program, f *Func, _ *Loop) {
			f.Body[3].(*Store).Mem = mem(&Buffer{Name: "v", Shape: []int{2}, Of: f.Buffers[0]}, Sub{})
		}},
		{"rank", "1 subscripts for shape [3 11]", func(_ *Program, f *Func, _ *Loop) {
			f.Body[3].(*Store).Mem = mem(f.Buffers[0], Sub{})
		}},
		{"scope", "i is not in scope", func(_ *Program, f *Func, l *Loop) {
			f.Body[3].(*Store).Mem.Subs[0] = Sub{Terms: []SubTerm{{1, l.Var}}}
		}},
		{"nested", "i is in use already", func(_ *Program, _ *Func, l *Loop) { l.Body = []Stmt{&Loop{Var: l.Var, Count: 2}} }},
		{"var name", "two things are called n", func(_ *Program, _ *Func, l *Loop) { l.Var.Name = "n" }},
		{"func name", "two functions are called rows", func(p *Program, f *Func, _ *Loop) {
			other := *f
			p.Steps = append(p.Steps, Step{Func: &other, Count: 1})
		}},
		{"workspace", "y, for which the program's workspace has no room", func(_ *Program, f *Func, _ *Loop) { f.Buffers[0].Place = Workspace }},
		{"room", "y, for which the program's workspace has no room", func(p *Program, f *Func, _ *Loop) {
			f.Buffers[0].Place = Workspace
			p.Workspace = []*Buffer{{Name: "y", Shape: []int{3, 10}, Place: Workspace}}
		}},
		{"fields", "two fields of the workspace are called h", func(p *Program, _ *Func, _ *Loop) {
			h := &Buffer{Name: "h", Shape: []int{2}, Place: Workspace}
			p.Workspace = []*Buffer{h, h}
		}},
		{"argument", "y belongs to no argument", func(p *Program, _ *Func, _ *Loop) { p.Args = p.Args[1:] }},
		{"scalar", "the scalar is no parameter", func(_ *Program, f *Func, _ *Loop) {
			f.Body[0] = &Assign{Dst: f.Body[0].(*Assign).Dst, Op: Param, Scalar: &Scalar{Name: "lr"}}
		}},
		{"transpose", "9 registers from 1 with 8 lanes", func(_ *Program, f *Func, _ *Loop) {
			f.Body = append(f.Body, &Transpose{make([]*Reg, 9), make([]*Reg, 1)})
		}},
		{"gather from floats", "x is not an int32 buffer", func(_ *Program, f *Func, _ *Loop) {
			f.Body = append(f.Body, &LoadIndex{&Var{"k"}, mem(f.Buffers[1], Sub{}, Sub{})})
		}},
		{"shift", "shift by 32", func(_ *Program, f *Func, _ *Loop) {
			w := &Reg{20, Word}
			f.Body = append(f.Body, &Assign{Dst: w, Op: ConstWord}, &Assign{Dst: w, Op: IShl, Args: []*Reg{w}, Word: 32})
		}},
		{"apply", "apply with 8 lanes", func(_ *Program, f *Func, _ *Loop) {
			r := f.Body[0].(*Assign).Dst
			f.Body = append(f.Body, &Assign{Dst: r, Op: Apply, Fn: "exp", Args: []*Reg{r}})
		}},
		{"lanes", "4 lanes in a program of 8", func(_ *Program, f *Func, _ *Loop) { f.Lanes = 4 }},
	}
	for _, test := range tests {
		p := product()
		f := p.Steps[0].Func
		test.change(p, f, f.Body[2].(*Loop))
		if err := Verify(p); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}
