package check

import (
	"fmt"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/syntax"
)

// shadows complains about max(i, x[i]) where i is in use: it would be the larger of two
// numbers, and looks like a reduction.
func (q *equation) shadows(x *syntax.Call) {
	if x.Fn != "max" && x.Fn != "min" || len(x.Args) != 2 {
		return
	}
	name, ok := x.Args[0].(*syntax.Name)
	if !ok || q.index(name.Name) == nil {
		return
	}
	syntax.Walk(x.Args[1], func(y syntax.Expr) {
		if other, same := y.(*syntax.Name); ok && same && other.Name == name.Name {
			q.helpf(name.Pos, fmt.Sprintf("over all values it takes an index of its own; of two numbers, write %s + 0", name.Name),
				"the index %s is in use already; choose another name", name.Name)
			ok = false
		}
	})
}

// isReduction tells max(i, ...) over an index from max(a, b).
func (q *equation) isReduction(x *syntax.Call) bool {
	switch x.Fn {
	case "sum", "prod", "argmax":
		return true
	case "max", "min":
	default:
		return false
	}
	if _, seen := q.bound[x]; seen {
		return true
	}
	if len(x.Args) < 2 {
		return len(x.Args) == 1
	}
	switch a := x.Args[0].(type) {
	case *syntax.Name:
		return q.index(a.Name) == nil && q.meansNothingElse(a.Name)
	case *syntax.Binary:
		_, name := a.X.(*syntax.Name)
		return comparisons[a.Op] && name
	}
	return false
}

func (q *equation) resolveReduction(x *syntax.Call) {
	depth := len(q.scope)
	var list []*layer.Index
	q.bound[x] = nil
	if len(x.Args) < 2 {
		q.helpf(x.Pos, "for example "+x.Fn+"(i, x[n][i])", "%s needs an index and what to combine", x.Fn)
	}
	for k := 0; k < len(x.Args)-1; k++ {
		if i := q.reductionIndex(x, x.Args[k]); i != nil {
			list = append(list, i)
		}
	}
	q.bound[x] = list
	if len(x.Args) > 0 {
		q.resolveExpr(x.Args[len(x.Args)-1])
	}
	for _, i := range list {
		q.needRange(i)
	}
	q.scope = q.scope[:depth]
}

// mentionsIndex reports whether an index that is known occurs in x.
func (q *equation) mentionsIndex(x syntax.Expr) bool {
	found := false
	syntax.Walk(x, func(x syntax.Expr) {
		n, ok := x.(*syntax.Name)
		found = found || ok && q.index(n.Name) != nil
	})
	return found
}

// reductionIndex reads i or i < N.
func (q *equation) reductionIndex(call *syntax.Call, arg syntax.Expr) *layer.Index {
	if isBad(arg) {
		q.failed = true
		return nil
	}
	name, ok := arg.(*syntax.Name)
	var limit syntax.Expr
	wrong := false
	if b, isCmp := arg.(*syntax.Binary); isCmp && comparisons[b.Op] {
		if name, ok = b.X.(*syntax.Name); ok && (b.Op != "<" || q.mentionsIndex(b.Y)) {
			q.helpf(b.OpPos, fmt.Sprintf("terms that count in some cases only have a condition, as in %s(%s, where(%s, ..., 0))", call.Fn, name.Name, syntax.PrintExpr(b)),
				"the range of an index has the form %s < N", name.Name)
			wrong = true
		} else {
			limit = b.Y
		}
	}
	if !ok {
		q.helpf(arg.Position(), "for example "+call.Fn+"(i, x[n][i]) or "+call.Fn+"(i < 3, x[n][i])", "expected an index")
		return nil
	}
	if !q.meansNothingElse(name.Name) {
		q.errorf(name.Pos, "%s is declared already; an index needs a name of its own", name.Name)
		return nil
	}
	if q.index(name.Name) != nil {
		q.errorf(name.Pos, "the index %s is in use already; choose another name", name.Name)
		return nil
	}
	i := q.newIndex(name.Name, name.Pos)
	if wrong {
		q.uses[i].failed, q.failed = true, true
	}
	if limit != nil {
		u := q.uses[i]
		u.fixed = true
		if i.Size = q.c.extent(limit, "the range of "+i.Name); i.Size == 0 {
			u.failed = true
			q.failed = true
		}
	}
	return i
}
