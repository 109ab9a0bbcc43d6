package measure

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Main measures the cases for the time that the first argument says and prints
// the report as JSON.
func Main(cases []Case) {
	budget := time.Second
	if len(os.Args) > 1 {
		d, err := time.ParseDuration(os.Args[1])
		Must(err)
		budget = d
	}
	Must(json.NewEncoder(os.Stdout).Encode(Run(cases, budget)))
}

// Must ends the program where there is an error.
func Must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Fill sets x to numbers in [-1, 1) that depend on the seed.
func Fill(x []float32, seed uint32) {
	for i := range x {
		x[i] = float32(int32(hash(uint32(i)^hash(seed)))) / (1 << 31)
	}
}

// FillInt sets x to numbers in [0, limit).
func FillInt(x []int32, limit int) {
	for i := range x {
		x[i] = int32(hash(uint32(i)) % uint32(limit))
	}
}

// hash scatters the bits of h (the multiplications are those of Knuth's
// multiplicative hashing).
func hash(h uint32) uint32 {
	h *= 2654435761
	h ^= h >> 15
	h *= 2654435761
	return h ^ h>>13
}
