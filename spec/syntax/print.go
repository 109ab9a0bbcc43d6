package syntax

import (
	"fmt"
	"strconv"
	"strings"
)

// PrintExpr writes an expression with no more parentheses than it needs.
func PrintExpr(x Expr) string {
	var b strings.Builder
	printExpr(&b, x, 0, false)
	return b.String()
}

// PrintEquation writes an equation on one line.
func PrintEquation(q *Equation) string {
	op := " = "
	if q.Accumulate {
		op = " += "
	}
	left := PrintExpr(q.Target)
	for _, n := range q.More {
		left += ", " + n.Name
	}
	return left + op + PrintExpr(q.Value)
}

var precedence = map[string]int{
	"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
}

const unaryPrecedence = 6

// printExpr writes x in a place that needs precedence min or more; tight
// leaves out the spaces around operators, as in a subscript.
func printExpr(b *strings.Builder, x Expr, min int, tight bool) {
	switch x := x.(type) {
	case *Name:
		b.WriteString(x.Name)
	case *Literal:
		b.WriteString(x.Text)
	case *Element:
		b.WriteString(x.Name)
		for _, s := range x.Subs {
			b.WriteByte('[')
			printExpr(b, s, 0, true)
			b.WriteByte(']')
		}
	case *Call:
		b.WriteString(x.Fn)
		printArgs(b, x.Args, tight)
	case *Apply:
		b.WriteString(x.Layer)
		if len(x.Settings) == 0 { // which is the same
			printArgs(b, x.Args, tight)
			break
		}
		b.WriteByte('{')
		for i, s := range x.Settings {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(s.Name.Text + ": ")
			printExpr(b, s.Value, 0, tight)
		}
		b.WriteByte('}')
		printArgs(b, x.Args, tight)
	case *Unary:
		open(b, min > unaryPrecedence)
		b.WriteString(x.Op)
		printExpr(b, x.X, unaryPrecedence+1, tight)
		shut(b, min > unaryPrecedence)
	case *Binary:
		prec := precedence[x.Op]
		op := x.Op
		if !tight && prec < 5 {
			op = " " + op + " "
		}
		open(b, min > prec)
		printExpr(b, x.X, prec, tight)
		b.WriteString(op)
		printExpr(b, x.Y, prec+1, tight)
		shut(b, min > prec)
	case *Bad:
		b.WriteByte('?')
	default:
		panic("syntax: unknown expression")
	}
}

func printArgs(b *strings.Builder, args []Expr, tight bool) {
	b.WriteByte('(')
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		printExpr(b, a, 0, tight)
	}
	b.WriteByte(')')
}

func open(b *strings.Builder, yes bool) {
	if yes {
		b.WriteByte('(')
	}
}

func shut(b *strings.Builder, yes bool) {
	if yes {
		b.WriteByte(')')
	}
}

// Print writes the spec as YAML that parses to the same Spec but for
// positions and layout.
func Print(s *Spec) string {
	var b strings.Builder
	fmt.Fprintf(&b, "layer: %s\n", s.Name.Text)
	if s.Doc != "" {
		fmt.Fprintf(&b, "doc: %s\n", quote(s.Doc))
	}
	if len(s.Layers) > 0 {
		b.WriteString("layers:\n")
	}
	for _, l := range s.Layers {
		fmt.Fprintf(&b, "  %s: %s\n", l.Name, quote(l.Path.Text))
	}
	printNumbers(&b, "dims", s.Dims)
	printNumbers(&b, "attrs", s.Attrs)
	if len(s.Require) > 0 {
		b.WriteString("require:\n")
	}
	for _, r := range s.Require {
		fmt.Fprintf(&b, "  %s: %s\n", quoteExpr(r.That), quote(r.Why))
	}
	if len(s.Tensors) > 0 {
		b.WriteString("tensors:\n")
	}
	for _, t := range s.Tensors {
		fmt.Fprintf(&b, "  %s: {%s}\n", t.Name, strings.Join(tensorFields(t), ", "))
	}
	if len(s.Indices) > 0 {
		b.WriteString("indices:\n")
	}
	for _, r := range s.Indices {
		fmt.Fprintf(&b, "  %s: %s\n", r.Name, quoteExpr(r.Extent))
	}
	printEquations(&b, "forward", s.Forward)
	switch s.Backward.Mode {
	case Equations:
		printEquations(&b, "backward", s.Backward.Equations)
	case Derive:
		b.WriteString("backward: derive\n")
	case None:
		b.WriteString("backward: none\n")
	}
	return b.String()
}

func printNumbers(b *strings.Builder, key string, list []*Number) {
	if len(list) > 0 {
		b.WriteString(key + ":\n")
	}
	for _, n := range list {
		var fields []string
		if n.Default != nil {
			fields = append(fields, "default: "+quoteExpr(n.Default))
		}
		if n.Value != nil {
			fields = append(fields, "value: "+quoteExpr(n.Value))
		}
		fields = append(fields, limitFields(n.Limits)...)
		if n.Doc != "" {
			fields = append(fields, "doc: "+quote(n.Doc))
		}
		fmt.Fprintf(b, "  %s: {%s}\n", n.Name, strings.Join(fields, ", "))
	}
}

func limitFields(list Limits) []string {
	var fields []string
	for _, l := range list {
		fields = append(fields, l.Key.Text+": "+quoteExpr(l.Bound))
	}
	return fields
}

func tensorFields(t *Tensor) []string {
	var fields []string
	word := func(key string, w Word) {
		if w.Text != "" {
			fields = append(fields, key+": "+w.Text)
		}
	}
	word("role", t.Role)
	word("type", t.Type)
	if t.HasShape {
		var extents []string
		for _, x := range t.Shape {
			extents = append(extents, quoteExpr(x))
		}
		fields = append(fields, "shape: ["+strings.Join(extents, ", ")+"]")
	}
	word("init", t.Init)
	word("grad", t.Grad)
	word("outside", t.Outside)
	fields = append(fields, limitFields(t.Limits)...)
	if t.Doc != "" {
		fields = append(fields, "doc: "+quote(t.Doc))
	}
	return fields
}

func printEquations(b *strings.Builder, key string, list []*Equation) {
	fmt.Fprintf(b, "%s: |\n", key)
	for _, q := range list {
		fmt.Fprintf(b, "  %s\n", PrintEquation(q))
	}
}

// quoteExpr writes an expression as a YAML scalar; those with a special
// character in YAML's eyes are quoted.
func quoteExpr(x Expr) string {
	text := PrintExpr(x)
	if strings.ContainsAny(text, "[]{},&*!|%#:-") {
		return `"` + text + `"`
	}
	return text
}

// quote writes a text as a YAML scalar in double quotes.
func quote(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q, `\a`, `\x07`)
}
