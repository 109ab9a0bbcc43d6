package job

import (
	"fmt"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

// PackageFor makes a package name of a folder's: what an identifier cannot
// hold is left out, and letters become small. Letters that no import path can have are
// refused.
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
		case unicode.IsLetter(c):
			return c
		}
		return -1
	}, base)
	if err := CheckPackage(name); err != nil {
		return "", fmt.Errorf("no package can be named after the folder %s (%w); name it with --package", base, err)
	}
	return name, nil
}

// device matches the names that Windows keeps for devices.
var device = regexp.MustCompile(`^(?i:con|prn|aux|nul|com[1-9]|lpt[1-9])$`)

// CheckPackage says why a package and its files cannot have a name, or nil.
func CheckPackage(name string) error {
	switch {
	case token.IsKeyword(name):
		return fmt.Errorf("%s is a keyword of Go, so it cannot name a package", name)
	case !token.IsIdentifier(name) || name == "_":
		return fmt.Errorf("%q is not a Go identifier, so it cannot name a package", name)
	case strings.IndexFunc(name, func(c rune) bool { return c > 'z' }) >= 0:
		return fmt.Errorf("%q has letters beyond ASCII, which import paths cannot have", name)
	case name == "main" || name == "init":
		return fmt.Errorf("a package named %s cannot be imported", name)
	case name == "internal" || name == "testdata" || name == "vendor":
		return fmt.Errorf("packages in a folder named %s cannot be imported from elsewhere", name)
	case device.MatchString(name):
		return fmt.Errorf("%s is a device of Windows, which import paths cannot have", name)
	case strings.HasSuffix(name, "_test"):
		return fmt.Errorf("a package named %s is taken for the tests of another", name)
	}
	return nil
}
