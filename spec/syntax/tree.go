package syntax

import "github.com/dlgen/dlgen/spec/diag"

// Expr is an expression: one of the types below it.
type Expr interface{ Position() diag.Pos }

// Name is a name that stands alone: an index, dim, attribute, or scalar.
type Name struct {
	Name string
	Pos  diag.Pos
}

// Number literal, in decimal.
type Literal struct {
	Text string
	Pos  diag.Pos
}

// Element is a subscripted tensor, or, as a target, a bare name (no Subs).
type Element struct {
	Name string
	Subs []Expr
	Pos  diag.Pos
}

// Call is a function or reduction.
type Call struct {
	Fn   string
	Args []Expr
	Pos  diag.Pos
}

// Apply applies a layer to tensors: Layer{Settings}(Args).
type Apply struct {
	Layer    string
	Settings []*Setting
	Args     []Expr
	Pos      diag.Pos
}

// Setting gives a dim, an attribute or a tensor of the layer that is applied.
type Setting struct {
	Name  Word
	Value Expr
}

// Unary is Op X with Op one of - !.
type Unary struct {
	Op  string
	X   Expr
	Pos diag.Pos
}

// Binary is X Op Y with Op one of || && == != < <= > >= + - * / %. OpPos is
// the place of the operator.
type Binary struct {
	Op    string
	X, Y  Expr
	OpPos diag.Pos
}

// Bad stands for what could not be read, of which there is a complaint.
type Bad struct{ Pos diag.Pos }

// Position gives the place of the first character.
func (n *Name) Position() diag.Pos    { return n.Pos }
func (n *Literal) Position() diag.Pos { return n.Pos }
func (n *Element) Position() diag.Pos { return n.Pos }
func (n *Call) Position() diag.Pos    { return n.Pos }
func (n *Apply) Position() diag.Pos   { return n.Pos }
func (n *Unary) Position() diag.Pos   { return n.Pos }
func (n *Binary) Position() diag.Pos  { return n.X.Position() }
func (n *Bad) Position() diag.Pos     { return n.Pos }

// Walk calls f for x and all its parts, in the order of writing.
func Walk(x Expr, f func(Expr)) {
	f(x)
	switch x := x.(type) {
	case *Name, *Literal, *Bad:
	case *Element:
		for _, s := range x.Subs {
			Walk(s, f)
		}
	case *Call:
		for _, a := range x.Args {
			Walk(a, f)
		}
	case *Apply:
		for _, s := range x.Settings {
			Walk(s.Value, f)
		}
		for _, a := range x.Args {
			Walk(a, f)
		}
	case *Unary:
		Walk(x.X, f)
	case *Binary:
		Walk(x.X, f)
		Walk(x.Y, f)
	default:
		panic("syntax: unknown expression")
	}
}
