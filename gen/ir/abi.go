package ir

import (
	"fmt"
	"go/token"
	"strings"
)

// ParamNames names the parameters of the assembly function made of f, in the
// order of its signature: a pointer (*float32 or *int32) for each buffer, then
// a float32 for each scalar (a uint32 where it is a Key), then an int for each
// of the Counters. The names are distinct Go identifiers
// that the assembler reads as names, so that the Go declaration and the
// assembly text agree by construction.
func ParamNames(f *Func) (buffers, scalars, counters []string) {
	taken := map[string]bool{}
	name := func(want string) string {
		want = assemblerName(want)
		got := want
		for n := 2; taken[got]; n++ {
			got = fmt.Sprintf("%s_%d", want, n)
		}
		taken[got] = true
		return got
	}
	for _, b := range f.Buffers {
		buffers = append(buffers, name(b.Name))
	}
	for _, s := range f.Scalars {
		scalars = append(scalars, name(s.Name))
	}
	for _, v := range f.Counters() {
		counters = append(counters, name(v.Name))
	}
	return buffers, scalars, counters
}

// assemblerName makes want an identifier that is no keyword, predeclared name
// or register: only ASCII letters, digits and underscores, and never all
// upper case, as registers (AX, Y0, FP) are.
func assemblerName(want string) string {
	var b strings.Builder
	for _, r := range want {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			b.WriteRune(r)
		}
	}
	s := b.String()
	switch {
	case s == "" || s == "_" || s == "g" || s[0] >= '0' && s[0] <= '9' || s == strings.ToUpper(s):
		return "p" + s
	case token.IsKeyword(s) || s == "float32" || s == "int32" || s == "uint32" || s == "int":
		return s + "_"
	}
	return s
}
