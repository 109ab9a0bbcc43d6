//go:build linux || darwin

package harness

import (
	"os"
	"syscall"
)

// guarded gives whole pages that hold size bytes, between two pages that fault.
func guarded(size int) (pages []byte, free func()) {
	page := os.Getpagesize()
	n := (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, n+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for _, guard := range [][]byte{all[:page], all[page+n:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			panic(err)
		}
	}
	return all[page : page+n], func() { _ = syscall.Munmap(all) }
}
