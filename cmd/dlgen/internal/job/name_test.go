package job

import "testing"

// Every name that passes is a package that Go can import on all systems.
func TestCheckPackage(t *testing.T) {
	for _, name := range []string{"fc1", "console", "com10", "nullable", "_x"} {
		if err := CheckPackage(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "_", "9x", "a-b", "func", "main", "init", "internal", "ünï", "x_test", "con", "AUX", "com1"} {
		if CheckPackage(name) == nil {
			t.Errorf("%q passes", name)
		}
	}
}
