package main

import (
	"bytes"
	"os"
	"runtime"
	"testing"
)

// TestFresh fits anew. Elsewhere than on amd64, the compiler may fuse
// multiplications and additions, which moves last bits.
func TestFresh(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the coefficients were computed on amd64")
	}
	have, err := os.ReadFile("../coefficients.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, source()) {
		t.Error("coefficients.go is not what fit computes: run go generate in gen/vecmath")
	}
}
