package ir

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dlgen/dlgen/spec/layer"
)

// TestReuse writes each step as what it is given, NAME:SIZE, "loop" for those of one serial
// loop: what is needed at the same time never shares memory.
func TestReuse(t *testing.T) {
	for _, c := range []struct{ name, steps, want, workspace string }{
		{"one after another", "a:4; a:4 b:4; b:4 c:4; c:4 d:4", "a:4; a:4 b:4; b:4 a:4; a:4 b:4", "a:4 b:4"},
		{"the smallest that has room", "a:9; b:5; c:7; d:6; d:6 e:8", "a:9; a:5; a:7; a:6; a:6 e:8", "a:9 e:8"},
		{"grows", "a:4; a:4 b:6; b:6 c:8; c:8", "a:4; a:4 b:6; b:6 a:8; a:8", "a:8 b:6"},
		{"rather small than large", "a:9 b:4; c:3; d:8; c:3 d:8", "a:9 b:4; b:3; a:8; b:3 a:8", "a:9 b:4"},
		{"the last one", "a:4; a:4 b:4; b:4; c:4", "a:4; a:4 b:4; b:4; b:4", "a:4 b:4"},
		{"saved", "a:4; S:4 b:4; b:4; c:4; S:4", "a:4; S:4 a:4; a:4; a:4; S:4", "a:4 S:4"},
		{"a loop", "a:4; loop a:4 b:4; loop c:4; d:4", "a:4; loop a:4 b:4; loop c:4; a:4", "a:4 b:4 c:4"},
		{"all at once", "a:4; b:4; a:4 b:4", "a:4; b:4; a:4 b:4", "a:4 b:4"},
	} {
		p := steps(c.steps)
		Reuse(p)
		if d := cmp.Diff(c.want, written(p)); d != "" {
			t.Errorf("%s: steps (-want +got):\n%s", c.name, d)
		}
		var names []string
		for _, b := range p.Workspace {
			names = append(names, sized(b))
		}
		if d := cmp.Diff(c.workspace, strings.Join(names, " ")); d != "" {
			t.Errorf("%s: workspace (-want +got):\n%s", c.name, d)
		}
	}
}

// What a program needs for itself has room where another one had its own, and what they keep
// for one another does not.
func TestReuseAcross(t *testing.T) {
	forward, backward := steps("a:4; a:4 S:5; b:9; c:3"), steps("S:5 c:7; c:7 b:2 a:3; d:2")
	Reuse(forward, backward)
	for p, want := range map[*Program]string{
		forward:  "a:4; a:4 S:5; a:9; a:3",
		backward: "S:5 a:7; a:7 b:2 a2:3; b:2",
	} {
		if got := written(p); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := len(forward.Workspace) + len(backward.Workspace); got != 2+4 {
		t.Errorf("%d fields", got)
	}
}

func steps(text string) *Program {
	p := &Program{Lanes: 1}
	known := map[string]*Buffer{}
	loop := &Steps{Var: &Var{Name: "t"}, Count: 2}
	for step := range strings.SplitSeq(text, "; ") {
		s := Step{Func: &Func{Lanes: 1}, Count: 1}
		for _, word := range strings.Fields(step) {
			if word == "loop" {
				s.In, s.Func.Step = loop, loop.Var
				continue
			}
			b := known[word]
			if b == nil {
				b = &Buffer{Name: word[:1], Shape: []int{int(word[2] - '0')}, Place: Workspace}
				if b.Name == "S" {
					b.Tensor = &layer.Tensor{Name: "S"}
				}
				known[word] = b
				p.Workspace = append(p.Workspace, b)
			}
			s.Func.Buffers = append(s.Func.Buffers, b)
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

func written(p *Program) string {
	var steps []string
	for _, s := range p.Steps {
		var words []string
		if s.In != nil {
			words = append(words, "loop")
		}
		for _, b := range s.Arguments().Buffers {
			words = append(words, sized(b))
		}
		steps = append(steps, strings.Join(words, " "))
	}
	return strings.Join(steps, "; ")
}

func sized(b *Buffer) string { return b.Name + ":" + string(rune('0'+b.Size())) }
