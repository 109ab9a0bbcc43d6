package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/gen/ir"
)

var operators = map[ir.Op]string{
	ir.Add: "+", ir.Sub2: "-", ir.Mul: "*", ir.Div: "/",
	ir.IAdd: "+", ir.ISub: "-", ir.IMul: "*", ir.IAnd: "&", ir.IOr: "|", ir.IXor: "^",
	ir.LT: "<", ir.LE: "<=", ir.EQ: "==", ir.NE: "!=", ir.IEQ: "==", ir.IGT: ">",
	ir.And: "&&", ir.Or: "||",
}

// op is the right-hand side of a.
func (k *kernel) op(a *ir.Assign) expr {
	if (a.Op == ir.And || a.Op == ir.Or) && a.Args[0] == a.Args[1] {
		return k.reg(a.Args[0])
	}
	if op, ok := operators[a.Op]; ok {
		return binary(op, k.reg(a.Args[0]), k.reg(a.Args[1]))
	}
	if a.Op == ir.Unordered && a.Args[0] == a.Args[1] {
		return binary("!=", k.reg(a.Args[0]), k.reg(a.Args[0]))
	}
	if h, ok := helperOf[a.Op]; ok {
		return k.callHelper(h, a)
	}
	if isCopy(a.Op) {
		return k.reg(a.Args[0])
	}
	switch a.Op {
	case ir.Const:
		return real32(a.Real)
	case ir.ConstWord:
		return word(a.Word)
	case ir.Param:
		return name(k.scalar(a.Scalar))
	case ir.KeyParam:
		return convert("int32", name(k.scalar(a.Scalar)))
	case ir.Iota:
		return convert("int32", subscript(a.Sub, k.vars))
	case ir.LaneMask:
		return name(map[bool]string{true: "true", false: "false"}[a.Word > 0])
	case ir.FMA, ir.FNMA, ir.FMS:
		return k.fma(a)
	case ir.IShl, ir.ISar:
		op := map[ir.Op]string{ir.IShl: "<<", ir.ISar: ">>"}[a.Op]
		return binary(op, k.reg(a.Args[0]), integer(int(a.Word)))
	case ir.IShr:
		return convert("int32", binary(">>", convert("uint32", k.reg(a.Args[0])), integer(int(a.Word))))
	case ir.Pick:
		entry := binary("&", k.reg(a.Args[0]), integer(len(a.Table)-1))
		return expr{code: jen.Id(k.table(a.Table)).Index(entry.code), prec: primary}
	case ir.Select:
		return k.callHelper(map[ir.Kind]string{ir.Real: "select32", ir.Word: "selectInt"}[a.Dst.Kind], a)
	case ir.Apply:
		return k.callHelper(applyName(a.Fn), a)
	}
	return k.unary(a, k.reg(a.Args[0]))
}

func (k *kernel) unary(a *ir.Assign, x expr) expr {
	switch a.Op {
	case ir.Neg:
		return unary("-", x)
	case ir.Not:
		return unary("!", x)
	case ir.Sqrt:
		return convert("float32", mathCall("Sqrt", convert("float64", x)))
	case ir.ToReal:
		return convert("float32", x)
	case ir.TruncOp:
		return convert("int32", x)
	case ir.RealBits:
		return mathCall("Float32frombits", convert("uint32", x))
	case ir.WordBits:
		return convert("int32", mathCall("Float32bits", x))
	}
	panic(fmt.Sprintf("golang: operation %v is not known", a.Op))
}

func (k *kernel) fma(a *ir.Assign) expr {
	product := binary("*", k.reg(a.Args[0]), k.reg(a.Args[1]))
	c := k.reg(a.Args[2])
	switch a.Op {
	case ir.FNMA:
		return binary("-", c, product)
	case ir.FMS:
		return binary("-", product, c)
	}
	return binary("+", product, c)
}

func (k *kernel) scalar(s *ir.Scalar) string {
	n, ok := k.scalars[s]
	if !ok {
		panic(fmt.Sprintf("golang: scalar %s is no parameter", s.Name))
	}
	return n
}

// callHelper calls one of the small functions at the end of kernels.go.
func (k *kernel) callHelper(h string, a *ir.Assign) expr {
	args := make([]expr, len(a.Args))
	for i, r := range a.Args {
		args[i] = k.reg(r)
	}
	return call(jen.Id(k.helper(h, a.Fn)), args...)
}
