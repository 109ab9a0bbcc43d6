package ir

import (
	"fmt"
	"strconv"
	"strings"
)

// String shows the program: its steps, then every function that they call.
func (p *Program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "program %s, lanes %d\n", p.Name, p.Lanes)
	for _, t := range p.Args {
		fmt.Fprintf(&b, "  arg %s%v\n", t.Name, t.Shape)
	}
	for _, s := range p.Scalars {
		fmt.Fprintf(&b, "  scalar %s\n", s.Name)
	}
	for _, w := range p.Workspace {
		fmt.Fprintf(&b, "  workspace %s%v\n", w.Name, w.Shape)
	}
	var in *Steps
	for _, s := range p.Steps {
		indent := "  "
		if s.In != nil {
			if s.In != in {
				fmt.Fprintf(&b, "  for %s < %d\n", s.In.Var.Name, s.In.Count)
			}
			indent = "    "
		}
		in = s.In
		fmt.Fprintf(&b, "%scall %s", indent, s.Func.Name)
		if s.Other != nil {
			b.WriteString(s.Other.String())
		}
		if s.Func.Block != nil && s.From > 0 {
			fmt.Fprintf(&b, " for %d <= %s < %d", s.From, s.Func.Block.Name, s.From+s.Count)
		} else if s.Func.Block != nil {
			fmt.Fprintf(&b, " for %s < %d", s.Func.Block.Name, s.Count)
		}
		if s.When != Always {
			fmt.Fprintf(&b, " for %s %s", [...]string{Even: "even", Odd: "odd"}[s.When], s.In.Var.Name)
		}
		b.WriteByte('\n')
	}
	for _, f := range p.Funcs() {
		b.WriteString(f.String())
	}
	return b.String()
}

// String is the list of names in parentheses.
func (a Arguments) String() string {
	var names []string
	for _, b := range a.Buffers {
		names = append(names, b.Name)
	}
	for _, s := range a.Scalars {
		names = append(names, s.Name)
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// Funcs are the functions of p in the order of their first call.
func (p *Program) Funcs() []*Func {
	var out []*Func
	seen := map[*Func]bool{}
	for _, s := range p.Steps {
		if !seen[s.Func] {
			seen[s.Func] = true
			out = append(out, s.Func)
		}
	}
	return out
}

// String shows the function with one statement a line.
func (f *Func) String() string {
	var b strings.Builder
	var params []string
	for _, buf := range f.Buffers {
		params = append(params, fmt.Sprintf("%s%v", buf.Name, buf.Shape))
	}
	for _, s := range f.Scalars {
		params = append(params, s.Name)
	}
	for _, v := range f.Counters() {
		params = append(params, v.Name)
	}
	fmt.Fprintf(&b, "func %s(%s) lanes %d\n", f.Name, strings.Join(params, ", "), f.Lanes)
	for _, p := range f.Plans {
		fmt.Fprintf(&b, "  // %s\n", p)
	}
	if f.Cycles > 0 {
		fmt.Fprintf(&b, "  // about %.0f cycles a call\n", f.Cycles)
	}
	for _, d := range f.Doc {
		fmt.Fprintf(&b, "  // %s\n", d)
	}
	for _, buf := range f.Frame {
		fmt.Fprintf(&b, "  frame %s%v\n", buf.Name, buf.Shape)
	}
	printBody(&b, "  ", f.Body)
	return b.String()
}

func printBody(b *strings.Builder, indent string, body []Stmt) {
	for _, s := range body {
		l, ok := s.(*Loop)
		if !ok {
			fmt.Fprintf(b, "%s%s\n", indent, Line(s))
			continue
		}
		fmt.Fprintf(b, "%s%s\n", indent, Line(l))
		printBody(b, indent+"  ", l.Body)
	}
}

// Line is the text of a statement, of a loop only its head.
func Line(s Stmt) string {
	switch s := s.(type) {
	case *Loop:
		return fmt.Sprintf("for %s < %d", s.Var.Name, s.Count)
	case *Assign:
		return fmt.Sprintf("%s = %s", s.Dst, s.operation())
	case *Load:
		if s.Broadcast {
			return fmt.Sprintf("%s = bcast %s", s.Dst, s.Mem)
		}
		return fmt.Sprintf("%s = load %s x%d", s.Dst, s.Mem, s.Lanes)
	case *Store:
		return fmt.Sprintf("store %s x%d = %s", s.Mem, s.Lanes, s.Src)
	case *LoadIndex:
		return fmt.Sprintf("%s = index %s", s.Dst.Name, s.Mem)
	case *Move:
		if s.Src == nil {
			return fmt.Sprintf("clear %s x%d", s.Dst, s.Count)
		}
		return fmt.Sprintf("move %s x%d = %s", s.Dst, s.Count, s.Src)
	case *Prefetch:
		if s.Soon {
			return fmt.Sprintf("prefetch soon %s", s.Mem)
		}
		return fmt.Sprintf("prefetch %s", s.Mem)
	case *Transpose:
		return fmt.Sprintf("%s = transpose %s", regList(s.Dst), regList(s.Src))
	}
	panic(fmt.Sprintf("ir: print of %T", s))
}

// operation is the right-hand side of the assignment.
func (a *Assign) operation() string {
	parts := []string{}
	for _, r := range a.Args {
		parts = append(parts, r.String())
	}
	name := a.Op.String()
	switch a.Op {
	case Const:
		parts = append(parts, strconv.FormatFloat(float64(a.Real), 'g', -1, 32))
	case Param, KeyParam:
		parts = append(parts, a.Scalar.Name)
	case ConstWord:
		if a.Word > 1<<16 || a.Word < -1<<16 {
			parts = append(parts, fmt.Sprintf("%#08x", uint32(a.Word)))
			break
		}
		parts = append(parts, strconv.Itoa(int(a.Word)))
	case IShl, IShr, ISar, Align, LaneMask:
		parts = append(parts, strconv.Itoa(int(a.Word)))
	case Pick:
		for _, w := range a.Table {
			parts = append(parts, strconv.Itoa(int(w)))
		}
	case Shuffle:
		parts = append(parts, fmt.Sprint(a.Order))
	case Iota:
		parts = append(parts, a.Sub.String(), fmt.Sprintf("step %d", a.Step))
	case Apply:
		name = a.Fn
	}
	return name + " " + strings.Join(parts, ", ")
}

// String is v12 for a real register, w12 for a word, m12 for a mask.
func (r *Reg) String() string {
	if r == nil {
		return "none"
	}
	return string("vwm"[r.Kind]) + strconv.Itoa(r.ID)
}

func regList(rs []*Reg) string {
	parts := make([]string, len(rs))
	for i, r := range rs {
		parts[i] = r.String()
	}
	return "{" + strings.Join(parts, " ") + "}"
}
