package apiusers

import (
	"slices"
	"strings"
	"time"

	"ferry/model/apiusers"
)

// order is how the list is sorted.
type order int

const (
	byName order = iota
	byUse        // last used first
	byKey        // whose key ends next
	orders
)

// apply sorts rows by name, and then by what else is asked for.
func (o order) apply(rows []apiusers.Summary) {
	slices.SortFunc(rows, func(a, b apiusers.Summary) int {
		return strings.Compare(strings.ToLower(a.User.Username), strings.ToLower(b.User.Username))
	})
	switch o {
	case byUse:
		slices.SortStableFunc(rows, func(a, b apiusers.Summary) int { return b.LastUsed.Compare(a.LastUsed) })
	case byKey:
		slices.SortStableFunc(rows, func(a, b apiusers.Summary) int { return compareEnds(a.KeyExpires, b.KeyExpires) })
	}
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
