package measure

import (
	"runtime"
	"time"
)

// chainFlops are the operations of one round of chains.
const chainFlops = 8 * 2

// chains runs n rounds of eight independent scalar multiply-adds.
func chains(n int) {
	const f = 0.5
	var a, b, c, d, e, g, h, k float32
	for range n {
		a, b, c, d = a*f+1, b*f+1, c*f+1, d*f+1
		e, g, h, k = e*f+1, g*f+1, h*f+1, k*f+1
	}
	runtime.KeepAlive(a + b + c + d + e + g + h + k)
}

// Meter measures what the core can do at most, again and again, since a shared
// machine's speed moves.
type Meter struct {
	// Name says what the peak is made of.
	Name   string
	run    func(n int)
	flops  float64
	rounds int
}

// probeTime is how long one look at the peak takes.
const probeTime = 150 * time.Microsecond

// NewMeter prepares a meter of an instruction set, by its target's name, or of
// the common one where it is empty or the machine does not have it.
func NewMeter(set string) *Meter {
	m := &Meter{rounds: 1}
	m.run, m.flops, m.Name = probe(set)
	for m.time() < probeTime {
		m.rounds *= 2
	}
	return m
}

func (m *Meter) time() time.Duration {
	start := time.Now()
	m.run(m.rounds)
	return max(time.Since(start), 1)
}

// Peak is the best of two looks, in GFLOP/s.
func (m *Meter) Peak() float64 {
	best := min(m.time(), m.time())
	return m.flops * float64(m.rounds) / float64(best.Nanoseconds())
}
