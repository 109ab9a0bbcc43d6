package diag

import (
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	var l List
	if l.Err() != nil {
		t.Error("an empty list is an error")
	}
	l.Source("a.yaml", []byte("one\n\té two\r\nthree"))
	l.Addf(Pos{"b.yaml", 3, 4}, "no source")
	l.Addf(Pos{"a.yaml", 3, 99}, "beyond the line")
	l.AddHelp(Pos{"a.yaml", 2, 5}, "first\nsecond", "after %s", "é")
	l.Addf(Pos{"a.yaml", 2, 2}, "at é")
	l.Addf(Pos{"a.yaml", 2, 2}, "at é")
	l.Addf(Pos{}, "nowhere")
	want := `nowhere
a.yaml:2:2: at é
    	é two
    	^
a.yaml:2:5: after é
    	é two
    	  ^
    first
    second
a.yaml:3:99: beyond the line
    three
         ^
b.yaml:3:4: no source`
	if got := l.Err().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if l.Len() != 6 || len(l.Errors()) != 5 {
		t.Errorf("%d complaints, %d distinct", l.Len(), len(l.Errors()))
	}
}

func TestLongLine(t *testing.T) {
	line := strings.Repeat("a", 1000) + "é" + strings.Repeat("b", 1000)
	var l List
	l.Source("a.yaml", []byte(line))
	l.Addf(Pos{"a.yaml", 1, 1001}, "here")
	want := "a.yaml:1:1001: here\n    ..." + strings.Repeat("a", 100) + "é" + strings.Repeat("b", 99) + "...\n    " + strings.Repeat(" ", 103) + "^"
	if got := l.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"input", "param", "state", "output", "float32", "N"}
	for in, want := range map[string]string{
		"inptu": "input", "INPUT": "input", "parm": "param", "sate": "state", "outptu": "output",
		"float": "float32", "n": "N", "M": "", "banana": "", "": "", "x": "",
	} {
		if got := Nearest(in, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
	if got := DidYouMean("parm", words); got != "did you mean param?" {
		t.Error(got)
	}
}
