package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// sample is a text that is easy to learn, with three windows in each passage.
func sample() *Text {
	var b strings.Builder
	for i := 0; b.Len() < 2*passages*(2*window+1); i++ {
		fmt.Fprintf(&b, "%d bottles of beer on the wall. ", i%7)
	}
	return newText([]byte(b.String()))
}

// trained is a network after so many steps.
func trained(t *testing.T, seed uint64, steps int) *Network {
	t.Helper()
	net := NewNetwork(rand.New(rand.NewPCG(seed, 0)))
	proceed(t, net, steps)
	return net
}

// proceed trains up to a step.
func proceed(t *testing.T, net *Network, steps int) {
	t.Helper()
	o := options{steps: steps, lr: 0.003}
	if err := train(context.Background(), net, sample(), o, newProgress(net.step, steps)); err != nil {
		t.Fatal(err)
	}
}

// same reports whether two networks agree in everything that is saved.
func same(a, b *Network) bool {
	return a.step == b.step && slices.EqualFunc(a.tensors(), b.tensors(), func(a, b tensor) bool {
		return a.name == b.name && slices.Equal(a.data, b.data)
	})
}

func TestLearns(t *testing.T) {
	text := sample()
	net := trained(t, 1, 0)
	before, err := net.Evaluate(text.held)
	if err != nil {
		t.Fatal(err)
	}
	proceed(t, net, 40)
	after, err := net.Evaluate(text.held)
	if err != nil {
		t.Fatal(err)
	}
	// A new network takes the 256 bytes to be equally likely: ln 256 = 5.5.
	if before < 5 || before > 6 || after > 2.5 {
		t.Errorf("the loss was %.2f and is %.2f; want 5.5, and 2.5 at most", before, after)
	}
}

