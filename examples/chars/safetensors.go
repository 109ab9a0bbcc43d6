package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
)

// A safetensors file has the length of a header (8 bytes, little-endian), the
// header (JSON) and the data of the tensors, without gaps.

// tensor is a named array of float32 in memory.
type tensor struct {
	name  string
	shape []int
	data  []float32
}

// entry is a tensor in the header; offsets count from the end of the header.
type entry struct {
	Type    string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

const (
	metadataKey   = "__metadata__"
	longestHeader = 100_000_000 // as the format's own reader has it
)

// writeTensors writes a file under another name and renames it, so that there
// is a whole file of that name at any time.
func writeTensors(file string, tensors []tensor, metadata map[string]string) (err error) {
	header := map[string]any{metadataKey: metadata}
	var at int64
	for _, t := range tensors {
		end := at + 4*int64(len(t.data))
		header[t.name] = entry{"F32", t.shape, [2]int64{at, end}}
		at = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	text = append(text, bytes.Repeat([]byte(" "), -len(text)&7)...) // data at a multiple of 8
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	out = append(out, text...)
	for _, t := range tensors {
		for _, v := range t.data {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return replace(file, out)
}

// replace writes a file in one step, as others see it.
func replace(file string, data []byte) error {
	f, err := os.Create(file + ".tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// readTensors reads a file whose tensors are all float32, by name.
func readTensors(file string) (map[string]tensor, map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	tensors, metadata, err := parseTensors(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s is not a file that can be read here: %w", file, err)
	}
	return tensors, metadata, nil
}

func parseTensors(data []byte) (map[string]tensor, map[string]string, error) {
	if len(data) < 8 {
		return nil, nil, fmt.Errorf("it has %d bytes, a safetensors file has 8 at least", len(data))
	}
	length := binary.LittleEndian.Uint64(data)
	data = data[8:]
	if length > longestHeader || length > uint64(len(data)) {
		return nil, nil, fmt.Errorf("its header is said to have %d bytes, and %d follow; the file is cut short or no safetensors file", length, len(data))
	}
	entries, metadata, err := parseHeader(data[:length])
	if err != nil {
		return nil, nil, err
	}
	data = data[length:]
	tensors := map[string]tensor{}
	var at int64
	byOffset := func(a, b string) int {
		x, y := entries[a].Offsets, entries[b].Offsets
		return slices.Compare(x[:], y[:]) // an empty tensor before one that begins there, too
	}
	for _, name := range slices.SortedFunc(maps.Keys(entries), byOffset) {
		e := entries[name]
		if err := e.check(at, int64(len(data))); err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		t := tensor{name, e.Shape, make([]float32, (e.Offsets[1]-at)/4)}
		for i := range t.data {
			t.data[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[at+4*int64(i):]))
		}
		tensors[name] = t
		at = e.Offsets[1]
	}
	if at != int64(len(data)) {
		return nil, nil, fmt.Errorf("%d bytes follow the last tensor", int64(len(data))-at)
	}
	return tensors, metadata, nil
}

// parseHeader takes the JSON apart.
func parseHeader(text []byte) (map[string]entry, map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, nil, fmt.Errorf("its header: %w", err)
	}
	var metadata map[string]string
	entries := map[string]entry{}
	for name, value := range raw {
		if name == metadataKey {
			if err := strict(value, &metadata); err != nil {
				return nil, nil, fmt.Errorf("its metadata: %w", err)
			}
			continue
		}
		var e entry
		if err := strict(value, &e); err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		entries[name] = e
	}
	return entries, metadata, nil
}

// strict decodes JSON that has no other fields.
func strict(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(to)
}

// check says what is wrong with a tensor that should begin at an offset, in so
// many bytes of data.
func (e entry) check(at, size int64) error {
	if e.Type != "F32" {
		return fmt.Errorf("its dtype is %q, not F32", e.Type)
	}
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin != at {
		return fmt.Errorf("it begins at %d, and the one before ends at %d", begin, at)
	}
	if end < begin || end > size {
		return fmt.Errorf("it should end at %d, and there are %d bytes of data; the file is cut short", end, size)
	}
	count := int64(1)
	for _, n := range e.Shape {
		// A product beyond the data is wrong already, and must not overflow.
		if n < 0 || n > 0 && count > size/int64(n) {
			return fmt.Errorf("shape %v is more than the file has", e.Shape)
		}
		count *= int64(n)
	}
	if 4*count != end-begin {
		return fmt.Errorf("shape %v takes %d bytes, and it has %d", e.Shape, 4*count, end-begin)
	}
	return nil
}
