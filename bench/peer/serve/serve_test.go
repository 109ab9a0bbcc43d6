package serve

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

// double is a job that computes y = 2x, x a matrix of 2 rows and 3 columns.
func double() *Job {
	x, y := make([]float32, 6), make([]float32, 6)
	FillAs(x, []int{2, 3}, []int{1, 0}, SeedX, 2)
	return &Job{
		Run: func(n int) {
			for range n {
				for i, v := range x {
					y[i] = 2 * v
				}
			}
		},
		Outputs: []Output{{Name: "y", V: y, Shape: []int{2, 3}, Axes: []int{1, 0}}},
	}
}

func ask(t *testing.T, lines ...string) []string {
	t.Helper()
	var out strings.Builder
	jobs := map[string]func() *Job{"double/X/fwd": double, "panics/X/fwd": func() *Job { panic("line 1\nline 2") }}
	Serve(jobs, strings.NewReader(strings.Join(lines, "\n")+"\nquit\nprep double/X/fwd\n"), &out)
	answers := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(answers) != len(lines) {
		t.Fatalf("%d answers to %d lines: %q", len(answers), len(lines), answers)
	}
	return answers
}

func TestServe(t *testing.T) {
	a := ask(t, "prep conv/X/fwd", "calib", "prep panics/X/fwd", "prep double/X/fwd", "check", "rep 3", "rep x", "free", "rep 3")
	for i, want := range map[int]string{0: "no unsupported", 1: "no workload is prepared", 2: "no line 1 line 2", 3: "ok", 7: "ok", 8: "no workload is prepared"} {
		if a[i] != want {
			t.Errorf("answer %d is %q, want %q", i, a[i], want)
		}
	}
	if ns, err := strconv.ParseFloat(a[5], 64); err != nil || ns <= 0 {
		t.Errorf("rep answers %q", a[5])
	}
	if !strings.HasPrefix(a[6], "no ") {
		t.Errorf("a wrong count is answered with %q", a[6])
	}
	var sums map[string][]float64
	if err := json.Unmarshal([]byte(a[4]), &sums); err != nil || len(sums["y"]) != 11 {
		t.Fatalf("check answers %q", a[4])
	}
	// In the harness's layout the elements are twice its tensor, in its order.
	size := 0.0
	for i := range uint32(6) {
		v := float64(hash(SeedX, i, 2))
		size += 2 * max(v, -v)
	}
	if got := sums["y"]; got[0] != 6 || got[1] != size || got[3] != 2*float64(hash(SeedX, 0, 2)) || got[10] != 2*float64(hash(SeedX, 5, 2)) {
		t.Errorf("check answers %v", got)
	}
}

func TestCalibrate(t *testing.T) {
	n, err := strconv.Atoi(ask(t, "prep double/X/fwd", "calib")[1])
	if err != nil || n < 1000 {
		t.Errorf("a short job is run %d times", n)
	}
}

// The data must be that of the other peers.
func TestHash(t *testing.T) {
	for _, c := range []struct {
		seed, i uint32
		scale   float32
		want    float32
	}{{1, 0, 2, -0.775177002}, {2, 5, 0.2, 0.0180542003}, {4, 1000003, 2, -0.722564697}} {
		if got := hash(c.seed, c.i, c.scale); got != c.want {
			t.Errorf("hash(%d, %d, %v) = %v, want %v", c.seed, c.i, c.scale, got, c.want)
		}
	}
}
