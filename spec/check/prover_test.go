package check

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/layer"
)

// TestProver compares the prover with a look at every point, on random
// subscripts under random conditions.
func TestProver(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	idx := []*layer.Index{{Name: "i"}, {Name: "j"}, {Name: "k"}}
	proved, refuted := 0, 0
	for n := 0; n < 20000; n++ {
		for _, i := range idx {
			i.Size = 1 + r.Intn(7)
		}
		sub := randomInt(r, idx, 3)
		size := int64(1 + r.Intn(12))
		p := prover{sub: sub, size: size, left: budget}
		for k := r.Intn(4); k > 0; k-- {
			p.conds = append(p.conds, randomCond(r, idx, 2))
		}
		conds := append([]layer.Cond(nil), p.conds...)
		point, found := p.prove(box{})
		if p.left <= 0 {
			t.Fatal("out of budget")
		}
		bad := false
		everyPoint(idx, func(at []int) {
			v := int64(evaluate(sub, idx, at))
			for _, c := range conds {
				if !truthAt(c, idx, at) {
					return
				}
			}
			bad = bad || v < 0 || v >= size
		})
		// A condition on indices of no concern may exclude every point; that is
		// not looked at.
		if found != bad && !(found && unrelated(conds, sub)) {
			t.Fatalf("%s of %d under %v with %v: found %v (%s), want %v", layer.FormatInt(sub), size, formatAll(conds), sizes(idx), found, point, bad)
		}
		if found {
			refuted++
		} else {
			proved++
		}
	}
	if proved < 2000 || refuted < 2000 {
		t.Errorf("the cases are one-sided: %d proved, %d refuted", proved, refuted)
	}
}

func randomInt(r *rand.Rand, idx []*layer.Index, depth int) layer.Int {
	if depth == 0 || r.Intn(4) == 0 {
		if r.Intn(3) == 0 {
			return layer.Lit{V: r.Intn(9) - 4}
		}
		return &layer.Var{I: idx[r.Intn(len(idx))]}
	}
	x := randomInt(r, idx, depth-1)
	switch r.Intn(8) {
	case 0:
		return &layer.IntOp{Op: '*', X: x, Y: layer.Lit{V: r.Intn(7) - 3}}
	case 1:
		return &layer.IntOp{Op: '/', X: x, Y: layer.Lit{V: 1 + r.Intn(4)}}
	case 2:
		return &layer.IntOp{Op: '%', X: x, Y: layer.Lit{V: 1 + r.Intn(4)}}
	case 3, 4, 5:
		return &layer.IntOp{Op: '+', X: x, Y: randomInt(r, idx, depth-1)}
	}
	return &layer.IntOp{Op: '-', X: x, Y: randomInt(r, idx, depth-1)}
}

func randomCond(r *rand.Rand, idx []*layer.Index, depth int) layer.Cond {
	switch {
	case depth > 0 && r.Intn(4) == 0:
		return &layer.Not{X: randomCond(r, idx, depth-1)}
	case depth > 0 && r.Intn(2) == 0:
		op := []string{"&&", "||"}[r.Intn(2)]
		return &layer.Logic{Op: op, X: randomCond(r, idx, depth-1), Y: randomCond(r, idx, depth-1)}
	}
	op := []string{"<", "<=", "==", "!=", ">", ">="}[r.Intn(6)]
	return &layer.CmpInt{Op: op, X: randomInt(r, idx, 2), Y: randomInt(r, idx, 1)}
}

func truthAt(c layer.Cond, idx []*layer.Index, at []int) bool {
	switch c := c.(type) {
	case *layer.CmpInt:
		return compare(c.Op, float64(evaluate(c.X, idx, at)), float64(evaluate(c.Y, idx, at)))
	case *layer.Not:
		return !truthAt(c.X, idx, at)
	case *layer.Logic:
		if c.Op == "&&" {
			return truthAt(c.X, idx, at) && truthAt(c.Y, idx, at)
		}
		return truthAt(c.X, idx, at) || truthAt(c.Y, idx, at)
	}
	panic("unknown condition")
}

func everyPoint(idx []*layer.Index, f func(at []int)) {
	at := make([]int, len(idx))
	for n := idx[0].Size * idx[1].Size * idx[2].Size; n > 0; n-- {
		f(at)
		next(idx, at)
	}
}

// unrelated reports whether a condition shares no index with the subscript.
func unrelated(conds []layer.Cond, sub layer.Int) bool {
	p := prover{sub: sub, conds: append([]layer.Cond(nil), conds...)}
	p.connect()
	return len(p.conds) < len(conds)
}

func formatAll(conds []layer.Cond) []string {
	var out []string
	for _, c := range conds {
		out = append(out, layer.FormatCond(c))
	}
	return out
}

func sizes(idx []*layer.Index) string {
	return fmt.Sprint(idx[0].Size, idx[1].Size, idx[2].Size)
}

// TestPartition compares the decision by classes with counting, on random
// equations for a matrix.
func TestPartition(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	good := 0
	for n := 0; n < 20000; n++ {
		x := &layer.Tensor{Name: "x", Role: layer.Output, Shape: []int{1 + r.Intn(3), 1 + r.Intn(8)}}
		var list []*layer.Equation
		for k := 1 + r.Intn(3); k > 0; k-- {
			if e := randomTarget(r, x); e != nil {
				e.Pos = diag.Pos{Line: k}
				list = append(list, e)
			}
		}
		if len(list) == 0 {
			continue
		}
		p := partition{x, list}
		fast, _ := p.check()
		slow, _ := p.checkListed()
		if (fast == "") != (slow == "") {
			for _, e := range list {
				t.Log(layer.FormatEquation(e), sizesOf(e))
			}
			t.Fatalf("shape %v: %q by classes, %q by counting", x.Shape, fast, slow)
		}
		if fast == "" {
			good++
		}
	}
	if good < 200 {
		t.Errorf("only %d partitions are complete", good)
	}
}

// randomTarget is an equation with in-bounds affine subscripts, or nil.
func randomTarget(r *rand.Rand, x *layer.Tensor) *layer.Equation {
	e := &layer.Equation{T: x, Value: layer.Const{}}
	for _, size := range x.Shape {
		var sub layer.Int = layer.Lit{V: r.Intn(2) * r.Intn(size)}
		for k := r.Intn(3); k > 0; k-- {
			i := &layer.Index{Name: string(rune('i' + len(e.Free))), Size: 1 + r.Intn(size)}
			e.Free = append(e.Free, i)
			sub = &layer.IntOp{Op: '+', X: sub, Y: &layer.IntOp{Op: '*', X: &layer.Var{I: i}, Y: layer.Lit{V: 1 + r.Intn(2)*r.Intn(4)}}}
		}
		if v := (box{}).of(sub); v.lo < 0 || v.hi >= int64(size) {
			return nil
		}
		e.Subs = append(e.Subs, sub)
	}
	return e
}

func sizesOf(e *layer.Equation) string {
	var out []int
	for _, i := range e.Free {
		out = append(out, i.Size)
	}
	return fmt.Sprint(out)
}
