package clients

import (
	"cmp"

	"ferry/model/clients"
)

// The orders of the list.
const (
	byName  = iota // as the use-case gives them
	byCall         // last called first
	byToken        // what expires first
)

var orders = []func(a, b *clients.Summary) int{
	byName: nil,
	byCall: func(a, b *clients.Summary) int { return b.Runtime.LastCallAt.Compare(a.Runtime.LastCallAt) },
	byToken: func(a, b *clients.Summary) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Runtime.TokenExpires.Compare(b.Runtime.TokenExpires))
	},
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
