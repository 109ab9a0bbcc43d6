// Command ulp prints the errors of the functions of package vecmath over all
// floats (-step=1), or over every step-th, as a table for docs/vecmath.md.
package main

import (
	"flag"
	"fmt"
	"runtime"
	"slices"

	"github.com/dlgen/dlgen/gen/vecmath"
	"github.com/dlgen/dlgen/gen/vecmath/internal/measure"
)

func main() {
	step := flag.Uint64("step", 1, "measure every `n`-th float")
	workers := flag.Int("workers", runtime.NumCPU(), "number of parallel workers")
	flag.Parse()
	fmt.Println("| function | instructions | max ulp | at | mean ulp | max abs error up to 1 | max ulp, unfused | wrong |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, r := range measure.References {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), r.Name) {
			continue
		}
		fused := measure.Every(&r, true, *step, *workers)
		loose := measure.Every(&r, false, *step, *workers)
		fmt.Printf("| %s | %d | %.2f | %g | %.3f | %.2g | %.2f | %d |", r.Name,
			vecmath.Lookup(r.Name).Instructions(), fused.Max, fused.At, fused.Mean(), fused.MaxAbs, loose.Max, fused.Wrong+loose.Wrong)
		if fused.Wrong > 0 {
			fmt.Printf(" wrong at %g", fused.FirstWrong)
		} else if loose.Wrong > 0 {
			fmt.Printf(" wrong unfused at %g", loose.FirstWrong)
		}
		fmt.Println()
	}
}
