// Package parallel does several things side by side.
//
// What comes in: their number and a function of the number of one. What goes out:
// the error of the first in this order that has one. What is promised: all have
// ended, and a panic in one of them is a panic in the caller.
package parallel

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Each calls f with 0 to n-1.
func Each(n int, f func(int) error) error {
	errs, panics := make([]error, n), make([]any, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panics[i] = fmt.Sprintf("%v\n%s", p, debug.Stack())
				}
			}()
			errs[i] = f(i)
		})
	}
	wg.Wait()
	for i := range n {
		if panics[i] != nil {
			panic(panics[i])
		}
		if errs[i] != nil {
			return errs[i]
		}
	}
	return nil
}
