package harness

import (
	"fmt"
	"os"
)

// Main runs all cases of the file os.Args[2] and exits. Each package must say
// that it runs the implementation os.Args[1].
func Main(packages map[string]Package) {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: run IMPLEMENTATION CASES")
		os.Exit(2)
	}
	cases, err := ReadCases(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	failed := 0
	for _, c := range cases {
		p, ok := packages[c.Package]
		if !ok {
			fmt.Printf("%s: there is no package %s\n", c.Vector.Name, c.Package)
			failed++
			continue
		}
		if got := p.Implementation(); got != os.Args[1] {
			fmt.Printf("%s: runs implementation %s, not %s\n", c.Vector.Name, got, os.Args[1])
			failed++
			continue
		}
		if err := p.Check(&c.Vector); err != nil {
			fmt.Printf("%s: %v\n", c.Vector.Name, err)
			failed++
		}
	}
	fmt.Printf("%d of %d cases failed\n", failed, len(cases))
	if failed > 0 {
		os.Exit(1)
	}
}
