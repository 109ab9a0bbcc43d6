// Package bench measures generated packages: against plain Go, in portable Go
// and in assembly, on any layer and shape.
//
// What comes in: a proved layer. What goes out: a table of times, rates and
// shares of the machine's peak. It writes generated packages and a measuring
// program into a module in a temporary folder, builds it and runs it. What is
// promised: all variants are measured in one run, in turns, each sample beside
// a look at the peak (package measure); nothing stays behind.
package bench

import (
	"context"
	"embed"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/dlgen/dlgen/gen"
)

// library has the packages that a Program may use. They import nothing but the
// standard library and golang.org/x/sys.
//
//go:embed aligned/*.go generic/*.go measure/*.go measure/*.s
var library embed.FS

// module is the path of a Program's module.
const module = "measuring"

// The generated packages and package measure import golang.org/x/sys. Its
// version and sums are those of dlgen's own go.mod, so that the module cache
// has it.
const (
	sysVersion = "v0.38.0"
	sysSums    = `golang.org/x/sys v0.38.0 h1:3yZWxaJjBmCWXqhN1qh02AkOnCQ1poK6oF+a7xWL6Gc=
golang.org/x/sys v0.38.0/go.mod h1:OgkHotnGiDImocRcuBABYBEXf8A9a87e/uXjp9XT3ks=
`
)

// Program is a Go program in a module of its own: files by their slash path.
type Program struct{ files map[string][]byte }

// NewProgram has a go.mod and the named packages of the library, imported as
// measuring/NAME.
func NewProgram(names ...string) (*Program, error) {
	p := &Program{files: map[string][]byte{
		"go.mod": []byte("module " + module + "\n\ngo 1.25.0\n\nrequire golang.org/x/sys " + sysVersion + "\n"),
		"go.sum": []byte(sysSums),
	}}
	for _, name := range names {
		entries, err := library.ReadDir(name)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			file := path.Join(name, e.Name())
			text, err := library.ReadFile(file)
			if err != nil {
				return nil, err
			}
			p.Add(file, text)
		}
	}
	return p, nil
}

// Add adds a file. Tests are left out.
func (p *Program) Add(file string, text []byte) {
	if !strings.HasSuffix(file, "_test.go") {
		p.files[file] = text
	}
}

// AddPackage adds a generated package, imported as measuring/NAME.
func (p *Program) AddPackage(name string, files []gen.File) {
	for _, f := range files {
		p.Add(path.Join(name, f.Name), f.Data)
	}
}

// AddGo adds a file of Go text after formatting it.
func (p *Program) AddGo(file, text string) error {
	formatted, err := format.Source([]byte(text))
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", file, err, text)
	}
	p.Add(file, formatted)
	return nil
}

// Build writes the program into dir and compiles it to the file binary.
func (p *Program) Build(ctx context.Context, dir, binary string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	for name, text := range p.files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("building the measuring program: %w\n%s", err, out)
	}
	return nil
}
