package golang

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"
)

// names are the identifiers taken in one scope.
type names map[string]bool

// reserved are the names that no generated identifier may have, because the
// generated code means something else by them.
func reserved(in Package) names {
	n := names{"_": true, "init": true, "math": true, "fmt": true, "unsafe": true, "cpu": true}
	for _, v := range in.Vectors {
		n[v.use()] = true
	}
	for _, name := range types.Universe.Names() {
		n[name] = true
	}
	return n
}

// take makes an identifier like want that is free, and takes it.
func (n names) take(want string) string {
	want = identifier(want)
	if token.IsKeyword(want) || n[want] {
		want = strings.TrimRight(want, "_") + "_"
	}
	got := want
	for i := 2; n[got] || token.IsKeyword(got); i++ {
		got = fmt.Sprintf("%s%d", want, i)
	}
	n[got] = true
	return got
}

// fixed takes a name that others spell too and so cannot be changed.
func (n names) fixed(name string) {
	if !token.IsIdentifier(name) || n[name] {
		panic(fmt.Sprintf("golang: the function name %q is no identifier or not unique", name))
	}
	n[name] = true
}

// inner is a scope within n.
func (n names) inner() names { return maps.Clone(n) }

// identifier drops what Go does not allow in an identifier.
func identifier(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) && b.Len() > 0 {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "x"
	}
	return b.String()
}

// stem drops the number that makes a variable of one loop distinct from those
// of others; scopes do that here.
func stem(s string) string {
	if i := strings.LastIndex(s, "_"); i > 0 && strings.Trim(s[i+1:], "0123456789") == "" {
		return s[:i]
	}
	return s
}

// exported begins s with an upper-case letter.
func exported(s string) string {
	s = identifier(s)
	r, size := utf8.DecodeRuneInString(s)
	if up := unicode.ToUpper(r); unicode.IsUpper(up) {
		return string(up) + s[size:]
	}
	return "T" + s
}
