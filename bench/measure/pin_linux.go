package measure

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Pin keeps the calling goroutine on one thread and that thread on the CPU
// that is fastest right now, of those it may use. It returns the CPU's number,
// or -1 where the system does not allow a choice.
func Pin(m *Meter) int {
	runtime.LockOSThread()
	var allowed unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return -1
	}
	best, speed := -1, 0.0
	for n := range len(allowed) * 64 {
		if !allowed.IsSet(n) || !pinTo(n) {
			continue
		}
		if s := max(m.Peak(), m.Peak(), m.Peak()); s > speed {
			best, speed = n, s
		}
	}
	if best < 0 || !pinTo(best) {
		return -1
	}
	return best
}

func pinTo(n int) bool {
	var one unix.CPUSet
	one.Set(n)
	return unix.SchedSetaffinity(0, &one) == nil
}
