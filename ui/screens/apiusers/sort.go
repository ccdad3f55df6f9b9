package apiusers

import (
	"time"

	"ferry/model/apiusers"
)

// The orders of the list.
const (
	byName = iota // as the use-case gives them
	byUse         // last used first
	byKey         // whose key ends next
)

var orders = []func(a, b *apiusers.Summary) int{
	byName: nil,
	byUse:  func(a, b *apiusers.Summary) int { return b.LastUsed.Compare(a.LastUsed) },
	byKey:  func(a, b *apiusers.Summary) int { return compareEnds(a.KeyExpires, b.KeyExpires) },
}

// compareEnds puts what never ends last.
func compareEnds(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}
