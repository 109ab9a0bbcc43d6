package aligned

import (
	"testing"
	"unsafe"
)

func TestNew(t *testing.T) {
	for range 100 {
		small, large := New[[3]float32](), New[[100][7]float32]()
		for _, p := range []unsafe.Pointer{unsafe.Pointer(small), unsafe.Pointer(large)} {
			if uintptr(p)%64 != 0 {
				t.Fatalf("%p is not at a cache line", p)
			}
		}
	}
}

func TestFlat(t *testing.T) {
	p := New[[2][3]float32]()
	flat := Flat[float32](p)
	if len(flat) != 6 {
		t.Fatalf("%d elements, want 6", len(flat))
	}
	flat[4] = 1
	if p[1][1] != 1 {
		t.Error("the view shows other memory")
	}
}
