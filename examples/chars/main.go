// Command chars learns to write like a text, character by character, with
// generated kernels only: an embedding, an LSTM and a dense layer, with cross
// entropy and Adam. The text is the Go specification, or one of your own.
package main

//go:generate go tool dlgen generate

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"

	"github.com/dlgen/dlgen/examples/chars/kernels/cell"
)

// options are what the command line says.
type options struct {
	text, resume, save, prompt string
	steps, length              int
	seed                       uint64
	lr, temperature            float64
}

// saveEvery is how many steps a crash can cost.
const saveEvery = 500

func main() {
	var o options
	flag.StringVar(&o.text, "text", "", "`file` of the text to learn (default: the Go specification, as it comes with Go)")
	flag.IntVar(&o.steps, "steps", 3000, "step at which training ends; a step is a window of each of the 16 passages")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the weights and of what is written")
	flag.Float64Var(&o.lr, "lr", 0.003, "learning rate of the first 1000 steps; then it falls with the root of the step")
	flag.StringVar(&o.resume, "resume", "", "continue from a `file` that -save wrote")
	flag.StringVar(&o.save, "save", "", "save to a `file` (safetensors), every 500 steps and at the end (default: that of -resume)")
	flag.IntVar(&o.length, "length", 500, "characters to write at the end")
	flag.Float64Var(&o.temperature, "temperature", 0.7, "how daring the writing is: near 0 the likeliest character, 1 as the network has it")
	flag.StringVar(&o.prompt, "prompt", "\n", "what the network reads before it writes")
	flag.Parse()
	if err := o.check(flag.NArg()); err != nil {
		fmt.Fprintln(os.Stderr, "chars:", err)
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "chars:", err)
		os.Exit(1)
	}
}

// check completes the options and says what is wrong with them.
func (o *options) check(arguments int) error {
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
	switch {
	case arguments > 0:
		return fmt.Errorf("there are no arguments but the flags; -help lists them")
	case o.steps < 0 || o.length < 0:
		return fmt.Errorf("-steps and -length cannot be negative")
	case !positive(o.lr) || !positive(o.temperature):
		return fmt.Errorf("-lr and -temperature must be positive")
	case o.prompt == "":
		return fmt.Errorf("-prompt must have a character at least")
	}
	if o.save == "" {
		o.save = o.resume
	}
	return nil
}

func run(o options) error {
	text, err := loadText(o.text)
	if err != nil {
		return err
	}
	net := NewNetwork(rand.New(rand.NewPCG(o.seed, 0)))
	if o.resume != "" {
		if err := load(o.resume, net, text); err != nil {
			return fmt.Errorf("resuming: %w", err)
		}
	}
	fmt.Printf("%d characters to learn from, %d to be tested with; %d parameters; kernels: %s\n",
		len(text.train), len(text.held), parameters, cell.Implementation())
	if net.step > 0 {
		fmt.Printf("resuming %s after step %d\n", o.resume, net.step)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	show := newProgress(net.step, o.steps)
	if err := train(ctx, net, text, o, show); err != nil {
		return err
	}
	stop() // from here on an interrupt ends the program at once
	held, err := net.Evaluate(text.held)
	if err != nil {
		return err
	}
	fmt.Printf("after %d steps: loss %.3f nats a character on the text kept back; trained for %v\n",
		net.step, held, time.Since(show.start).Round(100*time.Millisecond))
	written, err := net.Write(rand.New(rand.NewPCG(o.seed, 1)), o.prompt, o.length, o.temperature)
	if err != nil {
		return err
	}
	fmt.Printf("%d characters at temperature %g:\n\n%s\n", o.length, o.temperature, written)
	return nil
}

// train takes steps until there are as many as wanted, or until it is
// interrupted, and saves.
func train(ctx context.Context, net *Network, text *Text, o options, show *progress) error {
	first := net.step
	for net.step < o.steps && ctx.Err() == nil {
		l, err := net.Train(text.train, rate(o.lr, net.step))
		if err != nil {
			return err
		}
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return fmt.Errorf("the loss of step %d is %v: try a smaller -lr", net.step, l)
		}
		show.step(l)
		if net.step%windows(text.train) == 0 {
			held, err := net.Evaluate(text.held)
			if err != nil {
				return err
			}
			show.pass(net.step/windows(text.train), held)
		}
		if o.save != "" && net.step%saveEvery == 0 && net.step < o.steps {
			if err := save(o.save, net, text); err != nil {
				return fmt.Errorf("saving: %w", err)
			}
		}
	}
	show.end()
	if o.save == "" || net.step == first {
		return nil
	}
	if err := save(o.save, net, text); err != nil {
		return fmt.Errorf("saving: %w", err)
	}
	fmt.Printf("saved step %d to %s\n", net.step, o.save)
	return nil
}

// rate is the learning rate of a step. It does not depend on where the training
// ends, so that one that is resumed goes on as if it had never stopped.
func rate(lr float64, step int) float32 {
	return float32(lr * min(1, math.Sqrt(1000/float64(step+1))))
}
