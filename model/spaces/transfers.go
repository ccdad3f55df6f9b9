package spaces

import (
	"context"

	"ferry/model"
)

// discardTransfers removes what transfers that have not ended left outside of the store. It
// comes before their records go, for a deletion that is cut off to find them again. What still
// runs is cleared up by whoever runs it, when it ends because its space is being deleted.
func (s *Service) discardTransfers(ctx context.Context, space model.ID) error {
	var unfinished, ofPage []model.Transfer
	err := model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.Transfer, error) {
		ofPage = nil
		page, err := tx.Transfers().Page(space, after, limit)
		for i := range page {
			st, err := tx.Transfers().State(space, page[i].ID)
			if err != nil {
				return nil, err
			}
			if !st.Phase.Ended() {
				ofPage = append(ofPage, page[i])
			}
		}
		return page, err
	}, func(t *model.Transfer) model.ID { return t.ID }, func([]model.Transfer) { unfinished = append(unfinished, ofPage...) })
	if err != nil {
		return err
	}
	for i := range unfinished {
		s.discard(ctx, &unfinished[i])
	}
	return nil
}

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
