package place

import "time"

// Patience bounds every wait. It is far beyond what anything here takes, so that a busy
// machine does not make a fault.
const Patience = 20 * time.Second

// Poll waits until a condition holds, or says that it did not within Patience.
func Poll(holds func() bool) bool { return PollFor(Patience, holds) }

// PollFor is Poll with another limit.
func PollFor(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if holds() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
