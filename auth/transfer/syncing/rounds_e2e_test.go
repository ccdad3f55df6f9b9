//go:build e2e

package syncing

import "testing"

// The line in full: 100 rounds, 1 % random changes, one side failing at random.
func TestSyncHundredRounds(t *testing.T) { rounds(t, 100, 1000, 42, false) }

// The same where the target sets fields itself; the hundred rounds of it run against the
// sandbox, with the built binary.
func TestSyncRoundsStampedLonger(t *testing.T) { rounds(t, 30, 1000, 43, true) }
