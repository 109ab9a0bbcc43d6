//go:build !linux && !darwin

package harness

// guarded gives memory with room for canaries around size bytes.
func guarded(size int) (pages []byte, free func()) {
	return make([]byte, size+4096), func() {}
}
