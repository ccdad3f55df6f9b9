package spaces

import "ferry/model"

// someTransfers removes transfers with their state, faults, runs, and what syncs remember.
// Left without any removed means that part of one's runs or memory is gone. They go before
// the clients: what still runs then ends because its space is being deleted.
func someTransfers(tx model.Tx, space model.ID) (removed int, left bool, err error) {
	page, err := tx.Transfers().Page(space, "", writes/transferWrites)
	budget := writes
	for _, t := range page {
		had, err := tx.Transfers().DeleteSome(t.ID, 0)
		if err != nil {
			return 0, true, err
		}
		if budget < writes && had+transferWrites > budget {
			break
		}
		rest, err := tx.Transfers().DeleteSome(t.ID, budget-transferWrites)
		if err != nil {
			return 0, true, err
		}
		if rest > 0 {
			break
		}
		if err := tx.Transfers().Delete(space, t.ID); err != nil {
			return 0, true, err
		}
		budget -= transferWrites + had
		removed++
	}
	return removed, len(page) > 0, err
}
