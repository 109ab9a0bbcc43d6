package main

import (
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/dlgen/dlgen/examples/chars/kernels/cell1"
	"github.com/dlgen/dlgen/examples/chars/kernels/embed1"
	"github.com/dlgen/dlgen/examples/chars/kernels/fc1"
)

// reader is the network at one character of one passage.
type reader struct {
	*Params
	h, h2    cell1.H0
	c, c2    cell1.C0
	embedded embed1.Y
	hidden   cell1.Y
	logits   fc1.Y
}

// read goes one character further. The weights have the types that they have in
// the kernels for windows, since their shapes are the same.
func (r *reader) read(char byte) error {
	if err := embed1.Forward(&r.embedded, &embed1.Id{int32(char)}, &r.E); err != nil {
		return err
	}
	cell1.Forward(&r.hidden, &r.h2, &r.c2, &cell1.X{r.embedded}, &r.h, &r.c, &r.Wx, &r.Wh, &r.B)
	r.h, r.c = r.h2, r.c2
	fc1.Forward(&r.logits, &r.hidden[0], &r.W, &r.Bo)
	return nil
}

// Write reads the prompt and then draws characters. Bytes that are no UTF-8 are
// replaced.
func (n *Network) Write(rng *rand.Rand, prompt string, length int, temperature float64) (string, error) {
	r := &reader{Params: &n.Params}
	for _, char := range []byte(prompt) {
		if err := r.read(char); err != nil {
			return "", err
		}
	}
	var out []byte
	for runes := 0; ; {
		char := draw(rng, r.logits[0][:], temperature)
		if utf8.RuneStart(char) {
			if runes++; runes > length {
				return strings.ToValidUTF8(string(out), "\uFFFD"), nil
			}
		}
		out = append(out, char)
		if err := r.read(char); err != nil {
			return "", err
		}
	}
}

// draw takes a character at random, by the softmax of logits/temperature.
func draw(rng *rand.Rand, logits []float32, temperature float64) byte {
	most := logits[0]
	for _, v := range logits {
		most = max(most, v)
	}
	odds := make([]float64, len(logits))
	var sum float64
	for i, v := range logits {
		odds[i] = math.Exp(float64(v-most) / temperature)
		sum += odds[i]
	}
	at := rng.Float64() * sum
	for i, v := range odds {
		if at -= v; at < 0 {
			return byte(i)
		}
	}
	return byte(len(odds) - 1)
}
