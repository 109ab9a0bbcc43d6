// Package measure times calls on a machine that others use too.
//
// What comes in: cases, each a loop around one call. What goes out: for each
// the least time of a call, and the share of what the core could do at that
// moment. What is promised: one thread on one CPU; the cases take turns, so
// that noise hits all alike; the peak is measured right before and after each
// sample, and where it moved in between the sample does not count.
package measure

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Case is something to time: N calls of one function.
type Case struct {
	Pass, Code string
	// Set is the instruction set whose peak is the measure, or empty.
	Set string
	// Flops are the floating-point operations of a call, Bytes its traffic
	// where every element is moved once.
	Flops, Bytes float64
	Run          func(n int)
}

// Result is what a case took.
type Result struct {
	Pass, Code   string
	Flops, Bytes float64
	// Ns is the least time of a call, Peak the GFLOP/s of the core then.
	Ns, Peak float64
	// Samples counted, and Discarded are those during which the peak moved.
	Samples, Discarded int
	// Unsteady says that no sample counted and Ns is the least of the others.
	Unsteady bool
}

// Report is a run.
type Report struct {
	CPU     string
	Pinned  int
	Peaks   []Peak
	Results []Result
}

// Peak is the most that the core did while the cases ran, in GFLOP/s; Name
// says by which instructions.
type Peak struct {
	Name   string
	GFLOPs float64
}

// PeakText names the peaks.
func (r *Report) PeakText() string {
	var parts []string
	for _, p := range r.Peaks {
		parts = append(parts, fmt.Sprintf("%.0f GFLOP/s (%s)", p.GFLOPs, p.Name))
	}
	return "peak " + strings.Join(parts, ", ")
}

const (
	sampleTime = 2 * time.Millisecond
	minRounds  = 5
	maxRounds  = 400
	// steady is how far two peaks may be apart.
	steady = 0.03
)

// Run measures the cases for about the given time, and at least a few rounds.
func Run(cases []Case, budget time.Duration) Report {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	rep := Report{CPU: cpuName(), Pinned: Pin(NewMeter(""))}
	counts := make([]int, len(cases))
	meters := make([]*Meter, len(cases))
	peaks := map[string]*Peak{}
	var order []*Peak
	for i, c := range cases {
		meters[i] = NewMeter(c.Set)
		if name := meters[i].Name; peaks[name] == nil {
			peaks[name] = &Peak{Name: name}
			order = append(order, peaks[name])
		}
		counts[i] = calls(c.Run)
		rep.Results = append(rep.Results, Result{Pass: c.Pass, Code: c.Code, Flops: c.Flops, Bytes: c.Bytes})
	}
	for start, round := time.Now(), 0; round < minRounds || round < maxRounds && time.Since(start) < budget; round++ {
		for k := range cases {
			i := (k + round) % len(cases)
			cases[i].Run(1) // the caches still have what the case before it used
			before := meters[i].Peak()
			ns := sample(cases[i].Run, counts[i])
			after := meters[i].Peak()
			p := peaks[meters[i].Name]
			p.GFLOPs = max(p.GFLOPs, before, after)
			rep.Results[i].add(ns, before, after)
		}
	}
	for _, p := range order {
		rep.Peaks = append(rep.Peaks, *p)
	}
	return rep
}

func (r *Result) add(ns, before, after float64) {
	high, low := max(before, after), min(before, after)
	counts := low >= (1-steady)*high
	if counts {
		r.Samples++
	} else {
		r.Discarded++
	}
	first := r.Samples+r.Discarded == 1
	switch {
	case counts && (r.Samples == 1 || ns < r.Ns), !counts && r.Samples == 0 && (first || ns < r.Ns):
		r.Ns, r.Peak = ns, high
	}
	r.Unsteady = r.Samples == 0
}

// calls is how many calls take about sampleTime, once warm.
func calls(run func(n int)) int {
	run(1)
	for n := 1; ; n *= 2 {
		if ns := sample(run, n); ns*float64(n) >= float64(sampleTime)/2 {
			return max(1, int(float64(sampleTime)/ns))
		}
	}
}

func sample(run func(n int), n int) float64 {
	start := time.Now()
	run(n)
	return float64(max(time.Since(start), 1)) / float64(n)
}
