package emit

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
)

// TestTakenInTurns orders the calls of random groups, and looks whether two that
// touch the same elements, one of them to write, are still in their order.
func TestTakenInTurns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	buffers := []*ir.Buffer{{Name: "a", Shape: []int{64}}, {Name: "b", Shape: []int{64}}}
	mixed := 0
	for range 500 {
		var groups [][]ir.Step
		for range 2 + rng.IntN(3) {
			var steps []ir.Step
			for range 1 + rng.IntN(2) {
				steps = append(steps, randomStep(rng, buffers))
			}
			groups = append(groups, steps)
		}
		want, got := elements(slices.Concat(groups...)), elements(takenInTurns(groups))
		if len(want) != len(got) {
			t.Fatalf("%d calls of %d", len(got), len(want))
		}
		place := map[callOf]int{}
		for k, c := range got {
			place[c.callOf] = k
		}
		for k, c := range want {
			if place[c.callOf] != k {
				mixed++
			}
			for _, d := range want[:k] {
				if place[d.callOf] > place[c.callOf] && conflict(c, d) {
					t.Fatalf("%v comes before %v", c, d)
				}
			}
		}
	}
	if mixed == 0 {
		t.Error("no call changed its place")
	}
}

// randomStep is a function of one loop that reads or writes, called a few times.
func randomStep(rng *rand.Rand, buffers []*ir.Buffer) ir.Step {
	block, i := &ir.Var{Name: "block"}, &ir.Var{Name: "i"}
	f := &ir.Func{Block: block, Cycles: float64(1 + rng.IntN(9))}
	count := 1 + rng.IntN(4)
	loop := &ir.Loop{Var: i, Count: 1 + rng.IntN(4)}
	for range 1 + rng.IntN(2) {
		m := ir.Mem{Buf: buffers[rng.IntN(2)], Subs: []ir.Sub{{Const: rng.IntN(16)}}}
		m.Subs[0] = m.Subs[0].Add(ir.VarSub(block), 2*rng.IntN(5)).Add(ir.VarSub(i), 1+rng.IntN(4))
		if rng.IntN(2) == 0 {
			loop.Body = append(loop.Body, &ir.Load{Dst: &ir.Reg{}, Mem: m, Lanes: 2})
		} else {
			loop.Body = append(loop.Body, &ir.Store{Src: &ir.Reg{}, Mem: m, Lanes: 2})
		}
	}
	f.Body = []ir.Stmt{loop}
	return ir.Step{Func: f, Count: count}
}

// callOf is one call of a function.
type callOf struct {
	f     *ir.Func
	block int
}

// element is one of an array.
type element struct {
	b  *ir.Buffer
	at int
}

// touching is a call and the elements that it reads and writes.
type touching struct {
	callOf
	reads, writes map[element]bool
}

// elements lists the calls of steps.
func elements(steps []ir.Step) []touching {
	var out []touching
	for _, s := range steps {
		for k := range s.Count {
			c := touching{callOf{s.Func, s.From + k}, map[element]bool{}, map[element]bool{}}
			loop := s.Func.Body[0].(*ir.Loop)
			for _, st := range loop.Body {
				var m ir.Mem
				to := c.reads
				switch st := st.(type) {
				case *ir.Load:
					m = st.Mem
				case *ir.Store:
					m, to = st.Mem, c.writes
				}
				for i := range loop.Count {
					first := m.Subs[0].Const + m.Step(s.Func.Block)*c.block + m.Step(loop.Var)*i
					to[element{m.Buf, first}], to[element{m.Buf, first + 1}] = true, true
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// conflict reports whether two calls touch an element that one of them writes.
func conflict(c, d touching) bool {
	for e := range c.writes {
		if d.reads[e] || d.writes[e] {
			return true
		}
	}
	for e := range c.reads {
		if d.writes[e] {
			return true
		}
	}
	return false
}
