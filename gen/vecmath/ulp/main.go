// Command ulp prints the errors of the functions of package vecmath as the
// table of docs/vecmath.md: over all floats, or over every n-th. It exits with
// 1 where a special value is wrong.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/dlgen/dlgen/gen/vecmath"
	"github.com/dlgen/dlgen/gen/vecmath/internal/measure"
)

func main() {
	inner := flag.Uint64("inner", 1, "measure every `n`-th float from 2^-30 to 2^16")
	outer := flag.Uint64("outer", 1, "measure every `n`-th of the other floats")
	workers := flag.Int("workers", runtime.NumCPU(), "number of parallel workers")
	flag.Parse()
	status := 0
	fmt.Println("| function | instructions | max ulp | at | mean ulp | max error where the result is at most 1 | max ulp, unfused | at |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, r := range measure.References {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), r.Name) {
			continue
		}
		fused := measure.Every(&r, true, *inner, *outer, *workers)
		loose := measure.Every(&r, false, *inner, *outer, *workers)
		fmt.Printf("| %s | %d | %.2f | %g | %.3f | %.2g | %.2f | %g |\n", r.Name, vecmath.Lookup(r.Name).Instructions(),
			fused.Max, fused.At, fused.Mean(), fused.MaxAbs, loose.Max, loose.At)
		for _, e := range []measure.Errors{fused, loose} {
			if e.Wrong > 0 {
				fmt.Fprintf(os.Stderr, "ulp: %s: %d wrong values, one at %g\n", r.Name, e.Wrong, e.FirstWrong)
				status = 1
			}
		}
	}
	os.Exit(status)
}
