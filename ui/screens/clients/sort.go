package clients

import (
	"cmp"
	"slices"
	"strings"

	"ferry/model/clients"
)

// order is how the list is sorted.
type order int

const (
	byName  order = iota
	byCall        // last called first
	byToken       // what expires first
	orders
)

// apply sorts rows; they come sorted by name, which decides where all else is equal.
func (o order) apply(rows []clients.Summary) {
	switch o {
	case byCall:
		slices.SortStableFunc(rows, func(a, b clients.Summary) int {
			return b.Runtime.LastCallAt.Compare(a.Runtime.LastCallAt)
		})
	case byToken:
		slices.SortStableFunc(rows, func(a, b clients.Summary) int {
			return cmp.Or(cmp.Compare(rank(&a), rank(&b)), a.Runtime.TokenExpires.Compare(b.Runtime.TokenExpires))
		})
	default:
		slices.SortFunc(rows, func(a, b clients.Summary) int {
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		})
	}
}

// rank puts failed tokens first and clients without a token last.
func rank(s *clients.Summary) int {
	switch {
	case s.Runtime.TokenFailed:
		return 0
	case !s.Runtime.TokenExpires.IsZero():
		return 1
	}
	return 2
}
