package generated

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/dlgen/dlgen/generated/adam"
	"github.com/dlgen/dlgen/generated/batchnorm"
	"github.com/dlgen/dlgen/generated/dropout"
	"github.com/dlgen/dlgen/generated/embedding"
	"github.com/dlgen/dlgen/generated/fc1"
	"github.com/dlgen/dlgen/generated/heads"
	"github.com/dlgen/dlgen/generated/loss"
	"github.com/dlgen/dlgen/generated/mix"
	"github.com/dlgen/dlgen/generated/softmax"
	"github.com/dlgen/dlgen/generated/tails"
	widegelu "github.com/dlgen/dlgen/generated/wide/gelu"
	widesoftmax "github.com/dlgen/dlgen/generated/wide/logsoftmax"
	widetails "github.com/dlgen/dlgen/generated/wide/tails"
)

// TestImplementation fails where the CPU has an instruction set and the
// packages made for it do not use it, and the other way round.
func TestImplementation(t *testing.T) {
	want, wide, whole := "go", "go", "go"
	if vectorised && runtime.GOARCH == "amd64" && cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		want, wide, whole = "avx2", "avx2", "avx2"
		if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL {
			wide = "avx512"
			if cpu.X86.HasAVXVNNI || !cpu.X86.HasAVX512BF16 {
				whole = wide // the machine computes whole vectors
			}
		}
	}
	for _, got := range []string{fc1.Implementation(), softmax.Implementation(), adam.Implementation(), embedding.Implementation()} {
		if got != want {
			t.Errorf("a package runs %s, want %s", got, want)
		}
	}
	if got := widegelu.Implementation(); got != wide {
		t.Errorf("a package for all instruction sets runs %s, want %s", got, wide)
	}
	for _, got := range []string{widesoftmax.Implementation(), widetails.Implementation()} {
		if got != whole {
			t.Errorf("a package with vectors that are half empty runs %s, want %s", got, whole)
		}
	}
}

// TestNothingAllocates calls functions of every kind.
func TestNothingAllocates(t *testing.T) {
	type arrays struct {
		fx, fdx fc1.X
		fw, fdw fc1.W
		fb      fc1.B
		fy      fc1.Y
		tx      tails.X
		tw      tails.W
		tb      tails.B
		ty      tails.Y
		lx      loss.X
		label   loss.Label
		loss    float32
		id      embedding.Id
		e       embedding.E
		ey      embedding.Y
		w, m, v adam.W
		dw      adam.W
		px, py  dropout.X
		mx      mix.X
		mz      mix.Z
		mw      mix.W
		my      mix.Y
	}
	a := new(arrays)
	for name, f := range map[string]func(){
		"fc1 forward":        func() { fc1.Forward(&a.fy, &a.fx, &a.fw, &a.fb) },
		"fc1 backward":       func() { fc1.Backward(&a.fdx, &a.fdw, &a.fb, &a.fy, &a.fx, &a.fw) },
		"tails forward":      func() { tails.Forward(&a.ty, &a.tx, &a.tw, &a.tb) },
		"loss forward":       func() { _ = loss.Forward(&a.loss, &a.lx, &a.label) },
		"embedding forward":  func() { _ = embedding.Forward(&a.ey, &a.id, &a.e) },
		"embedding backward": func() { _ = embedding.Backward(&a.e, &a.ey, &a.id) },
		"adam forward":       func() { adam.Forward(&a.w, &a.m, &a.v, &a.dw, 0.1, 1) },
		"dropout forward":    func() { dropout.Forward(&a.py, &a.px, 1) },
		"mix forward":        func() { mix.Forward(&a.my, &a.mx, &a.mz, &a.mw) },
	} {
		if n := testing.AllocsPerRun(3, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// TestCallsAtTheSameTime lets calls with arrays of their own run side by side:
// there is no state that they share.
func TestCallsAtTheSameTime(t *testing.T) {
	want := new(fc1.Y)
	x, w, b := new(fc1.X), new(fc1.W), new(fc1.B)
	for i := range w {
		for o := range w[i] {
			w[i][o] = float32((i*7+o*3)%11) - 5
			x[(i+o)%fc1.DimN][i] = float32(i%5) - 2
		}
	}
	fc1.Forward(want, x, w, b)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			y := new(fc1.Y)
			for range 50 {
				fc1.Forward(y, x, w, b)
				if *y != *want {
					t.Error("another result")
					return
				}
			}
		})
	}
	wg.Wait()
}

// panics makes sure that a call panics with the given words.
func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if got := recover(); got != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}()
	f()
}

// TestSteps: the first step of an optimiser is 1; one before that writes nothing.
func TestSteps(t *testing.T) {
	w, m, v, dw := new(adam.W), new(adam.M), new(adam.V), new(adam.Dw)
	w[0], dw[0] = 1, 2
	for _, step := range []int{0, -3} {
		panics(t, "adam.Forward: t must be at least 1", func() { adam.Forward(w, m, v, dw, 0.1, step) })
	}
	if w[0] != 1 || m[0] != 0 {
		t.Error("something was written")
	}
	adam.Forward(w, m, v, dw, 0.1, 1)
	if w[0] == 1 {
		t.Error("nothing was written")
	}
}

// TestSameArray passes one array for two arguments, one of which is written: nothing is.
func TestSameArray(t *testing.T) {
	x := new(softmax.X)
	x[0][0] = 1
	panics(t, "softmax.Forward: y and x are the same array, and y is written", func() { softmax.Forward(x, x) })
	panics(t, "softmax.Backward: dx and dy are the same array, and dx is written", func() { softmax.Backward(x, x, new(softmax.Y)) })
	if x[0][0] != 1 {
		t.Error("something was written")
	}
	mean := new(batchnorm.Beta)
	panics(t, "batchnorm.Forward: running_mean and beta are the same array, and running_mean is written", func() {
		batchnorm.Forward(new(batchnorm.Workspace), new(batchnorm.Y), mean, new(batchnorm.Running_var), new(batchnorm.X), new(batchnorm.Gamma), mean)
	})
	w := new(heads.Wq)
	panics(t, "heads.Backward: dwv and wo are the same array, and dwv is written", func() {
		heads.Backward(new(heads.Workspace), new(heads.X), new(heads.Wq), new(heads.Wk), w, new(heads.Wo), new(heads.Bq), new(heads.Bk), new(heads.Bv), new(heads.Bo),
			new(heads.Y), new(heads.X), new(heads.Wq), new(heads.Wk), new(heads.Wv), w)
	})
}
