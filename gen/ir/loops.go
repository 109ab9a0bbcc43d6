package ir

import "github.com/dlgen/dlgen/spec/layer"

// Loops is a pass in its naive form: one nest after the other, nothing tiled,
// nothing fused. It is what lower makes and what a schedule must agree with.
type Loops struct {
	// Name is "forward" or "backward".
	Name string
	// Args are the arguments of the generated function in API order.
	Args    []*layer.Tensor
	Scalars []*Scalar
	// Buffers are the arguments' buffers, then saved ones, then temporaries.
	Buffers []*Buffer
	Nests   []*Nest
	// Known has what is known of the arguments and of the workspace.
	Known map[*layer.Tensor]Known
}

// Known says that all elements of an array outside of a range, which is about
// its subscripts, are Rest.
type Known struct {
	// Coef has a coefficient for each subscript: 0 <= Const + the sum of these
	// times those < Size.
	Coef        []int
	Const, Size int
	Rest        float32
}

// Axis is one loop of a nest: Var runs over 0..Size-1, Size >= 2.
type Axis struct {
	Var  *Var
	Size int
}

// Nest computes, for all values of Axes in order, Store = Value, or Store =
// the reduction of Value over Reduce; with Accumulate it adds to Store.
type Nest struct {
	Axes   []Axis
	Reduce []Axis
	// Op is the reduction's; meaningless without Reduce.
	Op ReduceOp
	// Within restricts the reduction to the points that lie in all ranges. Each
	// of them is about at most one axis of Reduce and at most one of Axes.
	Within []Range
	// Only are ranges beyond each of which there is nothing to compute: a term
	// changes nothing there, and the value of a map, or of a whole reduction, is
	// Rest. They follow from the value, so that heeding them is optional. Each is
	// about two variables.
	Only []Range
	Rest float32
	// Gathers set the Vars that subscripts read from int32 buffers, in order.
	Gathers    []*LoadIndex
	Store      Mem
	Accumulate bool
	Value      *Expr
	// Text is the equation that the nest belongs to.
	Text string
	// Steps is the serial loop around the nest, or nil.
	Steps *Steps
}

// Steps is a serial loop around nests that stand side by side: Var runs over
// 0..Count-1, Count >= 2, and all of the nests run for one value before any of
// them runs for the next. Subscripts of the nests use Var as they do axes.
type Steps struct {
	Var   *Var
	Count int
}

// Range holds where Sub is in 0..Size-1.
type Range struct {
	Sub  Sub
	Size int
}

// ReduceOp says how a nest combines values.
type ReduceOp uint8

// ReduceArgMax yields the row-major position of the first maximum, as a Word.
const (
	ReduceSum ReduceOp = iota
	ReduceProd
	ReduceMax
	ReduceMin
	ReduceArgMax
)

var reduceNames = [...]string{"sum", "prod", "max", "min", "argmax"}

// String is the name in the language.
func (r ReduceOp) String() string { return reduceNames[r] }

// Expr is a node of a nest's value. Equal nodes may be shared.
type Expr struct {
	Op   Op
	Args []*Expr
	// Load, where not nil, makes the node an element of a buffer; Op is unused.
	Load *Mem
	Kind Kind
	// Real, Word, Fn, Scalar and Sub are as in Assign; Sub is over axes.
	Real   float32
	Word   int32
	Fn     string
	Scalar *Scalar
	Sub    Sub
	// Every, Within and Step are Spread's.
	Every, Within, Step int
}

// NewExpr makes an operation node of the kind that op yields.
func NewExpr(op Op, args ...*Expr) *Expr {
	k := Infos[op].Dst
	if op == Select {
		k = args[1].Kind
	}
	return &Expr{Op: op, Args: args, Kind: k}
}

// RealExpr is a constant.
func RealExpr(v float64) *Expr { return &Expr{Op: Const, Real: float32(v)} }

// LoadExpr is an element of a buffer.
func LoadExpr(m Mem) *Expr {
	k := Real
	if m.Buf.Elem == I32 {
		k = Word
	}
	return &Expr{Load: &m, Kind: k}
}

// Walk calls f for e and everything below it.
func (e *Expr) Walk(f func(*Expr)) {
	f(e)
	for _, a := range e.Args {
		a.Walk(f)
	}
}

// Loads lists the elements that e reads.
func (e *Expr) Loads() []*Mem {
	var out []*Mem
	e.Walk(func(x *Expr) {
		if x.Load != nil {
			out = append(out, x.Load)
		}
	})
	return out
}

// Coef is the coefficient of v in s.
func (s Sub) Coef(v *Var) int {
	for _, t := range s.Terms {
		if t.Var == v {
			return t.Coef
		}
	}
	return 0
}

// Equal reports whether s and t have the same value whatever their variables are.
func (s Sub) Equal(t Sub) bool {
	d := s.Add(t, -1)
	return d.Const == 0 && len(d.Terms) == 0
}

// Div is s/n, which is even where nothing is left over.
func (s Sub) Div(n int) (q Sub, even bool) {
	q.Const, even = s.Const/n, s.Const%n == 0
	for _, t := range s.Terms {
		even = even && t.Coef%n == 0
		q = q.Add(VarSub(t.Var), t.Coef/n)
	}
	return q, even
}

// Replace returns s with v replaced by t.
func (s Sub) Replace(v *Var, t Sub) Sub {
	c := s.Coef(v)
	if c == 0 {
		return s
	}
	out := Sub{Const: s.Const}
	for _, tt := range s.Terms {
		if tt.Var != v {
			out.Terms = append(out.Terms, tt)
		}
	}
	return out.Add(t, c)
}

// VarSub is the subscript v.
func VarSub(v *Var) Sub { return Sub{Terms: []SubTerm{{1, v}}} }
