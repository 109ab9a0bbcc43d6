package golang

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/spec/layer"
)

// pair is an array that a pass writes and another argument of its type.
type pair struct{ written, other *layer.Tensor }

// mustDiffer lists the arguments that must not be one array though their types
// allow it: tiles read what others have written, and ends of rows are computed twice.
func (p *printer) mustDiffer(ps *pass) []pair {
	var out []pair
	for i, t := range ps.args {
		for _, u := range ps.args[i+1:] {
			if len(t.Shape) == 0 || len(u.Shape) == 0 || t.Type != u.Type || !slices.Equal(t.Shape, u.Shape) {
				continue
			}
			if ps.writes(t) {
				out = append(out, pair{t, u})
			} else if ps.writes(u) {
				out = append(out, pair{u, t})
			}
		}
	}
	return out
}

// writes reports whether the pass writes its argument t.
func (ps *pass) writes(t *layer.Tensor) bool {
	if ps.exported == "Backward" {
		return t.Role == layer.Gradient
	}
	return t.Role == layer.Output || t.Role == layer.State
}

// manyPairs is the number of pairs from which on loops compare them.
const manyPairs = 24

// apart panics where two arguments that must differ are one array.
func (p *printer) apart(ps *pass) []jen.Code {
	pairs := p.mustDiffer(ps)
	if len(pairs) >= manyPairs {
		return p.allApart(ps)
	}
	var out []jen.Code
	for _, d := range pairs {
		a, b := p.tensorName[d.written.Name], p.tensorName[d.other.Name]
		text := fmt.Sprintf("%s.%s: %s and %s are the same array, and %s is written", p.in.Name, ps.exported, a, b, a)
		out = append(out, jen.If(jen.Id(a).Op("==").Id(b)).Block(jen.Panic(jen.Lit(text))))
	}
	return out
}

// allApart compares all arrays that are written with all arrays.
func (p *printer) allApart(ps *pass) []jen.Code {
	var places, names []jen.Code
	written := 0
	for _, writes := range []bool{true, false} {
		for _, t := range ps.args {
			if len(t.Shape) == 0 || ps.writes(t) != writes {
				continue
			}
			places = append(places, jen.Qual("unsafe", "Pointer").Call(jen.Id(p.tensorName[t.Name])))
			names = append(names, jen.Lit(p.tensorName[t.Name]))
			if writes {
				written++
			}
		}
	}
	taken := p.internal.inner()
	arrays, i, j, list := taken.take("arrays"), taken.take("i"), taken.take("j"), taken.take("names")
	found := []jen.Code{
		jen.Id(list).Op(":=").Index(jen.Op("...")).String().Values(names...),
		jen.Panic(jen.Lit(p.in.Name + "." + ps.exported + ": ").Op("+").Id(list).Index(jen.Id(i)).Op("+").Lit(" and ").Op("+").Id(list).Index(jen.Id(j)).
			Op("+").Lit(" are the same array, and ").Op("+").Id(list).Index(jen.Id(i)).Op("+").Lit(" is written")),
	}
	return []jen.Code{
		jen.Id(arrays).Op(":=").Index(jen.Op("...")).Qual("unsafe", "Pointer").Values(places...),
		jen.For(jen.Id(i).Op(":=").Lit(0), jen.Id(i).Op("<").Lit(written), jen.Id(i).Op("++")).Block(
			jen.For(jen.Id(j).Op(":=").Id(i).Op("+").Lit(1), jen.Id(j).Op("<").Len(jen.Id(arrays)), jen.Id(j).Op("++")).Block(
				jen.If(jen.Id(arrays).Index(jen.Id(i)).Op("==").Id(arrays).Index(jen.Id(j))).Block(found...),
			),
		),
	}
}
