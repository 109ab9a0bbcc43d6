// Package library holds the layers that come with dlgen, one spec a file.
//
// What comes in: a layer's name. What goes out: the text of its spec. What is
// promised: every spec here checks and its gradient is proved, by the tests.
package library

import (
	"embed"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names lists the layers in alphabetical order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("library: the embedded specs cannot be listed: " + err.Error())
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return out
}

// Text is the spec of a layer.
func Text(name string) ([]byte, bool) {
	b, err := files.ReadFile(name + ".yaml")
	return b, err == nil
}
