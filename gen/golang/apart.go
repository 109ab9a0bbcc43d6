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
// allow it, for passes where the mistake is close at hand: a state beside other
// results, or that after the last step in place of that before the first.
func (p *printer) mustDiffer(ps *pass) []pair {
	steps := len(ps.recurrences) > 0
	state := slices.ContainsFunc(ps.args, func(t *layer.Tensor) bool { return t.Role == layer.State })
	if !steps && !state {
		return nil
	}
	var out []pair
	for i, t := range ps.args {
		for _, u := range ps.args[i+1:] {
			if len(t.Shape) == 0 || len(u.Shape) == 0 || t.Type != u.Type || !slices.Equal(t.Shape, u.Shape) {
				continue
			}
			if !steps && !(ps.writes(t) && ps.writes(u)) {
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

// apart panics where two arguments that must differ are one array.
func (p *printer) apart(ps *pass) []jen.Code {
	var out []jen.Code
	for _, d := range p.mustDiffer(ps) {
		a, b := p.tensorName[d.written.Name], p.tensorName[d.other.Name]
		text := fmt.Sprintf("%s.%s: %s and %s are the same array, and %s is written", p.in.Name, ps.exported, a, b, a)
		out = append(out, jen.If(jen.Id(a).Op("==").Id(b)).Block(jen.Panic(jen.Lit(text))))
	}
	return out
}
