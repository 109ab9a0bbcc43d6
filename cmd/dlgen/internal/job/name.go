package job

import (
	"fmt"
	"go/build"
	"go/token"
	"io"
	"path/filepath"
	"strings"
)

// PackageFor makes a package name of a folder's: what an identifier cannot
// hold is left out, and letters become small.
func PackageFor(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	base := filepath.Base(abs)
	name := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			return c
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		}
		return -1
	}, base)
	if err := CheckPackage(name); err != nil {
		return "", fmt.Errorf("no package can be named after the folder %s (%w); name it with --package", base, err)
	}
	return name, nil
}

// CheckPackage says why a package and its files cannot have a name, or nil.
func CheckPackage(name string) error {
	switch {
	case token.IsKeyword(name):
		return fmt.Errorf("%s is a keyword of Go, so it cannot name a package", name)
	case !token.IsIdentifier(name) || name == "_":
		return fmt.Errorf("%q is not a Go identifier, so it cannot name a package", name)
	case strings.IndexFunc(name, func(c rune) bool { return c > 'z' }) >= 0:
		return fmt.Errorf("%q has letters beyond ASCII, which import paths cannot have", name)
	case name == "main":
		return fmt.Errorf("a package main cannot be imported")
	case name == "internal" || name == "testdata" || name == "vendor":
		return fmt.Errorf("Go does not import packages from a folder named %s", name)
	case !builtEverywhere(name + ".go"):
		return fmt.Errorf("Go takes a file %s.go for a test, or for one of some systems only", name)
	}
	return nil
}

// builtEverywhere asks go/build whether a file's name restricts where it is
// built; it needs no file on disk.
func builtEverywhere(file string) bool {
	ctx := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc",
		OpenFile: func(string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("package p\n")), nil
		}}
	ok, err := ctx.MatchFile(".", file)
	return ok && err == nil && !strings.HasSuffix(file, "_test.go") && !strings.HasPrefix(file, "_")
}
