package main

import (
	"fmt"
	"os"
	"time"
)

// progress tells how far the training is, on one line that is written over on
// a terminal, and once in a while elsewhere.
type progress struct {
	start, next       time.Time
	first, now, total int     // steps: before this run, so far, at the end
	loss              float64 // of late, an exponential mean
	sum               float64 // of losses since the last pass
	steps             int     // in that sum
	terminal          bool
}

func newProgress(first, total int) *progress {
	p := &progress{start: time.Now(), first: first, now: first, total: total}
	if info, err := os.Stdout.Stat(); err == nil {
		p.terminal = info.Mode()&os.ModeCharDevice != 0
	}
	p.next = p.start.Add(p.interval())
	return p
}

func (p *progress) interval() time.Duration {
	if p.terminal {
		return 200 * time.Millisecond
	}
	return 10 * time.Second
}

// step counts a step.
func (p *progress) step(loss float64) {
	if p.now == p.first {
		p.loss = loss
	}
	p.loss += (loss - p.loss) / 50
	p.sum += loss
	p.now++
	p.steps++
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(p.interval())
	took := now.Sub(p.start)
	done := p.now - p.first
	left := time.Duration(float64(took) / float64(done) * float64(p.total-p.now))
	end := "\n"
	if p.terminal {
		end = ""
	}
	p.line("step %d of %d, %.0f chars/s, loss %.3f, %v left%s", p.now, p.total,
		float64(done*window*passages)/took.Seconds(), p.loss, left.Round(time.Second), end)
}

// pass ends a pass over the text.
func (p *progress) pass(pass int, held float64) {
	p.line("pass %d, %v: loss %.3f, on the text kept back %.3f\n", pass,
		time.Since(p.start).Round(100*time.Millisecond), p.sum/float64(p.steps), held)
	p.sum, p.steps = 0, 0
}

// end leaves an empty line to go on with.
func (p *progress) end() { p.line("") }

// line writes over what stands on the terminal's line.
func (p *progress) line(format string, args ...any) {
	if p.terminal {
		fmt.Print("\r\x1b[K")
	}
	fmt.Printf(format, args...)
}
