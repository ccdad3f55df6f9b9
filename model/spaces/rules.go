package spaces

import "ferry/model"

// someRules removes rules of the gateway, one write each. They are part of a space's users and
// clients, so they are not counted among what it holds; where those are gone already, only what
// a deletion that was cut off has left is there.
func someRules(tx model.Tx, space model.ID) (removed int, left bool, err error) {
	page, err := tx.Rules().Page(space, "", "", writes)
	for _, r := range page {
		if err := tx.Rules().Delete(space, r.User, r.Client); err != nil {
			return 0, true, err
		}
	}
	return 0, len(page) > 0, err
}
