package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/dlgen/dlgen/examples/chars/kernels/embed"
	"github.com/dlgen/dlgen/examples/chars/kernels/loss"
)

// Text is what is learned. Its characters are bytes, so that any text will do.
type Text struct {
	train, held []byte // the end of the text is kept back for testing
	digest      string // tells texts apart
}

// shortest is the shortest part that fills one window: a character more than
// the window in each passage, for there is one to predict after the last.
const shortest = passages * (window + 1)

// loadText reads a file, or else the Go specification where Go is installed.
func loadText(file string) (*Text, error) {
	if file == "" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return nil, fmt.Errorf("asking the go command for the Go specification: %w; name a text with -text FILE", err)
		}
		file = filepath.Join(strings.TrimSpace(string(out)), "doc", "go_spec.html")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the text: %w; name another with -text FILE", err)
	}
	if len(data) < 2*shortest {
		return nil, fmt.Errorf("%s has %d characters, too few to learn from: %d are needed", file, len(data), 2*shortest)
	}
	return newText(data), nil
}

// newText keeps a twentieth back.
func newText(data []byte) *Text {
	at := len(data) - max(len(data)/20, shortest)
	sum := sha256.Sum256(data)
	return &Text{train: data[:at], held: data[at:], digest: hex.EncodeToString(sum[:])}
}

// windows is how many windows each of the passages of a part has: the passages
// are as long as one another and lie one after the other.
func windows(part []byte) int { return (len(part)/passages - 1) / window }

// fill takes window w of each passage, and the characters that follow.
func fill(id *embed.Id, next *loss.Label, part []byte, w int) {
	length := len(part) / passages
	for t := range window {
		for n := range passages {
			at := n*length + w*window + t
			id[t*passages+n] = int32(part[at])
			next[t*passages+n] = int32(part[at+1])
		}
	}
}
