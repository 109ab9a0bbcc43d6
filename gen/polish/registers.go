package polish

import (
	"maps"
	"math"
	"slices"

	"github.com/dlgen/dlgen/gen/ir"
)

// registers is what statements do with their registers.
type registers struct {
	// defs and uses count the statements that assign to a register and read it; same are the
	// registers to which one value in all lanes is assigned, loaded those to which a vector
	// of memory is.
	defs, uses   map[*ir.Reg]int
	same, loaded map[*ir.Reg]bool
	// constants has the bits of the numbers that registers are set to.
	constants map[*ir.Reg]uint32
}

func newRegisters(body []ir.Stmt) *registers {
	a := &registers{defs: map[*ir.Reg]int{}, uses: map[*ir.Reg]int{}, same: map[*ir.Reg]bool{}, loaded: map[*ir.Reg]bool{}, constants: map[*ir.Reg]uint32{}}
	a.count(body)
	a.compare(body)
	return a
}

// count notes what is assigned and read.
func (a *registers) count(body []ir.Stmt) {
	for _, st := range body {
		for _, r := range ir.Operands(st) {
			a.uses[r]++
		}
		for _, r := range ir.Assigned(st) {
			a.defs[r]++
		}
		if l, ok := st.(*ir.Loop); ok {
			a.count(l.Body)
		}
	}
}

// compare notes what has one value in all lanes, when it is known what is assigned again.
func (a *registers) compare(body []ir.Stmt) {
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			a.compare(st.Body)
		case *ir.Load:
			a.same[st.Dst], a.loaded[st.Dst] = st.Broadcast, !st.Broadcast
		case *ir.Assign:
			switch st.Op {
			case ir.Const:
				a.constants[st.Dst] = math.Float32bits(st.Real)
			case ir.ConstWord:
				a.constants[st.Dst] = uint32(st.Word)
			}
			a.same[st.Dst] = isHorizontal(st) || !acrossLanes[st.Op] && !slices.ContainsFunc(st.Args, func(r *ir.Reg) bool { return !a.isUniform(r) })
		}
	}
}

// acrossLanes are the operations of which lanes may differ though those of the operands do not.
var acrossLanes = map[ir.Op]bool{
	ir.HSum: true, ir.HMax: true, ir.HMin: true, ir.HProd: true, ir.HSums: true, ir.Shuffle: true, ir.Align: true, ir.Iota: true, ir.LaneMask: true,
}

// isUniform reports whether r, to which one statement assigns, has one value in all lanes.
func (a *registers) isUniform(r *ir.Reg) bool { return a.same[r] && a.defs[r] == 1 }

// alike reports whether two registers, to each of which one statement assigns, are one or are
// set to the same number.
func (a *registers) alike(r, s *ir.Reg) bool {
	x, ok := a.constants[r]
	y, ok2 := a.constants[s]
	return r == s || ok && ok2 && x == y && r.Kind == s.Kind && a.defs[r] == 1 && a.defs[s] == 1
}

// isLoaded reports whether r is a vector of memory.
func (a *registers) isLoaded(r *ir.Reg) bool { return a.loaded[r] && a.defs[r] == 1 }

// isHorizontal reports whether st combines the lanes of one register.
func isHorizontal(st ir.Stmt) bool {
	x, ok := st.(*ir.Assign)
	return ok && len(x.Args) == 1 && (x.Op == ir.HSum || x.Op == ir.HMax || x.Op == ir.HMin || x.Op == ir.HProd)
}

// lanewise are the operations that are computed in the lanes of several rows.
var lanewise = map[ir.Op]bool{
	ir.Add: true, ir.Sub2: true, ir.Mul: true, ir.Div: true, ir.MaxOp: true, ir.MinOp: true, ir.FMA: true, ir.FNMA: true, ir.FMS: true,
	ir.Neg: true, ir.Abs: true, ir.Sqrt: true, ir.Round: true, ir.Floor: true,
}

// bitwise are these and those that functions such as exp consist of besides.
var bitwise = union(lanewise, map[ir.Op]bool{
	ir.Scale: true, ir.ToReal: true, ir.RealBits: true, ir.Select: true,
	ir.IAdd: true, ir.ISub: true, ir.IMul: true, ir.IAnd: true, ir.IOr: true, ir.IXor: true, ir.IShl: true, ir.IShr: true, ir.ISar: true,
	ir.Pick: true, ir.ToWord: true, ir.TruncOp: true, ir.WordBits: true,
	ir.LT: true, ir.LE: true, ir.EQ: true, ir.NE: true, ir.Unordered: true, ir.IEQ: true, ir.IGT: true, ir.And: true, ir.Or: true, ir.Not: true,
})

func union(a, b map[ir.Op]bool) map[ir.Op]bool {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
