package layer

import (
	"slices"

	"github.com/dlgen/dlgen/spec/diag"
)

// Expr is a real-valued expression: one of the types below it.
type Expr interface{ isExpr() }

// Const is a literal or a folded attribute, in float64.
type Const struct{ V float64 }

// Read is an element of a float32 tensor, or a scalar (no Subs). A scalar of
// integer type reads as its value.
type Read struct {
	T    *Tensor
	Subs []Int
	// Old says that it is what the element of a state was before the pass.
	Old bool
	Pos diag.Pos
}

// FromInt is an integer expression taken as a real number.
type FromInt struct{ X Int }

// Call applies a function elementwise: neg exp log log1p expm1 sqrt rsqrt tanh
// sigmoid erf abs floor sin cos take one argument; min max pow take two.
// At a tie, max and min belong to their second argument (so max(x, 0) has
// derivative 0 at 0), and abs has derivative 0 at 0.
type Call struct {
	Fn   string
	Args []Expr
}

// Binary is X Op Y with Op one of + - * /.
type Binary struct {
	Op   byte
	X, Y Expr
}

// Where is X where Cond holds and Y elsewhere; the other one is not evaluated.
type Where struct {
	Cond Cond
	X, Y Expr
}

// ReduceOp is how a reduction combines.
type ReduceOp uint8

const (
	Sum ReduceOp = iota
	Prod
	Max
	Min
)

// Reduce combines Body over all values of Idx. The gradient of Max and Min
// goes to the first extremum in row-major order of Idx.
type Reduce struct {
	Op   ReduceOp
	Idx  []*Index
	Body Expr
}

// Uniform is element K of the counter-based generator: a number in [0, 1) that
// depends on its seed and K alone. The seed is Seed (a Uint64 scalar, or nil for 0) and Plus.
type Uniform struct {
	Seed *Tensor
	Plus uint64
	K    Int
}

// Int is an integer expression: one of the types below it.
type Int interface{ isInt() }

// Lit is an integer constant; dims are folded into these.
type Lit struct{ V int }

// Var is the value of an index.
type Var struct{ I *Index }

// Element is an element of an int32 tensor, or an Int scalar (no Subs).
type Element struct {
	T    *Tensor
	Subs []Int
	// Guarded says that conditions around the access keep it in bounds, where it is
	// part of a subscript: elsewhere it may have any value. Under are those conditions
	// that compare the element with a constant.
	Guarded bool
	Under   []Bound
	Pos     diag.Pos
}

// At is the same use of another element.
func (e *Element) At(t *Tensor, subs []Int) *Element {
	out := *e
	out.T, out.Subs = t, subs
	return &out
}

// Reaches reports whether the element may be v where it is a subscript.
func (e *Element) Reaches(v int) bool {
	for _, b := range e.Under {
		if !b.Holds(v) {
			return false
		}
	}
	return true
}

// Bound compares a number with a constant: Op is one of == != < <= > >=.
type Bound struct {
	Op string
	V  int
}

// Holds reports whether it is true of v.
func (b Bound) Holds(v int) bool {
	switch b.Op {
	case "==":
		return v == b.V
	case "!=":
		return v != b.V
	case "<":
		return v < b.V
	case "<=":
		return v <= b.V
	case ">":
		return v > b.V
	case ">=":
		return v >= b.V
	}
	panic("layer: comparison " + b.Op)
}

// IntOp is X Op Y with Op one of + - * / %; / and % floor, and Y is a positive
// constant for them.
type IntOp struct {
	Op   byte
	X, Y Int
}

// ArgMax is the first position, row-major over Idx, of the largest Body.
type ArgMax struct {
	Idx  []*Index
	Body Expr
}

// Cond is a truth value: one of the types below it.
type Cond interface{ isCond() }

// CmpInt compares integers, Op one of < <= == != > >=.
type CmpInt struct {
	Op   string
	X, Y Int
}

// CmpReal compares real numbers, Op as in CmpInt.
type CmpReal struct {
	Op   string
	X, Y Expr
}

// Logic is X Op Y with Op one of && ||; the negation is Not.
type Logic struct {
	Op   string
	X, Y Cond
}

// Not negates.
type Not struct{ X Cond }

func (Const) isExpr()    {}
func (*Read) isExpr()    {}
func (*FromInt) isExpr() {}
func (*Call) isExpr()    {}
func (*Binary) isExpr()  {}
func (*Where) isExpr()   {}
func (*Reduce) isExpr()  {}
func (*Uniform) isExpr() {}

func (Lit) isInt()      {}
func (*Var) isInt()     {}
func (*Element) isInt() {}
func (*IntOp) isInt()   {}
func (*ArgMax) isInt()  {}

func (*CmpInt) isCond()  {}
func (*CmpReal) isCond() {}
func (*Logic) isCond()   {}
func (*Not) isCond()     {}

// Affine is Const + sum of Coef[k]*Index over the terms, which are distinct
// and nonzero, in the order of first mention.
type Affine struct {
	Const int
	Terms []Term
}

// Term is one summand of an Affine.
type Term struct {
	Coef int
	I    *Index
}

// AffineOf writes x as an affine form, where it is one.
func AffineOf(x Int) (Affine, bool) {
	switch x := x.(type) {
	case Lit:
		return Affine{Const: x.V}, true
	case *Var:
		return Affine{Terms: []Term{{1, x.I}}}, true
	case *IntOp:
		a, ok := AffineOf(x.X)
		if !ok {
			return Affine{}, false
		}
		b, ok := AffineOf(x.Y)
		if !ok {
			return Affine{}, false
		}
		switch {
		case x.Op == '+':
			return a.add(b, 1), true
		case x.Op == '-':
			return a.add(b, -1), true
		case x.Op == '*' && len(b.Terms) == 0:
			return Affine{}.add(a, b.Const), true
		case x.Op == '*' && len(a.Terms) == 0:
			return Affine{}.add(b, a.Const), true
		}
	}
	return Affine{}, false
}

// add returns a + k*b, which may share terms with a.
func (a Affine) add(b Affine, k int) Affine {
	out := Affine{Const: a.Const + k*b.Const}
	if len(b.Terms) == 0 {
		out.Terms = slices.Clip(a.Terms)
		return out
	}
	out.Terms = append(make([]Term, 0, len(a.Terms)+len(b.Terms)), a.Terms...)
	for _, t := range b.Terms {
		found := false
		for i := range out.Terms {
			if out.Terms[i].I == t.I {
				out.Terms[i].Coef += k * t.Coef
				found = true
			}
		}
		if !found {
			out.Terms = append(out.Terms, Term{k * t.Coef, t.I})
		}
	}
	kept := out.Terms[:0]
	for _, t := range out.Terms {
		if t.Coef != 0 {
			kept = append(kept, t)
		}
	}
	out.Terms = kept
	return out
}
