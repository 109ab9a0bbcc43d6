// Package config reads dlgen.yaml, the list of layers that a repository wants
// generated.
//
// What comes in: the file's name and text. What goes out: a Config, complete
// and consistent in itself; or what of it is, and all complaints about the
// text, each with its position. What is promised: nothing unknown is passed
// over, no entry is lost, and layers keep the order of the file. Whether a
// layer exists and its dims fit is for others to say.
package config

import (
	"os"

	"github.com/dlgen/dlgen/spec/diag"
)

// Name is the file that is read where no other is named.
const Name = "dlgen.yaml"

// Config is a checked dlgen.yaml.
type Config struct {
	// File is the name it was read from.
	File string
	// Out is the folder for the packages, relative to the file's folder.
	Out string
	// Targets are the names of the targets; nil means the default.
	Targets []string
	// TargetsPos is where they stand.
	TargetsPos diag.Pos
	// Layers are the packages to generate, in the file's order.
	Layers []Layer
	// Text is what was read.
	Text []byte
	// wrong are the complaints about it.
	wrong *diag.List
}

// Layer is one package to generate.
type Layer struct {
	// Name is both the package's name and its folder below Out.
	Name string
	// Spec is a library name, or a path relative to the config's folder.
	Spec string
	// Given are dims and attributes, as written, At where their values are.
	Given map[string]string
	At    map[string]diag.Pos
	// Inference asks for Forward alone.
	Inference bool
	Pos       diag.Pos
}

// Read reads and checks a file. With complaints there is a Config, too, which has the layers
// without any.
func Read(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text)
}

// Example is a commented config to start from.
const Example = `# What dlgen generates for this repository: ` + "`dlgen generate`" + ` writes it,
# ` + "`dlgen diff`" + ` shows where the files on disk differ. To have ` + "`go generate`" + ` do it,
# put this line into a Go file beside this one:
#
#	//go:generate go tool dlgen generate
version: 1

# The folder for the generated packages, seen from this file.
out: internal/kernels

# What to generate code for. The portable Go code (go) is always there, and runs
# wherever the CPU or the build (-tags purego) rules out the rest. There is avx512, too.
targets: [go, avx2]

# One package for each layer: its name, the spec it is made from, and the spec's
# dims and attributes. ` + "`dlgen list`" + ` shows the library, ` + "`dlgen show dense`" + ` one layer.
# A path instead of a library name is a spec of your own. With inference: true a
# package has Forward alone, and keeps nothing for a gradient.
layers:
  fc1: {layer: dense, dims: {N: 32, I: 784, O: 128}}
  act1: {layer: relu, dims: {M: 4096}}
  loss: {layer: cross_entropy, dims: {N: 32, C: 10}}
  # mine: {layer: ./bilinear.yaml, dims: {N: 8, I: 16, J: 16, O: 4}}
`

// Complain adds something wrong with the config that only others can find to what is wrong with
// its text, and gives all of it.
func (c *Config) Complain(pos diag.Pos, err error) error {
	c.wrong.Addf(pos, "%v", err)
	return c.wrong.Err()
}
