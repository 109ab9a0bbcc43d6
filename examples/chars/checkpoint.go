package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/dlgen/dlgen/examples/chars/kernels/cell"
	"github.com/dlgen/dlgen/examples/chars/kernels/embed"
	"github.com/dlgen/dlgen/examples/chars/kernels/fc"
)

// tensors are the parameters by name, or what has their shape: the moments.
func (p *Params) tensors(prefix string) []tensor {
	return []tensor{
		{prefix + "embed.e", []int{embed.DimV, embed.DimD}, numbers(&p.E)},
		{prefix + "cell.wx", []int{cell.DimI, 4, cell.DimH}, numbers(&p.Wx)},
		{prefix + "cell.wh", []int{cell.DimH, 4, cell.DimH}, numbers(&p.Wh)},
		{prefix + "cell.b", []int{4, cell.DimH}, numbers(&p.B)},
		{prefix + "fc.w", []int{fc.DimI, fc.DimO}, numbers(&p.W)},
		{prefix + "fc.b", []int{fc.DimO}, numbers(&p.Bo)},
	}
}

// tensors are all that training goes on from, in the memory of the network.
func (n *Network) tensors() []tensor {
	return slices.Concat(
		n.Params.tensors(""),
		flat[Params](&n.m).tensors("adam.m."),
		flat[Params](&n.v).tensors("adam.v."),
		[]tensor{
			{"state.h", []int{cell.DimN, cell.DimH}, numbers(&n.state.H)},
			{"state.c", []int{cell.DimN, cell.DimH}, numbers(&n.state.C)},
		})
}

// save writes all that training goes on from.
func save(file string, n *Network, text *Text) error {
	return writeTensors(file, n.tensors(), map[string]string{
		"step": strconv.Itoa(n.step),
		"text": text.digest,
	})
}

// load takes over what save wrote; where something is wrong with the file, the
// network stays as it is.
func load(file string, n *Network, text *Text) error {
	read, metadata, err := readTensors(file)
	if err != nil {
		return err
	}
	step, err := strconv.Atoi(metadata["step"])
	if err != nil || step < 0 {
		return fmt.Errorf("%s: its metadata should have a step, and it is %q", file, metadata["step"])
	}
	if metadata["text"] != text.digest {
		return fmt.Errorf("%s was trained on another text; name that one with -text FILE", file)
	}
	wanted := n.tensors()
	for _, t := range wanted {
		got, ok := read[t.name]
		switch {
		case !ok:
			return fmt.Errorf("%s has no tensor %q", file, t.name)
		case !slices.Equal(got.shape, t.shape):
			return fmt.Errorf("%s: tensor %q has shape %v, and the network's has %v", file, t.name, got.shape, t.shape)
		}
	}
	if len(read) > len(wanted) {
		return fmt.Errorf("%s has %d tensors, and the network has %d", file, len(read), len(wanted))
	}
	for _, t := range wanted {
		copy(t.data, read[t.name].data)
	}
	n.step = step
	return nil
}
