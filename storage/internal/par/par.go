// Package par spreads work on many small items over the processors. It imports the
// standard library only and keeps no goroutine beyond a call.
package par

import (
	"runtime"
	"sync"
)

// few is how many items are not worth a goroutine: about 100 µs of opening records.
const few = 64

// Each calls fn once for every index below n, and returns the error of the lowest
// index that failed in the share of items it was in.
func Each(n int, fn func(i int) error) error {
	workers := min(runtime.GOMAXPROCS(0), n/few)
	if workers < 2 {
		return run(0, n, fn)
	}
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { errs[w] = run(n*w/workers, n*(w+1)/workers, fn) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func run(from, to int, fn func(i int) error) error {
	for i := from; i < to; i++ {
		if err := fn(i); err != nil {
			return err
		}
	}
	return nil
}
