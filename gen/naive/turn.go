package naive

import "github.com/dlgen/dlgen/gen/ir"

// Turn is a copy that exchanges rows and columns: it is read along one axis and
// written along another, in squares of as many rows as a vector has lanes.
type Turn struct{ From, To *ir.Var }

// TurnOf is what n exchanges, nil where it does anything else.
func TurnOf(n *ir.Nest) *Turn {
	from := n.Value.Load
	if from == nil || from.Buf.Elem != n.Store.Buf.Elem || from.Buf.Root() == n.Store.Buf.Root() || len(n.Reduce) > 0 || !Plain(n) {
		return nil
	}
	along := Turn{Contiguous(from), Contiguous(&n.Store)}
	if along.From == nil || along.To == nil || along.From == along.To {
		return nil
	}
	if Stride(from, along.To) == 0 || Stride(&n.Store, along.From) == 0 {
		return nil // it repeats what it reads
	}
	return &along
}

// Exchanges reports whether n does nothing but exchange rows and columns.
func Exchanges(n *ir.Nest) bool { return TurnOf(n) != nil }

// Turns reports whether n exchanges rows and columns, of which neither are short.
func Turns(n *ir.Nest, lanes int) bool {
	along := TurnOf(n)
	return lanes > 1 && along != nil && 2*SizeOf(n.Axes, along.From) >= lanes && 2*SizeOf(n.Axes, along.To) >= lanes
}
