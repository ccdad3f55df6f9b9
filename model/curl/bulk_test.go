//go:build !race

// Bulk work of one goroutine, which tells the race detector nothing; make test runs it.

package curl

import (
	"testing"
)

// CASES Client side: a line of one thing over and over costs no more than its length, and
// says no more than a person reads.
func TestAFullLineSaysLittle(t *testing.T) {
	for _, line := range full() {
		i, err := Parse(line)
		if len(i.Notes) > maxNotes+1 || err != nil && len(err.Error()) > 300 {
			t.Errorf("%.60q: %d notes, %v", line, len(i.Notes), err)
		}
	}
}
