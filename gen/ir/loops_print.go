package ir

import (
	"fmt"
	"strconv"
	"strings"
)

// String shows the nests, one after the other.
func (l *Loops) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", l.Name)
	for _, s := range l.Scalars {
		fmt.Fprintf(&b, "  scalar %s\n", s.Name)
	}
	for _, buf := range l.Buffers {
		if buf.Tensor == nil {
			fmt.Fprintf(&b, "  temporary %s%v\n", buf.Name, buf.Shape)
		}
	}
	var in *Steps
	for _, n := range l.Nests {
		text := n.String()
		if n.Steps != nil {
			if n.Steps != in {
				fmt.Fprintf(&b, "  step %s < %d\n", n.Steps.Var.Name, n.Steps.Count)
			}
			text = "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
		}
		in = n.Steps
		b.WriteString(text)
	}
	return b.String()
}

// String shows the nest as indented loops around its store.
func (n *Nest) String() string {
	var b strings.Builder
	indent := "  "
	loop := func(word string, axes []Axis) {
		for _, a := range axes {
			fmt.Fprintf(&b, "%s%s %s < %d\n", indent, word, a.Var.Name, a.Size)
			indent += "  "
		}
	}
	loop("for", n.Axes)
	op := "="
	if n.Accumulate {
		op = "+="
	}
	for _, g := range n.Gathers {
		fmt.Fprintf(&b, "%s%s = %s\n", indent, g.Dst.Name, g.Mem)
	}
	if len(n.Reduce) == 0 {
		fmt.Fprintf(&b, "%s%s %s %s\n", indent, n.Store, op, n.Value)
		return b.String()
	}
	fmt.Fprintf(&b, "%s%s %s %s\n", indent, n.Store, op, n.Op)
	indent += "  "
	loop(n.Op.String(), n.Reduce)
	for _, r := range n.Within {
		fmt.Fprintf(&b, "%swhere 0 <= %s < %d\n", indent, r.Sub, r.Size)
	}
	fmt.Fprintf(&b, "%s%s\n", indent, n.Value)
	return b.String()
}

// String writes the element as in Go.
func (m Mem) String() string {
	var b strings.Builder
	b.WriteString(m.Buf.Name)
	for _, s := range m.Subs {
		fmt.Fprintf(&b, "[%s]", s)
	}
	return b.String()
}

// String writes the subscript as in Go.
func (s Sub) String() string {
	var b strings.Builder
	for i, t := range s.Terms {
		c := t.Coef
		switch {
		case c < 0:
			b.WriteByte('-')
			c = -c
		case i > 0:
			b.WriteByte('+')
		}
		if c != 1 {
			fmt.Fprintf(&b, "%d*", c)
		}
		b.WriteString(t.Var.Name)
	}
	switch {
	case len(s.Terms) == 0:
		b.WriteString(strconv.Itoa(s.Const))
	case s.Const != 0:
		fmt.Fprintf(&b, "%+d", s.Const)
	}
	return b.String()
}

// String writes the expression in prefix form.
func (e *Expr) String() string {
	if e.Load != nil {
		return e.Load.String()
	}
	switch e.Op {
	case Const:
		return strconv.FormatFloat(float64(e.Real), 'g', -1, 32)
	case ConstWord:
		return strconv.Itoa(int(e.Word))
	case Param, KeyParam:
		return e.Scalar.Name
	case Iota:
		return "int(" + e.Sub.String() + ")"
	}
	name := e.Op.String()
	if e.Op == Apply {
		name = e.Fn
	}
	parts := make([]string, len(e.Args))
	for i, a := range e.Args {
		parts[i] = a.String()
	}
	if e.Op == IShl || e.Op == IShr || e.Op == ISar {
		parts = append(parts, strconv.Itoa(int(e.Word)))
	}
	return name + "(" + strings.Join(parts, ", ") + ")"
}
