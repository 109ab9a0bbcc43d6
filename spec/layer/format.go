package layer

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// FormatEquation writes an equation in the language of specs. What it gives
// for a derived equation parses to the same tree.
func FormatEquation(e *Equation) string {
	var f formatter
	f.access(e.T, e.Subs)
	if e.Accumulate {
		f.WriteString(" += ")
	} else {
		f.WriteString(" = ")
	}
	f.expr(e.Value, precOr)
	return f.String()
}

// FormatExpr writes a real-valued expression.
func FormatExpr(x Expr) string {
	var f formatter
	f.expr(x, precOr)
	return f.String()
}

// FormatInt writes an integer expression.
func FormatInt(x Int) string {
	var f formatter
	f.int(x, precOr)
	return f.String()
}

// FormatCond writes a condition.
func FormatCond(x Cond) string {
	var f formatter
	f.cond(x, precOr)
	return f.String()
}

// FormatConst writes a number so that it reads back as the same float64.
func FormatConst(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Binding strengths, those of Go. A node is put in parentheses where its place
// asks for a stronger one than it has.
const (
	precOr = iota + 1
	precAnd
	precCompare
	precAdd
	precMul
	precUnary
	precPrimary
)

// formatter writes expressions; tight leaves out the spaces, as in subscripts.
type formatter struct {
	strings.Builder
	tight bool
}

// expr writes x for a place that asks for the strength prec.
func (f *formatter) expr(x Expr, prec int) {
	switch x := x.(type) {
	case Const:
		f.number(FormatConst(x.V), prec)
	case *Read:
		if x.Old {
			f.WriteString("old(")
			defer f.WriteString(")")
		}
		f.access(x.T, x.Subs)
	case *FromInt:
		if op, ok := x.X.(*IntOp); ok && op.Op != '%' {
			f.expr(realOp(op), prec)
			return
		}
		f.int(x.X, prec)
	case *Call:
		if x.Fn == "neg" {
			f.paren(precUnary, prec, func() {
				f.WriteByte('-')
				f.expr(x.Args[0], precPrimary)
			})
			return
		}
		f.call(x.Fn, func() {
			for i, a := range x.Args {
				f.comma(i)
				f.expr(a, precOr)
				if i == 0 && looksReduced(x) {
					f.WriteString(" + 0")
				}
			}
		})
	case *Binary:
		p := precOf(x.Op)
		f.paren(p, prec, func() {
			f.expr(x.X, p)
			f.op(x.Op)
			f.right(x.Op, func(r *formatter) { r.expr(x.Y, p+1) })
		})
	case *Where:
		f.call("where", func() {
			f.cond(x.Cond, precOr)
			f.WriteString(", ")
			f.expr(x.X, precOr)
			f.WriteString(", ")
			f.expr(x.Y, precOr)
		})
	case *Reduce:
		f.reduction([]string{Sum: "sum", Prod: "prod", Max: "max", Min: "min"}[x.Op], x.Idx, x.Body)
	case *Uniform:
		f.call("uniform", func() {
			f.WriteString(seedText(x) + ", ")
			f.int(x.K, precOr)
		})
	default:
		panic(fmt.Sprintf("layer: not an expression: %T", x))
	}
}

// seedText is the seed of x.
func seedText(x *Uniform) string {
	switch {
	case x.Seed == nil:
		return fmt.Sprint(x.Plus)
	case x.Plus == 0:
		return x.Seed.Name
	}
	return fmt.Sprintf("%s + %d", x.Seed.Name, x.Plus)
}

// looksReduced reports whether a call is of an index and what depends on it, as in
// max(i, x[i]) of two numbers.
func looksReduced(x *Call) bool {
	n, ok := x.Args[0].(*FromInt)
	if !ok || x.Fn != "max" && x.Fn != "min" {
		return false
	}
	v, ok := n.X.(*Var)
	found := false
	Walk(x.Args[1], func(y any) bool {
		w, same := y.(*Var)
		found = found || ok && same && w.I == v.I
		return !found
	})
	return found
}

func (f *formatter) int(x Int, prec int) {
	switch x := x.(type) {
	case Lit:
		f.number(strconv.Itoa(x.V), prec)
	case *Var:
		f.WriteString(x.I.Name)
	case *Element:
		f.access(x.T, x.Subs)
	case *IntOp:
		p := precOf(x.Op)
		f.paren(p, prec, func() {
			f.int(x.X, p)
			f.op(x.Op)
			f.right(x.Op, func(r *formatter) { r.int(x.Y, p+1) })
		})
	case *ArgMax:
		f.reduction("argmax", x.Idx, x.Body)
	default:
		panic(fmt.Sprintf("layer: not an integer expression: %T", x))
	}
}

func (f *formatter) cond(x Cond, prec int) {
	switch x := x.(type) {
	case *CmpInt:
		f.paren(precCompare, prec, func() {
			f.int(x.X, precAdd)
			f.WriteString(" " + x.Op + " ")
			f.int(x.Y, precAdd)
		})
	case *CmpReal:
		f.paren(precCompare, prec, func() {
			f.expr(x.X, precAdd)
			f.WriteString(" " + x.Op + " ")
			f.expr(x.Y, precAdd)
		})
	case *Logic:
		p := precOr
		if x.Op == "&&" {
			p = precAnd
		}
		f.paren(p, prec, func() {
			f.cond(x.X, p)
			f.WriteString(" " + x.Op + " ")
			f.cond(x.Y, p+1)
		})
	case *Not:
		f.paren(precUnary, prec, func() {
			f.WriteByte('!')
			f.cond(x.X, precPrimary)
		})
	default:
		panic(fmt.Sprintf("layer: not a condition: %T", x))
	}
}

// realOp is an operation on integers as one on real numbers, since that is how
// its text is read where a real number stands.
func realOp(x *IntOp) Expr {
	y := &Binary{Op: x.Op, X: &FromInt{x.X}, Y: &FromInt{x.Y}}
	if x.Op == '/' {
		return &Call{Fn: "floor", Args: []Expr{y}}
	}
	return y
}

// access writes an element of a tensor.
func (f *formatter) access(t *Tensor, subs []Int) {
	f.WriteString(t.Name)
	tight := f.tight
	f.tight = true
	for d, s := range subs {
		f.WriteByte('[')
		if v, ok := s.(*Var); ok && d < len(t.Shape) && v.I.Size != t.Shape[d] {
			f.WriteString("0+") // standing bare, it would have the range of the dimension
		}
		f.int(s, precOr)
		f.WriteByte(']')
	}
	f.tight = tight
}

// reduction writes indices and body; the range of an index is written where no
// bare use in the body tells it.
func (f *formatter) reduction(name string, idx []*Index, body Expr) {
	f.call(name, func() {
		for _, i := range idx {
			f.WriteString(i.Name)
			if !standsBare(i, body) {
				fmt.Fprintf(f, " < %d", i.Size)
			}
			f.WriteString(", ")
		}
		f.expr(body, precOr)
	})
}

// standsBare reports whether a subscript in x is the index alone, in a
// dimension of its size.
func standsBare(i *Index, x Expr) bool {
	found := false
	bare := func(t *Tensor, subs []Int) {
		for d, s := range subs {
			if v, ok := s.(*Var); ok && v.I == i && t.Shape[d] == i.Size {
				found = true
			}
		}
	}
	Walk(x, func(node any) bool {
		switch n := node.(type) {
		case *Read:
			bare(n.T, n.Subs)
		case *Element:
			bare(n.T, n.Subs)
		}
		return !found
	})
	return found
}

// call writes fn(…); what stands inside is spaced as outside subscripts.
func (f *formatter) call(fn string, args func()) {
	tight := f.tight
	f.tight = false
	f.WriteString(fn + "(")
	args()
	f.WriteByte(')')
	f.tight = tight
}

func (f *formatter) comma(i int) {
	if i > 0 {
		f.WriteString(", ")
	}
}

func (f *formatter) paren(has, wanted int, body func()) {
	if has < wanted {
		f.WriteByte('(')
		defer f.WriteByte(')')
	}
	body()
}

// number writes a literal; a negative one binds like a negation.
func (f *formatter) number(s string, prec int) {
	has := precPrimary
	if s[0] == '-' {
		has = precUnary
	}
	f.paren(has, prec, func() { f.WriteString(s) })
}

func (f *formatter) op(op byte) {
	if !f.tight && (op == '+' || op == '-') {
		f.WriteString(" " + string(op) + " ")
		return
	}
	f.WriteByte(op)
}

func precOf(op byte) int {
	if op == '+' || op == '-' {
		return precAdd
	}
	return precMul
}

// right writes a right operand, in parentheses where its minus would run into
// the one before it.
func (f *formatter) right(op byte, write func(r *formatter)) {
	r := formatter{tight: f.tight}
	write(&r)
	if s := r.String(); f.tight && op == '-' && s[0] == '-' {
		f.WriteString("(" + s + ")")
	} else {
		f.WriteString(s)
	}
}
