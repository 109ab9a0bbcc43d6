// Package diag holds source positions and the lists of errors that are shown
// to the author of a spec.
//
// What comes in: a file's name and text, and complaints about places in it.
// What goes out: one error that lists all complaints, sorted, each as
// file:line:col: message, the source line and a caret.
// What is promised: one error never hides another, and the text is the same
// on every run.
package diag

import (
	"fmt"
	"sort"
	"strings"
)

// Pos is a place in a spec. Line and Col count from 1, Col in bytes. The zero
// Pos means that the place is not known.
type Pos struct {
	File      string
	Line, Col int
}

// IsValid reports whether the place is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String gives file:line:col, or what of it is known.
func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Error is one complaint. Help, where there is any, says what to do. Given is the name of the
// value from outside that it is about, if it has no place in a spec.
type Error struct {
	Pos   Pos
	Msg   string
	Help  string
	Given string
}

// List collects complaints about one spec; the zero List is ready to use.
type List struct {
	sources map[string][]string
	errs    []Error
}

// Source makes the text of a file known, so that its lines can be shown.
func (l *List) Source(file string, text []byte) {
	if l.sources == nil {
		l.sources = map[string][]string{}
	}
	l.sources[file] = strings.Split(string(text), "\n")
}

// Addf adds a complaint.
func (l *List) Addf(pos Pos, format string, args ...any) {
	l.errs = append(l.errs, Error{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// AddHelp adds a complaint together with what to do about it.
func (l *List) AddHelp(pos Pos, help, format string, args ...any) {
	l.errs = append(l.errs, Error{Pos: pos, Msg: fmt.Sprintf(format, args...), Help: help})
}

// AddGiven adds a complaint about a value that was given, by its name.
func (l *List) AddGiven(name, help, format string, args ...any) {
	l.errs = append(l.errs, Error{Msg: fmt.Sprintf(format, args...), Help: help, Given: name})
}

// Place gives complaints without a place one, by what they are about: "" where it is nothing
// that was given.
func (l *List) Place(at func(given string) Pos) {
	for i, e := range l.errs {
		if !e.Pos.IsValid() {
			l.errs[i].Pos = at(e.Given)
		}
	}
}

// Len is the number of complaints so far.
func (l *List) Len() int { return len(l.errs) }

// Errors returns the complaints sorted by position, without repetitions.
func (l *List) Errors() []Error {
	out := append([]Error(nil), l.errs...)
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i].Pos, out[j].Pos
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		if a.Col != b.Col {
			return a.Col < b.Col
		}
		return out[i].Msg < out[j].Msg
	})
	uniq := out[:0]
	for i, e := range out {
		if i == 0 || e != out[i-1] {
			uniq = append(uniq, e)
		}
	}
	return uniq
}

// Err returns the list as an error, or nil where there is no complaint.
func (l *List) Err() error {
	if len(l.errs) == 0 {
		return nil
	}
	return l
}

// Error formats all complaints, each with its source line and a caret.
func (l *List) Error() string {
	var b strings.Builder
	for i, e := range l.Errors() {
		if i > 0 {
			b.WriteByte('\n')
		}
		if s := e.Pos.String(); s != "" {
			b.WriteString(s + ": ")
		}
		b.WriteString(e.Msg)
		l.excerpt(&b, e.Pos)
		if e.Help != "" {
			b.WriteString("\n    " + strings.ReplaceAll(e.Help, "\n", "\n    "))
		}
	}
	return b.String()
}

// excerpt shows the line of pos with a caret below the column. Tabs are kept
// and other characters count once, so that the caret stands right in a terminal.
// Of a very long line it shows what is around the caret.
func (l *List) excerpt(b *strings.Builder, pos Pos) {
	const around = 100
	lines := l.sources[pos.File]
	if pos.Line < 1 || pos.Line > len(lines) {
		return
	}
	line := strings.TrimRight(lines[pos.Line-1], "\r")
	at := min(max(pos.Col-1, 0), len(line))
	before, after := []rune(line[:at]), []rune(line[at:])
	if len(before)+len(after) > 3*around {
		if len(before) > around {
			before = append([]rune("..."), before[len(before)-around:]...)
		}
		if len(after) > around {
			after = append(after[:around:around], '.', '.', '.')
		}
	}
	shown := string(before) + string(after)
	for i, c := range before {
		if c != '\t' {
			before[i] = ' '
		}
	}
	fmt.Fprintf(b, "\n    %s\n    %s^", shown, string(before))
}

// Include adds the complaints of another list, with their sources.
func (l *List) Include(other *List) {
	l.Sources(other)
	l.errs = append(l.errs, other.errs...)
}

// Sources adds the sources of another list.
func (l *List) Sources(other *List) {
	for file, lines := range other.sources {
		if l.sources == nil {
			l.sources = map[string][]string{}
		}
		l.sources[file] = lines
	}
}

// Positioned reports whether every complaint has a place.
func (l *List) Positioned() bool {
	for _, e := range l.errs {
		if !e.Pos.IsValid() {
			return false
		}
	}
	return true
}
