package check

import (
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
	"github.com/google/go-cmp/cmp"
)

// TestGood checks the specs of good.txt. What follows ### at the end of each
// is an equation with the ranges of its indices.
func TestGood(t *testing.T) {
	for _, c := range readChunks(t, "testdata/good.txt") {
		t.Run(c.name, func(t *testing.T) {
			s, err := syntax.Parse("good.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if err := link.Layers(s); err != nil {
				t.Fatal(err)
			}
			l, err := Check(s, c.given)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, e := range l.Forward.Equations {
				got = append(got, describe(e))
			}
			for _, w := range c.want {
				want = append(want, w.msg)
			}
			if c.name != "order does not matter" {
				sort.Strings(got)
				sort.Strings(want)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func describe(e *layer.Equation) string {
	var ranges []string
	seen := map[*layer.Index]bool{}
	add := func(list []*layer.Index) {
		for _, i := range list {
			if !seen[i] {
				seen[i] = true
				ranges = append(ranges, fmt.Sprintf("%s<%d", i.Name, i.Size))
			}
		}
	}
	add(e.Free)
	e.Walk(func(n any) bool {
		switch n := n.(type) {
		case *layer.Reduce:
			add(n.Idx)
		case *layer.ArgMax:
			add(n.Idx)
		}
		return true
	})
	return strings.TrimSpace(layer.FormatEquation(e) + "; " + strings.Join(ranges, " "))
}
