// Package serve is the part of a peer that speaks with the harness of a
// comparison: the harness asks, one line at a time, several programs in turn.
//
// What comes in: jobs by workload name, and on standard input the lines
// prep NAME, check, calib, rep N, free, quit. What goes out: one line for each.
// What is promised: a job's memory is allocated and filled before it is timed,
// and a job that panics is an answer, not the end of the program.
package serve

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Job is one workload, ready to run.
type Job struct {
	// Run calls it n times.
	Run func(n int)
	// Outputs are what it computes, in the harness's layouts; they are valid
	// after a run.
	Outputs []Output
}

// Output is a named result. Where Axes are set, V has the shape Shape, and axis k
// of the harness's tensor is our axis Axes[k].
type Output struct {
	Name        string
	V           []float32
	Shape, Axes []int
}

// The harness's seeds.
const (
	SeedX    = 1
	SeedW    = 2
	SeedB    = 3
	SeedDY   = 4
	SeedR    = 5
	SeedGrad = 6
	SeedK    = 7
	SeedV    = 8

	seedProjection = 99
)

// hash is element i of the harness's tensor with the given seed and scale.
func hash(seed, i uint32, scale float32) float32 {
	h := i*2654435761 + seed*40503 + 12345
	h ^= h >> 16
	h *= 0x45d9f3b
	h ^= h >> 16
	return (float32(h&0xffff)/65536 - 0.5) * scale
}

// Fill sets x to the harness's tensor.
func Fill(x []float32, seed uint32, scale float32) {
	for i := range x {
		x[i] = hash(seed, uint32(i), scale)
	}
}

// FillAs sets x, which has the given shape, to the harness's tensor, whose axis
// k is our axis axes[k]; nil stands for the same order.
func FillAs(x []float32, shape, axes []int, seed uint32, scale float32) {
	if axes == nil {
		Fill(x, seed, scale)
		return
	}
	each(shape, axes, func(theirs, ours int) { x[ours] = hash(seed, uint32(theirs), scale) })
}

// each calls f with the place of each element in the harness's tensor and in
// ours.
func each(shape, axes []int, f func(theirs, ours int)) {
	strides := make([]int, len(shape))
	size := 1
	for d := len(shape) - 1; d >= 0; d-- {
		strides[d] = size
		size *= shape[d]
	}
	for theirs := range size {
		ours, rest := 0, theirs
		for k := len(axes) - 1; k >= 0; k-- {
			ours += rest % shape[axes[k]] * strides[axes[k]]
			rest /= shape[axes[k]]
		}
		f(theirs, ours)
	}
}

// FillID sets id to the harness's row numbers for a table of v rows.
func FillID(id []int32, v int) {
	for i := range id {
		id[i] = int32((i*37 + 11) % v)
	}
}

// FillLabels sets label to the harness's classes.
func FillLabels(label []int32, classes int) {
	for i := range label {
		label[i] = int32((i*7 + 3) % classes)
	}
}

// Must stops where a layer refuses its data, which is a mistake of this program.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Main serves the jobs, or times those named as arguments.
func Main(jobs map[string]func() *Job) {
	if len(os.Args) > 1 && os.Args[1] == "--serve" {
		Serve(jobs, os.Stdin, os.Stdout)
		return
	}
	for _, name := range os.Args[1:] {
		make, ok := jobs[name]
		if !ok {
			fmt.Fprintln(os.Stderr, name+": unsupported")
			continue
		}
		job := make()
		n, best := job.calibrate(), math.Inf(1)
		for range 7 {
			best = min(best, job.time(n))
		}
		fmt.Printf("%s %.1f ns\n", name, best)
	}
}

// Serve answers the lines of in until quit.
func Serve(jobs map[string]func() *Job, in io.Reader, out io.Writer) {
	s := server{jobs: jobs}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		command, arg, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if command == "quit" {
			return
		}
		fmt.Fprintln(out, s.answer(command, arg))
	}
}

type server struct {
	jobs map[string]func() *Job
	job  *Job
}

// answer never has a line break in it.
func (s *server) answer(command, arg string) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = "no " + strings.ReplaceAll(fmt.Sprint(r), "\n", " ")
		}
	}()
	if s.job == nil && command != "prep" && command != "free" {
		return "no workload is prepared"
	}
	switch command {
	case "prep":
		make, ok := s.jobs[arg]
		if !ok {
			return "no unsupported"
		}
		s.job = make()
		runtime.GC() // nothing is collected while it is timed
		return "ok"
	case "check":
		return s.job.check()
	case "calib":
		return strconv.Itoa(s.job.calibrate())
	case "rep":
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 {
			return "no such count: " + arg
		}
		return strconv.FormatFloat(s.job.time(n), 'f', 3, 64)
	case "free":
		s.job = nil
		return "ok"
	}
	return "no such command: " + command
}

// check runs once and sums up each output: size, sum of magnitudes, a random
// projection and eight samples.
func (j *Job) check() string {
	j.Run(1)
	sums := map[string][]float64{}
	for _, o := range j.Outputs {
		v := o.layout()
		size, projection := 0.0, 0.0
		for i, x := range v {
			size += math.Abs(float64(x))
			projection += float64(x) * float64(hash(seedProjection, uint32(i), 2))
		}
		sum := []float64{float64(len(v)), size, projection}
		for k := range 8 {
			sum = append(sum, float64(v[(len(v)-1)*k/7]))
		}
		sums[o.Name] = sum
	}
	text, err := json.Marshal(sums)
	if err != nil {
		return "no " + err.Error()
	}
	return string(text)
}

// layout is the output in the harness's layout.
func (o *Output) layout() []float32 {
	if o.Axes == nil {
		return o.V
	}
	t := make([]float32, len(o.V))
	each(o.Shape, o.Axes, func(theirs, ours int) { t[theirs] = o.V[ours] })
	return t
}

// repetition is the least time between calls of the clock.
const repetition = 50 * time.Millisecond

// calibrate finds how many runs take at least one repetition.
func (j *Job) calibrate() int {
	j.Run(1)
	for n := 1; ; {
		took := j.time(n) * float64(n)
		if took >= float64(repetition) {
			return n
		}
		n = min(100*n, 1+int(1.15*float64(n)*float64(repetition)/max(took, 1)))
	}
}

// time is the nanoseconds of one run among n.
func (j *Job) time(n int) float64 {
	start := time.Now()
	j.Run(n)
	return float64(time.Since(start)) / float64(n)
}
