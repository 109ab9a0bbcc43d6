// Package aligned gives arrays that start at a cache line, and flat views of
// them, to the programs that measure.
//
// What comes in: array types of static shape, without pointers in them.
// What goes out: zeroed memory. What is promised: 64-byte alignment, and that
// a view is of the whole array.
package aligned

import "unsafe"

const line = 64

// New makes a zeroed T, which must not contain pointers.
func New[T any]() *T {
	var t T
	size := unsafe.Sizeof(t)
	buf := make([]byte, size+line)
	at := -uintptr(unsafe.Pointer(&buf[0])) & (line - 1)
	return (*T)(unsafe.Pointer(&buf[at]))
}

// Flat is all of *p as elements of type E.
func Flat[E, T any](p *T) []E {
	var e E
	return unsafe.Slice((*E)(unsafe.Pointer(p)), unsafe.Sizeof(*p)/unsafe.Sizeof(e))
}

// Cast shows *p as an array of the same size.
func Cast[To, From any](p *From) *To {
	var to To
	if unsafe.Sizeof(to) != unsafe.Sizeof(*p) {
		panic("aligned: arrays of different sizes")
	}
	return (*To)(unsafe.Pointer(p))
}

// As shows the beginning of x as an array of float32.
func As[To any](x []float32) *To {
	var to To
	if unsafe.Sizeof(to) > 4*uintptr(len(x)) {
		panic("aligned: an array beyond its memory")
	}
	return (*To)(unsafe.Pointer(&x[0]))
}
