package check

import (
	"testing"

	"github.com/dlgen/dlgen/spec/layer"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/syntax"
)

func TestDense(t *testing.T) {
	text, _ := library.Text("dense")
	s, err := syntax.Parse("dense.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Check(s, map[string]string{"N": "3", "I": "4", "O": "5"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range append(l.Forward.Equations, l.Declared...) {
		t.Log(layer.FormatEquation(e), e.Pos)
	}
}
