package spec

import (
	"testing"

	"github.com/dlgen/dlgen/spec/library"
)

func TestLibrary(t *testing.T) {
	for _, name := range library.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			given := map[string]string{}
			for k, d := range s.Dims {
				given[d.Name] = string(rune('3' + k))
			}
			if _, err := Prove(s, given); err != nil {
				t.Fatal("\n" + err.Error())
			}
		})
	}
}
