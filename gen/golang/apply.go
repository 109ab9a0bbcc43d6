package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/vecmath"
)

// mathFunction prints the expansion of fn as a function of its own. Its return
// is a store to no buffer.
func (p *printer) mathFunction(fn string) *jen.Statement {
	f := vecmath.Lookup(fn)
	if f == nil {
		panic("golang: no function " + fn)
	}
	var given []value
	for _, r := range f.Params {
		given = append(given, r)
	}
	body := append(f.Body[:len(f.Body):len(f.Body)], &ir.Store{Src: f.Result, Lanes: 1})
	k := p.newKernel(newPlan(body, given...))
	for _, names := range []map[string]string{p.tensorName, p.scalarName} {
		for _, n := range names {
			delete(k.scope, n) // a parameter elsewhere, free here
		}
	}
	var params []param
	for i, r := range f.Params {
		k.regs[r] = k.scope.take(string(rune('x' + i)))
		params = append(params, param{k.regs[r], "float32"})
	}
	name := p.helper(applyName(fn), fn)
	doc := []string{name + " is the function " + fn + ", to float32 precision."}
	return documented(doc, jen.Func().Id(name).Add(signature(params)).Float32().Block(k.list(body)...))
}
