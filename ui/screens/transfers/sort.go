package transfers

import (
	"cmp"
	"strings"

	"ferry/model/transfers"
	"ferry/ui/screens/moving"
)

// The orders of the list.
const (
	byTime = iota // as the use-case gives them: those that run first, then the newest
	byTitle
	byErrors // the most first
)

var orders = []func(a, b *transfers.Status) int{
	byTime: nil,
	byTitle: func(a, b *transfers.Status) int {
		return strings.Compare(strings.ToLower(a.Title()), strings.ToLower(b.Title()))
	},
	byErrors: func(a, b *transfers.Status) int {
		return cmp.Compare(moving.Faults(&b.State.Progress), moving.Faults(&a.State.Progress))
	},
}
