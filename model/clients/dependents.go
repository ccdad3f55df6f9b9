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
// erp-sync, hr". Empty when nothing is.
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
	return out, nil
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

// shownCallers is how many API users are named one by one.
const shownCallers = 5

func callersText(names []string) string {
	n, more := len(names), ""
	if n > shownCallers {
		names, more = names[:shownCallers], fmt.Sprintf(" and %d more", n-shownCallers)
	}
	what := fmt.Sprintf("%d API users", n)
	if n == 1 {
		what = "1 API user"
	}
	return what + " may call it: " + strings.Join(names, ", ") + more
}
