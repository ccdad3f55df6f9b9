package par_test

import (
	"errors"
	"fmt"
	"testing"

	"ferry/storage/internal/par"
)

func TestEachRunsEveryIndexOnce(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 127, 128, 1000} {
		ran := make([]int, n)
		if err := par.Each(n, func(i int) error { ran[i]++; return nil }); err != nil {
			t.Fatal(err)
		}
		for i, times := range ran {
			if times != 1 {
				t.Fatalf("of %d, index %d ran %d times", n, i, times)
			}
		}
	}
}

func TestEachReturnsTheFirstError(t *testing.T) {
	err := par.Each(1000, func(i int) error {
		if i%300 == 299 {
			return fmt.Errorf("index %d", i)
		}
		return nil
	})
	if err == nil || err.Error() != "index 299" {
		t.Errorf("got %v", err)
	}
	boom := errors.New("boom")
	if err := par.Each(3, func(int) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
}