func TestSameSeedSameResult(t *testing.T) {
	a := trained(t, 1, 3)
	if !same(a, trained(t, 1, 3)) {
		t.Error("two runs with one seed learned different weights")
	}
	if same(a, trained(t, 2, 3)) {
		t.Error("two seeds learned the same weights")
	}
	write := func(seed uint64) string {
		s, err := a.Write(rand.New(rand.NewPCG(seed, 1)), "beer", 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if write(1) != write(1) || write(1) == write(2) {
		t.Error("what is written does not go by the seed")
	}
}

// Two steps, saved and resumed in another network, and three more are five in one
// go; the second ends within the passages, so that the state counts, too.
func TestResume(t *testing.T) {
	whole := trained(t, 1, 5)
	file := filepath.Join(t.TempDir(), "a.safetensors")
	if err := save(file, trained(t, 1, 2), sample()); err != nil {
		t.Fatal(err)
	}
	net := trained(t, 2, 1)
	if err := load(file, net, sample()); err != nil {
		t.Fatal(err)
	}
	if net.step%windows(sample().train) == 0 {
		t.Fatal("the state is about to be emptied: the test would not see a wrong one")
	}
	proceed(t, net, 5)
	if !same(net, whole) {
		t.Error("the resumed network is another one than that trained in one go")
	}
}

// The network for writing and that for training are one: both say the same of
// what comes after a window.
func TestWritingReadsAsTrainingDoes(t *testing.T) {
	text := sample()
	net := trained(t, 1, 5)
	fill(&net.id, &net.next, text.train, 0)
	if _, err := net.forward(&State{}); err != nil {
		t.Fatal(err)
	}
	r := &reader{Params: &net.Params}
	for i := range window {
		if err := r.read(text.train[i]); err != nil {
			t.Fatal(err)
		}
		for k, got := range r.logits[0] {
			// Another order of the same sums, at values of a few units.
			if want := net.logits[i*passages][k]; got-want > 1e-3 || want-got > 1e-3 {
				t.Fatalf("after %d characters, logit %d is %v, and %v in training", i+1, k, got, want)
			}
		}
	}
}

func TestWriteHasTheLength(t *testing.T) {
	net := trained(t, 1, 0) // any byte is likely, also those that are no UTF-8
	s, err := net.Write(rand.New(rand.NewPCG(1, 1)), "a", 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(s); !utf8.ValidString(s) || n < 200 {
		t.Errorf("%d characters, valid: %v", n, utf8.ValidString(s))
	}
}

func TestFill(t *testing.T) {
	text := sample()
	if n := windows(text.train); n < 2 {
		t.Fatalf("%d windows", n)
	}
	length := len(text.train) / passages
	net := &Network{}
	fill(&net.id, &net.next, text.train, 1)
	for _, at := range []struct{ t, n int }{{0, 0}, {0, 3}, {5, 0}, {window - 1, passages - 1}} {
		i := at.n*length + window + at.t
		id, next := net.id[at.t*passages+at.n], net.next[at.t*passages+at.n]
		if id != int32(text.train[i]) || next != int32(text.train[i+1]) {
			t.Errorf("step %d of passage %d is %q, %q; want %q", at.t, at.n, id, next, text.train[i:i+2])
		}
	}
}

func TestClip(t *testing.T) {
	x := []float32{3, 4}
	if clip(x, 10); x[0] != 3 || x[1] != 4 {
		t.Errorf("a short vector became %v", x)
	}
	if clip(x, 2.5); x[0] != 1.5 || x[1] != 2 {
		t.Errorf("a long vector became %v, want [1.5 2]", x)
	}
}

// The last state stays where a save fails, and the temporary file does not.
func TestSaveLeavesNoHalfFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.safetensors")
	if err := os.Mkdir(file, 0o755); err != nil { // cannot be renamed to
		t.Fatal(err)
	}
	if err := save(file, &Network{}, sample()); err == nil {
		t.Fatal("no error")
	}
	if left, err := filepath.Glob(file + "*"); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLoadChecksBeforeItCopies(t *testing.T) {
	dir := t.TempDir()
	good := &Network{}
	good.E[0][0] = 5
	text := sample()
	meta := map[string]string{"step": "3", "text": text.digest}
	last := len(good.tensors()) - 1
	tests := []struct {
		name    string
		tensors []tensor
		meta    map[string]string
		want    string
	}{
		{"step", good.tensors(), map[string]string{"step": "x", "text": text.digest}, `its metadata should have a step, and it is "x"`},
		{"text", good.tensors(), map[string]string{"step": "3", "text": "y"}, "trained on another text"},
		{"missing", good.tensors()[:last], meta, `has no tensor "state.c"`},
		{"more", append(good.tensors(), tensor{"z", []int{1}, []float32{1}}), meta, "has 21 tensors, and the network has 20"},
		{"shape", append(good.tensors()[:last], tensor{"state.c", []int{2}, []float32{1, 2}}), meta,
			`tensor "state.c" has shape [2], and the network's has [16 256]`},
	}
	for _, tt := range tests {
		file := filepath.Join(dir, tt.name)
		if err := writeTensors(file, tt.tensors, tt.meta); err != nil {
			t.Fatal(err)
		}
		net := &Network{}
		err := load(file, net, text)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
		if !same(net, &Network{}) {
			t.Errorf("%s: the network has changed", tt.name)
		}
	}
}

func TestTensorsRoundTrip(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.safetensors")
	want := []tensor{
		{"b", []int{2, 3}, []float32{1, -2, 3.5, 0, 1e-45, 3e38}},
		{"a", []int{}, []float32{7}},
		{"none", []int{0, 4}, nil},
		{`odd "name"`, []int{1}, []float32{-1}},
	}
	meta := map[string]string{"k": "v"}
	if err := writeTensors(file, want, meta); err != nil {
		t.Fatal(err)
	}
	got, gotMeta, err := readTensors(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) || len(gotMeta) != 1 || gotMeta["k"] != "v" {
		t.Errorf("read %v, %v", got, gotMeta)
	}
	for _, w := range want {
		if g := got[w.name]; g.name != w.name || !slices.Equal(g.shape, w.shape) || !slices.Equal(g.data, w.data) {
			t.Errorf("read %v, wrote %v", g, w)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := binary.LittleEndian.Uint64(data); n%8 != 0 || data[8] != '{' || len(data) != 8+int(n)+4*8 {
		t.Errorf("the header has %d bytes and begins with %q, the file has %d", n, data[8], len(data))
	}
}

func TestBadTensors(t *testing.T) {
	file := func(header string, data int) []byte {
		out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
		return append(append(out, header...), make([]byte, data)...)
	}
	one := func(rest string) string { return `{"a":{"dtype":"F32",` + rest + `}}` }
	good := file(one(`"shape":[2],"data_offsets":[0,8]`), 8)
	if _, _, err := parseTensors(good); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		data []byte
		want string
	}{
		{nil, "it has 0 bytes"},
		{good[:7], "it has 7 bytes"},
		{good[:20], "cut short or no safetensors file"},
		{good[:len(good)-1], "the file is cut short"},
		{append(slices.Clone(good), 0), "1 bytes follow the last tensor"},
		{[]byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"), "no safetensors file"},
		{file(`{"a"`, 0), "its header: unexpected end"},
		{file(`[]`, 0), "its header: json"},
		{file(`{"__metadata__":{"a":1}}`, 0), "its metadata: json"},
		{file(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 4), `its dtype is "F16", not F32`},
		{file(`{"a":null}`, 0), `its dtype is ""`},
		{file(one(`"shape":[2],"data_offsets":[0,8],"x":1`), 8), "unknown field"},
		{file(one(`"shape":[3],"data_offsets":[0,8]`), 8), "shape [3] takes 12 bytes, and it has 8"},
		{file(one(`"shape":[1],"data_offsets":[0,8]`), 8), "shape [1] takes 4 bytes, and it has 8"},
		{file(one(`"shape":[-2],"data_offsets":[0,8]`), 8), "shape [-2] is more"},
		{file(one(`"shape":[4294967296,4294967296],"data_offsets":[0,0]`), 0), "is more than the file has"},
		{file(one(`"shape":[1],"data_offsets":[4,8]`), 8), "it begins at 4, and the one before ends at 0"},
		{file(one(`"shape":[1],"data_offsets":[0,-4]`), 8), "it should end at -4"},
		{file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4), "the one before ends at 4"},
	}
	for _, tt := range tests {
		_, _, err := parseTensors(tt.data)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q", tt.data, err, tt.want)
		}
	}
}

func TestShortText(t *testing.T) {
	file := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(file, []byte("brief"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadText(file); err == nil || !strings.Contains(err.Error(), "has 5 characters, too few to learn from: 2080 are needed") {
		t.Errorf("error %v", err)
	}
}
