package ir

import "math"

// Memory is what programs run on: arrays and scalars by name, so that forward
// and backward, or the same pass scheduled for different targets, can share it.
type Memory struct {
	// F32 and I32 hold the elements of arguments and workspace roots. Run adds
	// a missing workspace buffer, filled as by Poison.
	F32 map[string][]float32
	I32 map[string][]int32
	// Scalars hold the values of Scalars without a Key, by the Scalar's name.
	Scalars map[string]float32
	// Seeds hold the seeds and ints behind Scalars with a Key, by their names.
	Seeds map[string]uint64
}

// NewMemory is an empty Memory.
func NewMemory() *Memory {
	return &Memory{
		F32: map[string][]float32{}, I32: map[string][]int32{},
		Scalars: map[string]float32{}, Seeds: map[string]uint64{},
	}
}

// Add makes the root of b, if it is not there yet, and poisons it.
func (m *Memory) Add(b *Buffer) {
	b = b.Root()
	switch {
	case b.Elem == F32 && len(m.F32[b.Name]) < b.Size():
		m.F32[b.Name] = make([]float32, b.Size())
		Poison(m.F32[b.Name], nil)
	case b.Elem == I32 && len(m.I32[b.Name]) < b.Size():
		m.I32[b.Name] = make([]int32, b.Size())
		Poison(nil, m.I32[b.Name])
	}
}

// Poison fills with NaN and with a large negative number, so that a read
// before any write shows in the results.
func Poison(f []float32, w []int32) {
	for i := range f {
		f[i] = float32(math.NaN())
	}
	for i := range w {
		w[i] = math.MinInt32
	}
}
