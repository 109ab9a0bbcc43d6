package measure

import (
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	quick := func(n int) { chains(n * 1000) }
	slow := func(n int) { chains(n * 4000) }
	rep := Run([]Case{{Code: "quick", Flops: 1000 * chainFlops, Run: quick}, {Code: "slow", Run: slow}}, 50*time.Millisecond)
	a, b := rep.Results[0], rep.Results[1]
	if a.Code != "quick" || b.Code != "slow" || a.Ns <= 0 {
		t.Fatalf("results %+v", rep.Results)
	}
	if b.Ns < 2*a.Ns {
		t.Errorf("four times the work took %.0f ns after %.0f ns", b.Ns, a.Ns)
	}
	if n := a.Samples + a.Discarded; n < minRounds {
		t.Errorf("%d samples, want at least %d", n, minRounds)
	}
	if share := a.Flops / a.Ns / a.Peak; share <= 0 || share > 1.1 {
		t.Errorf("share of the peak is %.2f", share)
	}
}

func TestSamplesDuringWhichThePeakMovedDoNotCount(t *testing.T) {
	var r Result
	r.add(90, 100, 50)
	if !r.Unsteady || r.Ns != 90 {
		t.Errorf("after an unsteady sample: %+v", r)
	}
	r.add(120, 100, 99)
	if r.Unsteady || r.Ns != 120 || r.Peak != 100 {
		t.Errorf("a steady sample must replace an unsteady one: %+v", r)
	}
	r.add(80, 60, 100)
	r.add(110, 101, 100)
	if r.Ns != 110 || r.Samples != 2 || r.Discarded != 2 {
		t.Errorf("least of the steady samples: %+v", r)
	}
}

func TestPeakIsRepeatable(t *testing.T) {
	for _, set := range []string{"", "avx512"} {
		m := NewMeter(set)
		best := 0.0
		for range 50 {
			best = max(best, m.Peak())
		}
		if best <= 0 {
			t.Fatal("no peak")
		}
		t.Logf("%s: %.1f GFLOP/s", m.Name, best)
	}
}
