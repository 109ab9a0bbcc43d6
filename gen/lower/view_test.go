package lower

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dlgen/dlgen/gen/ir"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/layer"
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
		"from_an_input":            {0, 0},
		"saved":                    {0, 0},
		"to_the_output":            {0, 0},
		"unflattened":              {0, 0},
		"neither_finer":            {0, 0},
		"two_outputs":              {1, 0}, // two arrays of the caller
		"read_elsewhere":           {0, 0},
		"in_another_order":         {0, 0}, // its copy is no copy of memory
		"a_state_copied":           {1, 0},
		"added_to":                 {0, 0},
		"network":                  {0, 0},
		"network N=1 H=3 W=4 O=16": {0, 1}, // the bias of one image: from the caller to the caller
	}
	for _, f := range specs.Files {
		name, all, _ := strings.Cut(f.Name, " ")
		for dims := range strings.SplitSeq(all, ";") {
			dims = strings.TrimSpace(dims)
			t.Run(name+" "+dims, func(t *testing.T) {
				w, ok := want[name+" "+dims]
				if !ok {
					w = want[name]
				}
				for k, l := range viewed(t, name, f.Data, dims) {
					got := 0
					for _, n := range l.Nests {
						if inMemoryOrder(n) {
							got++
						}
					}
					if got != w[k] {
						t.Errorf("%s: %d copies, want %d\n%s", l.Name, got, w[k], l)
					}
				}
			})
		}
	}
}

// viewed lowers all passes of a layer.
func viewed(t *testing.T, name string, source []byte, dims string) []*ir.Loops {
	t.Helper()
	s, err := syntax.Parse(name+".yaml", source)
	if err == nil {
		err = link.Layers(s)
	}
	if err != nil {
		t.Fatal(err)
	}
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
	for _, pass := range []*layer.Program{p.Forward, p.Backward} {
		if pass == nil {
			continue
		}
		l, err := Lower("pass", pass, nil, Windows{Most: 64})
		if err != nil {
			t.Fatal(err)
		}
		passes = append(passes, l)
	}
	Views(passes)
	return passes
}
