package gen

import (
	"testing"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/gen/machine"
)

// TestPrefetchAhead follows the addresses of a call: few lines are asked for that
// the call has read, or asked for already.
func TestPrefetchAhead(t *testing.T) {
	asked := 0
	for _, c := range []struct{ layer, dims string }{
		{"conv2d", "N=1 H=7 W=7 C=512 K=512 R=3 S=3 pad=1"}, // the columns are a loop of one turn
		{"dense", "N=64 I=512 O=512"},
		{"dense", "N=16 I=2048 O=512"},                 // one part of the sum after the other, a vector for all rows
		{"conv2d", "N=1 H=40 W=40 C=256 K=64 R=1 S=1"}, // each element of x is read by one tile
		{"conv2d", "N=1 H=100 W=100 C=64 K=96 R=3 S=3 stride=2 pad=1"},
	} {
		_, programs, err := passes(proved(t, c.layer, c.dims), machine.AVX512)
		if err != nil {
			t.Fatal(err)
		}
		for _, prog := range programs {
			before := asked
			for _, f := range prog.Funcs() {
				tr := &trace{vars: map[*ir.Var]int{}, read: map[line]bool{}, known: map[line]bool{}}
				tr.body(f.Body)
				asked += tr.asked
				if 2*tr.again > tr.asked {
					t.Errorf("%s %s: %s asks for %d lines, for %d of them again:\n%v", c.layer, c.dims, f.Name, tr.asked, tr.again, f.Plans)
				}
				if 3*tr.late > tr.asked {
					t.Errorf("%s %s: %s asks for %d lines, %d of which it has read:\n%v", c.layer, c.dims, f.Name, tr.asked, tr.late, f.Plans)
				}
			}
			if prog.Name == "forward" && asked == before {
				t.Errorf("%s %s: nothing is asked for", c.layer, c.dims)
			}
		}
	}
}

// line is one of a buffer's cache lines.
type line struct {
	buf *ir.Buffer
	at  int
}

// trace follows the addresses of a call, at the first block and step.
type trace struct {
	vars  map[*ir.Var]int
	read  map[line]bool
	known map[line]bool // asked for
	// asked counts the prefetches, late those of lines that have been read, again those of
	// lines that have been asked for.
	asked, late, again int
}

func (tr *trace) body(body []ir.Stmt) {
	for _, st := range body {
		switch st := st.(type) {
		case *ir.Loop:
			for k := range st.Count {
				tr.vars[st.Var] = k
				tr.body(st.Body)
			}
		case *ir.Load:
			tr.read[tr.line(st.Mem)] = true
		case *ir.Prefetch:
			at := tr.line(st.Mem)
			if tr.asked++; tr.known[at] {
				tr.again++
			}
			tr.known[at] = true
			if tr.read[at] {
				tr.late++
			}
		}
	}
}

func (tr *trace) line(m ir.Mem) line {
	flat := m.Flat()
	at := flat.Const
	for _, x := range flat.Terms {
		at += x.Coef * tr.vars[x.Var]
	}
	return line{m.Buf.Root(), at / 16}
}
