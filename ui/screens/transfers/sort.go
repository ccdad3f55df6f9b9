package transfers

import (
	"cmp"
	"slices"
	"strings"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/screens/moving"
)

// order is how the list is sorted.
type order int

const (
	byTime order = iota // as the use-case gives them: those that run first, then the newest
	byTitle
	byErrors // the most first
	orders
)

// apply sorts rows; rank is their place by time.
func (o order) apply(rows []transfers.Status, rank map[model.ID]int) {
	slices.SortFunc(rows, func(a, b transfers.Status) int { return cmp.Compare(rank[a.Transfer.ID], rank[b.Transfer.ID]) })
	switch o {
	case byTitle:
		slices.SortStableFunc(rows, func(a, b transfers.Status) int {
			return strings.Compare(strings.ToLower(a.Title()), strings.ToLower(b.Title()))
		})
	case byErrors:
		slices.SortStableFunc(rows, func(a, b transfers.Status) int {
			return cmp.Compare(moving.Faults(&b.State.Progress), moving.Faults(&a.State.Progress))
		})
	}
}
