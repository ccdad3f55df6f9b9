package clients

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ferry/model"
)

// Dependents says in words what is lost with a client: "a valid access token", "a login that
// a person gave", "12 calls in its history", "3 saved calls", "2 API users may call it:
// erp-sync, hr", "3 rules of the gateway for it", "1 sync uses it: products", "1 export is not finished". Empty when nothing
// is. Transfers stay when the client goes; they fail then, and say why.
func (s *Service) Dependents(ctx context.Context, space model.Space, id model.ID) ([]string, error) {
	var out []string
	err := s.store.View(ctx, func(tx model.Tx) error {
		out = nil
		st, err := tx.Tokens().Get(id)
		if err != nil {
			return err
		}
		if st.Token.Fresh(s.now()) {
			out = append(out, "a valid access token")
		}
		if st.Token.Refresh.IsSet() {
			out = append(out, "a login that a person gave")
		}
		calls, err := tx.History().List(id)
		if err != nil {
			return err
		}
		saved, err := tx.Saved().List(id)
		out = append(out, counted(len(calls), "1 call in its history", "%d calls in its history")...)
		out = append(out, counted(len(saved), "1 saved call", "%d saved calls")...)
		if err != nil {
			return err
		}
		rules := 0
		err = model.EachRule(tx, space.ID, func(r *model.GatewayRule) {
			if r.Client == id {
				rules++
			}
		})
		out = append(out, counted(rules, "1 rule of the gateway for it", "%d rules of the gateway for it")...)
		return err
	})
	if err != nil {
		return nil, err
	}
	names, err := s.callers(ctx, space, id)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		out = append(out, callersText(names))
	}
	moved, err := s.transfers(ctx, space.ID, id)
	return append(out, moved...), err
}

// counted says how many there are; nothing when there are none.
func counted(n int, one, several string) []string {
	switch n {
	case 0:
		return nil
	case 1:
		return []string{one}
	}
	return []string{fmt.Sprintf(several, n)}
}

// callers returns the usernames of the API users that may call a client, sorted.
func (s *Service) callers(ctx context.Context, space model.Space, id model.ID) ([]string, error) {
	var names []string
	err := model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.APIUser, error) {
		return tx.Users().Page(space.ID, after, limit)
	}, func(u *model.APIUser) model.ID { return u.ID }, func(page []model.APIUser) {
		for i := range page {
			if slices.Contains(page[i].Permissions, model.CallPermission(id)) {
				names = append(names, page[i].Username)
			}
		}
	})
	slices.Sort(names)
	return names, err
}

// shownNames is how many API users or syncs are named one by one.
const shownNames = 5

func callersText(names []string) string {
	what := fmt.Sprintf("%d API users", len(names))
	if len(names) == 1 {
		what = "1 API user"
	}
	return what + " may call it: " + some(names)
}

// some lists names, the first few of many.
func some(names []string) string {
	if n := len(names); n > shownNames {
		return strings.Join(names[:shownNames], ", ") + fmt.Sprintf(" and %d more", n-shownNames)
	}
	return strings.Join(names, ", ")
}

// transfers says which syncs and unfinished transfers use a client.
func (s *Service) transfers(ctx context.Context, space, id model.ID) ([]string, error) {
	var syncs []string
	open := map[model.ID]model.TransferKind{}
	err := model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.Transfer, error) {
		return tx.Transfers().Page(space, after, limit)
	}, func(t *model.Transfer) model.ID { return t.ID }, func(page []model.Transfer) {
		for i := range page {
			switch t := &page[i]; {
			case t.Source.Client != id && t.Target.Client != id:
			case t.Kind == model.KindSync:
				syncs = append(syncs, t.Name)
			default:
				open[t.ID] = t.Kind
			}
		}
	})
	if err != nil || len(syncs)+len(open) == 0 {
		return nil, err
	}
	err = model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.TransferState, error) {
		return tx.Transfers().States(space, after, limit)
	}, func(st *model.TransferState) model.ID { return st.Transfer }, func(page []model.TransferState) {
		for i := range page {
			if page[i].Phase.Ended() {
				delete(open, page[i].Transfer)
			}
		}
	})
	slices.Sort(syncs)
	return append(syncsText(syncs), unfinishedText(open)...), err
}

func syncsText(names []string) []string {
	switch len(names) {
	case 0:
		return nil
	case 1:
		return []string{"1 sync uses it: " + names[0]}
	}
	return []string{fmt.Sprintf("%d syncs use it: %s", len(names), some(names))}
}

func unfinishedText(open map[model.ID]model.TransferKind) []string {
	n := map[model.TransferKind]int{}
	for _, kind := range open {
		n[kind]++
	}
	return append(counted(n[model.KindExport], "1 export is not finished", "%d exports are not finished"),
		counted(n[model.KindImport], "1 import is not finished", "%d imports are not finished")...)
}
