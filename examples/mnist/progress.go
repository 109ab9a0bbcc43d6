package main

import (
	"fmt"
	"os"
	"time"
)

// progress tells how far the training is, on one line that is written over on
// a terminal, and once in a while elsewhere.
type progress struct {
	start, next time.Time
	done, total int
	loss        float64
	steps       int
	terminal    bool
}

func newProgress(total int) *progress {
	p := &progress{start: time.Now(), total: total}
	if info, err := os.Stdout.Stat(); err == nil {
		p.terminal = info.Mode()&os.ModeCharDevice != 0
	}
	p.next = p.start.Add(p.interval())
	return p
}

func (p *progress) interval() time.Duration {
	if p.terminal {
		return 100 * time.Millisecond
	}
	return 2 * time.Second
}

// reset starts a new mean of the loss.
func (p *progress) reset() { p.loss, p.steps = 0, 0 }

func (p *progress) meanLoss() float64 { return p.loss / float64(max(p.steps, 1)) }

// step counts a batch of n digits.
func (p *progress) step(epoch, n int, loss float32) {
	p.done += n
	p.loss += float64(loss)
	p.steps++
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(p.interval())
	took := now.Sub(p.start)
	left := time.Duration(float64(took) / float64(p.done) * float64(p.total-p.done))
	end := "\n"
	if p.terminal {
		end = ""
	}
	p.line("epoch %d: %3d %%, %.0f digits/s, loss %.4f, %v left%s", epoch, 100*p.done/p.total,
		float64(p.done)/took.Seconds(), p.meanLoss(), left.Round(100*time.Millisecond), end)
}

// line writes over what stands on the terminal's line.
func (p *progress) line(format string, args ...any) {
	if p.terminal {
		fmt.Print("\r\x1b[K")
	}
	fmt.Printf(format, args...)
}
