package apiusers

import (
	"context"
	"slices"
	"strings"
	"time"

	"ferry/model"
)

// Summary is one line of a list of users.
type Summary struct {
	User       model.APIUser
	Scopes     []string  // its permissions with the names of clients
	Keys       int       // that are active
	KeyExpires time.Time // of the active key that expires first; zero: none does
	LastUsed   time.Time // of any of its keys; zero: never
	folded     string    // what a filter looks in: username, description, labels of keys
}

// List returns every user of space sorted by username. Loaded, when not nil, is called
// with the count so far after each page.
func (s *Service) List(ctx context.Context, space model.Space, loaded func(n int)) ([]Summary, error) {
	held, err := s.keysOf(ctx, space)
	if err != nil {
		return nil, err
	}
	out := []Summary{}
	var calls []model.Permission
	err = model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.APIUser, error) {
		return tx.Users().Page(space.ID, after, limit)
	}, func(u *model.APIUser) model.ID { return u.ID }, func(page []model.APIUser) {
		out = slices.Grow(out, len(page))
		for i := range page {
			calls = append(calls, callsOf(&page[i])...)
			out = append(out, summarise(&page[i], held[page[i].ID]))
		}
		if loaded != nil {
			loaded(len(out))
		}
	})
	if err != nil {
		return nil, err
	}
	names, err := s.calleesOfMany(ctx, space, calls)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Scopes = shown(out[i].User.Permissions, names)
	}
	slices.SortFunc(out, func(a, b Summary) int { return strings.Compare(a.folded, b.folded) })
	return out, nil
}

func callsOf(u *model.APIUser) (out []model.Permission) {
	for _, p := range u.Permissions {
		if _, ok := p.Callee(); ok {
			out = append(out, p)
		}
	}
	return out
}

// calleesOfMany reads the name of each client once, in small transactions.
func (s *Service) calleesOfMany(ctx context.Context, space model.Space, calls []model.Permission) (map[model.ID]string, error) {
	slices.Sort(calls)
	out := map[model.ID]string{}
	for part := range slices.Chunk(slices.Compact(calls), 1000) {
		names, err := s.callees(ctx, space, part)
		if err != nil {
			return nil, err
		}
		for id, name := range names {
			out[id] = name
		}
	}
	return out, nil
}

// held is how the keys of one user are.
type held struct {
	active  int
	expires time.Time // of the active key that expires first
	used    time.Time
	labels  string // in lower case
}

// keysOf reads all keys of the space once, and their uses once.
func (s *Service) keysOf(ctx context.Context, space model.Space) (map[model.ID]held, error) {
	now, used, out := s.now(), map[model.ID]time.Time{}, map[model.ID]held{}
	err := model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.KeyUse, error) {
		return tx.Keys().Uses(space.ID, after, limit)
	}, func(u *model.KeyUse) model.ID { return u.Key }, func(page []model.KeyUse) {
		for _, u := range page {
			used[u.Key] = u.At
		}
	})
	if err != nil {
		return nil, err
	}
	err = model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.APIKey, error) {
		return tx.Keys().Page(space.ID, after, limit)
	}, func(k *model.APIKey) model.ID { return k.ID }, func(page []model.APIKey) {
		for i := range page {
			k := &page[i]
			h := out[k.User]
			h.add(k, used[k.ID], now)
			out[k.User] = h
		}
	})
	return out, err
}

func (h *held) add(k *model.APIKey, used, now time.Time) {
	if used.After(h.used) {
		h.used = used
	}
	if k.Label != "" {
		h.labels += "\x00" + strings.ToLower(k.Label)
	}
	if k.State(now) != model.KeyActive {
		return
	}
	h.active++
	if !k.Expires.IsZero() && (h.expires.IsZero() || k.Expires.Before(h.expires)) {
		h.expires = k.Expires
	}
}

func summarise(u *model.APIUser, h held) Summary {
	return Summary{
		User: *u, Keys: h.active, KeyExpires: h.expires, LastUsed: h.used,
		folded: strings.ToLower(u.Username+"\x00"+u.Description) + h.labels,
	}
}

// Filter appends to dst the positions of the rows whose username, description or labels
// of keys hold every word of query, ignoring case.
func Filter(dst []int, rows []Summary, query string) []int {
	words := model.Words(query)
	for i := range rows {
		if model.HasWords(rows[i].folded, words) {
			dst = append(dst, i)
		}
	}
	return dst
}
