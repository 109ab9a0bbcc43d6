package lower

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
)

// TestViews counts the nests, forward and backward, that still copy arrays as
// they lie in memory.
func TestViews(t *testing.T) {
	specs, err := txtar.ParseFile("../testdata/specs/views.txtar")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]int{
		"from_an_input":    {0, 0},
		"saved":            {0, 0},
		"to_the_output":    {0, 0},
		"unflattened":      {0, 0},
		"neither_finer":    {0, 0},
		"two_outputs":      {1, 0},
		"in_another_order": {0, 0}, // its copy is no copy of memory
		"a_state_copied":   {1, 0},
		"added_to":         {0, 0},
		"network":          {0, 0},
	}
	for _, f := range specs.Files {
		name, dims, _ := strings.Cut(f.Name, " ")
		t.Run(name, func(t *testing.T) {
			s, err := syntax.Parse(name+".yaml", f.Data)
			if err == nil {
				err = link.Layers(s)
			}
			if err != nil {
				t.Fatal(err)
			}
			dims, _, _ := strings.Cut(dims, ";")
			given := map[string]string{}
			for _, d := range strings.Fields(dims) {
				k, v, _ := strings.Cut(d, "=")
				given[k] = v
			}
			p, err := spec.Prove(s, given)
			if err != nil {
				t.Fatal(err)
			}
			var passes []*ir.Loops
			l, err := Lower("forward", p.Forward)
			if err != nil {
				t.Fatal(err)
			}
			passes = append(passes, l)
			if p.Backward != nil {
				if l, err = Lower("backward", p.Backward); err != nil {
					t.Fatal(err)
				}
				passes = append(passes, l)
			}
			Views(passes)
			for k, l := range passes {
				got := 0
				for _, n := range l.Nests {
					if inMemoryOrder(n) {
						got++
					}
				}
				if got != want[name][k] {
					t.Errorf("%s: %d copies, want %d\n%s", l.Name, got, want[name][k], l)
				}
			}
		})
	}
}
