package ir

import "github.com/dlgen/dlgen/spec/layer"

// Op is what an Assign computes, lane by lane unless it says otherwise.
type Op uint8

const (
	Copy Op = iota // any kind

	// Real results.
	Const // Real
	Param // Scalar, in all lanes
	Add
	Sub2 // a - b
	Mul
	Div
	MaxOp // a > b ? a : b, as VMAXPS: b where they are equal or either is NaN
	MinOp // a < b ? a : b
	FMA   // a*b + c, rounded once in assembly, perhaps twice in Go
	FNMA  // c - a*b
	FMS   // a*b - c
	Neg
	Abs
	Sqrt
	Round // to the nearest integer, ties to even
	Floor
	Scale    // a * 2^Floor(b), rounded once; with 16 lanes only
	InvRoot  // about 1/sqrt(a), to a relative error of 2^-14; with 16 lanes only
	ToReal   // Word to Real, converted
	RealBits // Word to Real, same bits
	Select   // Mask, a, b: a where the mask holds; also for Word results
	HSum     // sum of all lanes, in every lane; of 2 or 4 args: lane j has that of arg j%2 or j%4
	HMax     // likewise; NaN where a lane is
	HMin     // likewise
	HProd    // likewise
	HSums    // up to Lanes args: lane j is the sum of the lanes of arg j, 0 beyond
	Shuffle  // lane j is the lane Order[j] of the operand
	Align    // lane j is the lane Word+j of the first operand, which the second one continues; not with one lane
	Spread   // in a nest: the element Sub/Every%Within*Step places after the operand, a load
	Apply    // function Fn (exp, log, tanh, ...) of one or two args; only with one lane

	// Word results, wrapping.
	ConstWord // Word
	Iota      // Sub + Step*lane
	IAdd
	ISub
	IMul
	IAnd
	IOr
	IXor
	IShl     // by Word
	IShr     // logical, by Word
	ISar     // arithmetic, by Word
	Pick     // the entry of Table that the three lowest bits name
	ToWord   // Real to Word, to nearest even
	TruncOp  // Real to Word, toward zero
	WordBits // Real to Word, same bits
	KeyParam // Scalar with a Key, in all lanes

	// Mask results. Comparisons of reals are false for NaN, but NE is true.
	LT
	LE
	EQ
	NE
	Unordered // either is NaN
	IEQ
	IGT
	And // masks
	Or
	Not
	LaneMask // true in the first Word lanes
)

// Info describes an Op.
type Info struct {
	Name string
	// Args is the number of register operands, -1 for a varying number.
	Args int
	// Arg is the kind of the operands; Select's first operand is a Mask and
	// its others have the kind of Dst; Copy's has the kind of Dst.
	Arg Kind
	Dst Kind
}

// Infos has an entry for every Op.
var Infos = [...]Info{
	Copy: {"copy", 1, Real, Real}, Const: {"const", 0, Real, Real}, Param: {"param", 0, Real, Real},
	Add: {"add", 2, Real, Real}, Sub2: {"sub", 2, Real, Real}, Mul: {"mul", 2, Real, Real}, Div: {"div", 2, Real, Real},
	MaxOp: {"max", 2, Real, Real}, MinOp: {"min", 2, Real, Real},
	FMA: {"fma", 3, Real, Real}, FNMA: {"fnma", 3, Real, Real}, FMS: {"fms", 3, Real, Real},
	Neg: {"neg", 1, Real, Real}, Abs: {"abs", 1, Real, Real}, Sqrt: {"sqrt", 1, Real, Real},
	Round: {"round", 1, Real, Real}, Floor: {"floor", 1, Real, Real}, Scale: {"scale", 2, Real, Real}, InvRoot: {"invroot", 1, Real, Real},
	ToReal: {"toreal", 1, Word, Real}, RealBits: {"realbits", 1, Word, Real},
	Select: {"select", 3, Real, Real},
	HSum:   {"hsum", -1, Real, Real}, HMax: {"hmax", -1, Real, Real}, HMin: {"hmin", -1, Real, Real}, HProd: {"hprod", -1, Real, Real},
	HSums: {"hsums", -1, Real, Real}, Shuffle: {"shuffle", 1, Real, Real}, Align: {"align", 2, Real, Real}, Spread: {"spread", 1, Real, Real}, Apply: {"apply", -1, Real, Real},
	ConstWord: {"constword", 0, Word, Word}, Iota: {"iota", 0, Word, Word},
	IAdd: {"iadd", 2, Word, Word}, ISub: {"isub", 2, Word, Word}, IMul: {"imul", 2, Word, Word},
	IAnd: {"iand", 2, Word, Word}, IOr: {"ior", 2, Word, Word}, IXor: {"ixor", 2, Word, Word},
	IShl: {"ishl", 1, Word, Word}, IShr: {"ishr", 1, Word, Word}, ISar: {"isar", 1, Word, Word},
	Pick:   {"pick", 1, Word, Word},
	ToWord: {"toword", 1, Real, Word}, TruncOp: {"trunc", 1, Real, Word}, WordBits: {"wordbits", 1, Real, Word},
	KeyParam: {"key", 0, Word, Word},
	LT:       {"lt", 2, Real, Mask}, LE: {"le", 2, Real, Mask}, EQ: {"eq", 2, Real, Mask}, NE: {"ne", 2, Real, Mask},
	Unordered: {"unordered", 2, Real, Mask}, IEQ: {"ieq", 2, Word, Mask}, IGT: {"igt", 2, Word, Mask},
	And: {"and", 2, Mask, Mask}, Or: {"or", 2, Mask, Mask}, Not: {"not", 1, Mask, Mask}, LaneMask: {"lanemask", 0, Mask, Mask},
}

// String is the name of the operation.
func (o Op) String() string { return Infos[o].Name }

// SeedKeys spreads a 64-bit seed over two 32-bit keys, as the language says.
func SeedKeys(seed uint64) (uint32, uint32) { return layer.SeedKeys(seed) }
