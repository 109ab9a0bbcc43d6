package gen_test

import (
	"regexp"
	"testing"

	"github.com/dlgen/dlgen/gen"
	"github.com/dlgen/dlgen/spec"
	"github.com/dlgen/dlgen/spec/syntax"
)

// TestConditions: two conditions that are one and the same, at some places or at all, are
// tested once; go vet complains otherwise.
func TestConditions(t *testing.T) {
	s, err := syntax.Parse("twice.yaml", []byte(`layer: twice
dims: {D: {default: 8}}
tensors:
  x: {role: input, shape: [D]}
  k: {role: input, type: int32, shape: [D]}
  y: {role: output, shape: []}
  z: {role: output, shape: [D]}
forward: |
  y = sum(d, where(d%2 == 0 || d == 0, x[d], 2*x[d]))
  z[d] = where(k[d] == d && k[d] == d, x[d], 0)
backward: derive
`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Prove(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := gen.Explain(p, gen.Options{Package: "twice"}, "go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(\w+) (?:\|\||&&) (\w+)`).FindAllStringSubmatch(text, -1) {
		if m[1] == m[2] {
			t.Errorf("%s", m[0])
		}
	}
}

// TestNever: an element that is read under a condition which never holds is no id to check.
func TestNever(t *testing.T) {
	s, err := syntax.Parse("never.yaml", []byte(`layer: never
dims: {T: {default: 1}, V: {default: 3}}
tensors:
  g: {role: param, shape: [V]}
  k: {role: input, type: int32, shape: [T]}
  y: {role: output, shape: [T]}
forward: |
  y[t] = where(!(t >= T-1), g[k[t+1]], 0.5)
backward: derive
`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Prove(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gen.Generate(p, gen.Options{Package: "never"}); err != nil {
		t.Error(err)
	}
}
