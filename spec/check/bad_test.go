package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
)

// chunk is one bad spec of a file in testdata. It starts with a line
//
//	=== name of the case N=3 M=4
//
// that gives the dims. A line with a complaint ends in "### COL message", once
// for each; a complaint without a place stands on the starting line without a
// column. The markers are cut off before the text is parsed.
type chunk struct {
	name  string
	given map[string]string
	text  string
	want  []complaint
}

// complaint is one expected error; line 0 is no place.
type complaint struct {
	line, col int
	msg       string
}

var (
	givenValue = regexp.MustCompile(`(\w+)=(\S+)`)
	marker     = regexp.MustCompile(`\s*### *`)
	columned   = regexp.MustCompile(`^(\d+) (.*)`)
)

func readChunks(t *testing.T, file string) []chunk {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []chunk
	for _, part := range strings.Split("\n"+string(data), "\n=== ")[1:] {
		lines := strings.Split(strings.TrimRight(part, "\n"), "\n")
		c := chunk{given: map[string]string{}}
		for n, line := range lines {
			pieces := marker.Split(line, -1)
			lines[n] = pieces[0]
			for _, p := range pieces[1:] {
				if m := columned.FindStringSubmatch(p); m != nil && n > 0 {
					col, _ := strconv.Atoi(m[1])
					c.want = append(c.want, complaint{n, col, m[2]})
				} else {
					c.want = append(c.want, complaint{0, 0, p})
				}
			}
		}
		for _, m := range givenValue.FindAllStringSubmatch(lines[0], -1) {
			c.given[m[1]] = m[2]
		}
		c.name = strings.TrimSpace(givenValue.ReplaceAllString(lines[0], ""))
		c.text = strings.Join(lines[1:], "\n") + "\n"
		out = append(out, c)
	}
	return out
}

func TestBad(t *testing.T) {
	files, _ := filepath.Glob("testdata/bad*.txt")
	if len(files) == 0 {
		t.Fatal("no testdata")
	}
	for _, file := range files {
		for _, c := range readChunks(t, file) {
			t.Run(filepath.Base(file)+"/"+c.name, func(t *testing.T) { c.test(t, readOnly[filepath.Base(file)]) })
		}
	}
}

// readOnly are the files of texts that are read and no more.
var readOnly = map[string]bool{"bad_syntax.txt": true, "bad_yaml.txt": true}

func (c chunk) test(t *testing.T, readOnly bool) {
	s, err := syntax.Parse("bad.yaml", []byte(c.text))
	if s != nil && !readOnly {
		_ = link.Layers(s) // is in s.Wrong
		_, err = Check(s, c.given)
	}
	if err == nil {
		t.Fatalf("no complaint about\n%s", c.text)
	}
	var list *diag.List
	if !errors.As(err, &list) {
		t.Fatalf("not a list of complaints: %v", err)
	}
	shown := err.Error()
	rest := append([]complaint(nil), c.want...)
	for _, e := range list.Errors() {
		found := false
		for k, w := range rest {
			if w.line == e.Pos.Line && w.col == e.Pos.Col && strings.Contains(e.Msg+" | "+e.Help, w.msg) {
				rest = append(rest[:k], rest[k+1:]...)
				found = true
				break
			}
		}
		if !found {
			t.Errorf("unexpected: %d:%d: %s | %s", e.Pos.Line, e.Pos.Col, e.Msg, e.Help)
		}
		if e.Pos.IsValid() {
			c.caret(t, shown, e)
		}
	}
	for _, w := range rest {
		t.Errorf("missing: %d:%d: %s", w.line, w.col, w.msg)
	}
	if t.Failed() {
		t.Logf("shown:\n%s", shown)
	}
}

// caret makes sure that the list shows the line with a caret at the column.
func (c chunk) caret(t *testing.T, shown string, e diag.Error) {
	t.Helper()
	lines := strings.Split(c.text, "\n")
	if e.Pos.Line > len(lines) || e.Pos.Col > len(lines[e.Pos.Line-1])+1 {
		t.Errorf("%s is not a place in the file", e.Pos)
		return
	}
	want := fmt.Sprintf("%s: %s\n    %s\n    %s^", e.Pos, e.Msg, lines[e.Pos.Line-1], strings.Repeat(" ", utf8.RuneCountInString(lines[e.Pos.Line-1][:e.Pos.Col-1])))
	if !strings.Contains(shown, want) {
		t.Errorf("the list does not show\n%s", want)
	}
}
