//go:build !linux

package measure

import "runtime"

// Pin keeps the calling goroutine on one thread. There is no choice of a CPU
// here, so it returns -1.
func Pin(*Meter) int {
	runtime.LockOSThread()
	return -1
}
