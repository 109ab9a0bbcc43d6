package golang

import (
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/spec/layer"
)

// limited lists the numbers among the arguments of a pass that have limits.
func limited(ps *pass) []*layer.Tensor {
	var out []*layer.Tensor
	for _, t := range ps.args {
		if len(t.Limits) > 0 {
			out = append(out, t)
		}
	}
	return out
}

// withinLimits panics where a number is beyond its limits, or is none.
func (p *printer) withinLimits(ps *pass) []jen.Code {
	var out []jen.Code
	for _, t := range limited(ps) {
		name := p.tensorName[t.Name]
		text := fmt.Sprintf("%s.%s: %s must be %s", p.in.Name, ps.exported, name, t.Allowed())
		out = append(out, jen.If(outOfLimits(t, name)).Block(jen.Panic(jen.Lit(text))))
	}
	return out
}

// opposite are the comparisons that hold where others do not, but for numbers that are none.
var opposite = map[string]string{">=": "<", ">": "<=", "<=": ">", "<": ">="}

// outOfLimits is whether a number breaks one of its limits.
func outOfLimits(t *layer.Tensor, name string) *jen.Statement {
	var any *jen.Statement
	for _, l := range t.Limits {
		one := jen.Id(name).Op(opposite[l.Op]).Id(bound(t, l.Bound))
		if t.Type == layer.Float32 {
			one = jen.Op("!").Parens(jen.Id(name).Op(l.Op).Id(bound(t, l.Bound)))
		}
		if any == nil {
			any = one
		} else {
			any.Op("||").Add(one)
		}
	}
	return any
}

// bound spells the bound of a number as a constant of no type.
func bound(t *layer.Tensor, v float64) string {
	if t.Type == layer.Float32 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
