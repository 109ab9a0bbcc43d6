package spec

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/dlgen/dlgen/spec/diag"
	"github.com/dlgen/dlgen/spec/library"
	"github.com/dlgen/dlgen/spec/link"
	"github.com/dlgen/dlgen/spec/syntax"
)

var tokens = regexp.MustCompile(`[A-Za-z_0-9.]+|[^\sA-Za-z_0-9.]|\s+`)

// TestMangled spoils the specs of the library at a few places each: whatever comes of it ends in
// a layer or in complaints with their places, and what the reader complains about is among them.
func TestMangled(t *testing.T) {
	n, seed := 600, uint64(1)
	if v, err := strconv.Atoi(os.Getenv("DLGEN_RANDOM")); err == nil {
		n, seed = 100*v, uint64(v)
	}
	rnd := rand.New(rand.NewPCG(seed, 2))
	names := library.Names()
	for range n {
		name := names[rnd.IntN(len(names))]
		text, _ := library.Text(name)
		whole, err := syntax.Parse(name+".yaml", text)
		if err != nil {
			t.Fatal(err)
		}
		spoilt := mangle(rnd, string(text))
		s, wrong := syntax.Parse(name+".yaml", []byte(spoilt))
		if s == nil {
			continue
		}
		_ = link.Layers(s) // is among what is wrong
		_, err = Bind(s, dimsOf(whole))
		var list *diag.List
		switch {
		case err == nil && wrong != nil:
			t.Fatalf("%v\nbut there is a layer of\n%s", wrong, spoilt)
		case err == nil:
		case !errors.As(err, &list):
			t.Fatalf("%v: not a list, of\n%s", err, spoilt)
		case wrong != nil && !strings.Contains(err.Error(), strings.SplitN(wrong.Error(), "\n", 2)[0]):
			t.Fatalf("%v\nbut the reader says\n%v\nof\n%s", err, wrong, spoilt)
		}
		if os.Getenv("DLGEN_SHOW") != "" && list != nil {
			fmt.Printf("=== %d\n%s\n%v\n", list.Len(), spoilt, err)
		}
	}
}

// mangle changes one to three tokens of a text.
func mangle(rnd *rand.Rand, text string) string {
	words := tokens.FindAllString(text, -1)
	for range 1 + rnd.IntN(3) {
		k, other := rnd.IntN(len(words)), words[rnd.IntN(len(words))]
		switch rnd.IntN(5) {
		case 0:
			words[k] = ""
		case 1:
			words[k] = other
		case 2:
			words[k] += other
		case 3:
			words[k] += words[k]
		case 4:
			if len(words[k]) > 1 {
				words[k] = words[k][1:]
			}
		}
	}
	return strings.Join(words, "")
}
