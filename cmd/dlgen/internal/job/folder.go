package job

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CheckFolder says why Go could not import packages from a folder, by the part of its path
// that lies in a module, or nil.
func CheckFolder(dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	path := filepath.Base(abs)
	for root := abs; root != filepath.Dir(root); root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			path, _ = filepath.Rel(root, abs)
			break
		}
	}
	for _, part := range strings.Split(filepath.ToSlash(path), "/") {
		switch {
		case strings.IndexFunc(part, notInImports) >= 0:
			return fmt.Errorf("the folder %q cannot be in the path of a package: import paths have letters of ASCII, digits and - . _ ~ +", part)
		case part == "vendor":
			return fmt.Errorf("the folder vendor is where Go looks for the module's dependencies")
		}
	}
	return nil
}

func notInImports(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return !strings.ContainsRune("-._~+", c)
}
