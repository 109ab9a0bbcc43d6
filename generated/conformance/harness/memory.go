package harness

import (
	"bytes"
	"fmt"
	"reflect"
	"unsafe"
)

// side says where in its pages an array lies: against the forbidden page
// after it, or against the one before it.
type side bool

const (
	atEnd   side = true
	atStart side = false
)

const (
	canary = 0xA5       // fills the rest of an array's pages
	unset  = 0x7FEDCBA9 // a NaN that no computation produces
)

// array is the memory behind one argument.
type array struct {
	name string
	// pages are readable and writable, those around them are not; data is the
	// part of pages that the function gets.
	pages, data []byte
	before      []byte
	free        func()
}

// newArray makes memory of a size, filled with canaries.
func newArray(name string, size int, s side) *array {
	pages, free := guarded(size)
	a := &array{name: name, pages: pages, free: free, data: pages[:size:size]}
	if s == atEnd {
		a.data = pages[len(pages)-size:]
	}
	for i := range pages {
		pages[i] = canary
	}
	return a
}

// pointer is the array as a pointer to type t.
func (a *array) pointer(t reflect.Type) reflect.Value {
	return reflect.NewAt(t, unsafe.Pointer(unsafe.SliceData(a.data)))
}

// floats and words show the same memory as numbers.
func (a *array) floats() []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(a.data))), len(a.data)/4)
}

func (a *array) words() []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(a.data))), len(a.data)/4)
}

// values are the elements as numbers.
func (a *array) values(dtype string) []float64 {
	out := make([]float64, len(a.data)/4)
	for i := range out {
		if dtype == "int32" {
			out[i] = float64(a.words()[i])
		} else {
			out[i] = float64(a.floats()[i])
		}
	}
	return out
}

// fill sets all elements from t, or to unset where t has no data.
func (a *array) fill(t Tensor) {
	for i, w := 0, a.words(); i < len(w); i++ {
		switch {
		case t.Data == nil:
			w[i] = unset
		case t.DType == "int32":
			w[i] = int32(t.Data[i])
		default:
			a.floats()[i] = float32(t.Data[i])
		}
	}
}

// remember keeps the content, for changed and strayed.
func (a *array) remember() { a.before = bytes.Clone(a.pages) }

// strayed reports a write beside the array.
func (a *array) strayed() error {
	from := len(a.pages) - len(a.data)
	if &a.data[0] == &a.pages[0] {
		from = 0
	}
	for i, b := range a.pages {
		if b != canary && (i < from || i >= from+len(a.data)) {
			return fmt.Errorf("%s: byte %d beside the array of %d bytes was written", a.name, i-from, len(a.data))
		}
	}
	return nil
}

// changed reports any write since remember.
func (a *array) changed() error {
	if !bytes.Equal(a.before, a.pages) {
		return fmt.Errorf("%s was written, although it must not be", a.name)
	}
	return nil
}
