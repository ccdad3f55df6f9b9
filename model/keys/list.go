package keys

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"ferry/model"
)

// Summary is one line of a list of keys.
type Summary struct {
	Key      model.APIKey
	Username string
	Use      model.KeyUse
	State    model.KeyState // when it was read
	folded   string         // label, username, id
}

func summarise(k model.APIKey, username string, use model.KeyUse, now time.Time) Summary {
	return Summary{
		Key: k, Username: username, Use: use, State: k.State(now),
		folded: strings.ToLower(k.Label + "\x00" + username + "\x00" + string(k.ID)),
	}
}

// Get returns one key as a line of a list. ENotFound.
func (s *Service) Get(ctx context.Context, space model.Space, id model.ID) (Summary, error) {
	now := s.p.Now()
	var out Summary
	err := s.p.Store.View(ctx, func(tx model.Tx) error {
		k, err := tx.Keys().Get(space.ID, id)
		if err != nil {
			return err
		}
		u, err := tx.Users().Get(space.ID, k.User)
		if err != nil {
			return err
		}
		use, err := tx.Keys().Use(space.ID, id)
		out = summarise(k, u.Username, use, now)
		return err
	})
	if model.CodeOf(err) == model.ENotFound {
		return Summary{}, notFound(space, string(id))
	}
	return out, err
}

// Find returns the key that text names: its id, or a label that only one key of the
// space that is not revoked has, ignoring case; or the text of the key itself, as it
// was found somewhere where it should not be. ENotFound; EInvalid when several have it.
func (s *Service) Find(ctx context.Context, space model.Space, text string) (Summary, error) {
	if id, ok := Parse(text); ok {
		return s.Get(ctx, space, id)
	}
	if sum, err := s.Get(ctx, space, model.ID(text)); err == nil || model.CodeOf(err) != model.ENotFound {
		return sum, err
	}
	var found []model.ID
	err := model.EachPage(ctx, s.p.Store, s.pageOf(space), idOfKey, func(page []model.APIKey) {
		for _, k := range page {
			if text != "" && k.Revoked.At.IsZero() && strings.EqualFold(k.Label, text) {
				found = append(found, k.ID)
			}
		}
	})
	switch {
	case err != nil:
		return Summary{}, err
	case len(found) == 0:
		return Summary{}, notFound(space, text)
	case len(found) > 1:
		return Summary{}, model.Errorf(model.EInvalid, "%d keys have the label %q", len(found), model.Printable(text)).
			WithField("key").WithNext("name the one you mean by its id: ferry key list")
	}
	return s.Get(ctx, space, found[0])
}

// notFound never repeats what might be a key with a typing error in it.
func notFound(space model.Space, text string) error {
	return model.Errorf(model.ENotFound, "no API key %s in space %s", Quoted(text), space.Name).
		WithField("key").WithNext("see ids and labels with: ferry key list")
}

// List returns the keys of a user, or of every user of the space when user is "": those
// that are active first, then by username and newest first. ENotFound when there is no
// such user.
func (s *Service) List(ctx context.Context, space model.Space, user model.ID) ([]Summary, error) {
	list := s.all
	if user != "" {
		list = func(ctx context.Context, space model.Space) ([]Summary, error) { return s.ofUser(ctx, space, user) }
	}
	out, err := list(ctx, space)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Summary) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			strings.Compare(strings.ToLower(a.Username), strings.ToLower(b.Username)),
			b.Key.Created.At.Compare(a.Key.Created.At),
			strings.Compare(string(b.Key.ID), string(a.Key.ID)),
		)
	})
	return out, nil
}

func rank(s Summary) int {
	if s.State == model.KeyActive {
		return 0
	}
	return 1
}

func (s *Service) ofUser(ctx context.Context, space model.Space, user model.ID) (out []Summary, err error) {
	now := s.p.Now()
	err = s.p.Store.View(ctx, func(tx model.Tx) error {
		u, err := tx.Users().Get(space.ID, user)
		if err != nil {
			return err
		}
		list, err := tx.Keys().OfUser(space.ID, user)
		out = make([]Summary, len(list))
		for i, k := range list {
			use, err := tx.Keys().Use(space.ID, k.ID)
			if err != nil {
				return err
			}
			out[i] = summarise(k, u.Username, use, now)
		}
		return err
	})
	return out, err
}

// all reads each kind of record once from its beginning to its end.
func (s *Service) all(ctx context.Context, space model.Space) ([]Summary, error) {
	now, names, uses := s.p.Now(), map[model.ID]string{}, map[model.ID]model.KeyUse{}
	err := model.EachPage(ctx, s.p.Store, func(tx model.Tx, after model.ID, limit int) ([]model.APIUser, error) {
		return tx.Users().Page(space.ID, after, limit)
	}, func(u *model.APIUser) model.ID { return u.ID }, func(page []model.APIUser) {
		for i := range page {
			names[page[i].ID] = page[i].Username
		}
	})
	if err != nil {
		return nil, err
	}
	err = model.EachPage(ctx, s.p.Store, func(tx model.Tx, after model.ID, limit int) ([]model.KeyUse, error) {
		return tx.Keys().Uses(space.ID, after, limit)
	}, func(u *model.KeyUse) model.ID { return u.Key }, func(page []model.KeyUse) {
		for _, u := range page {
			uses[u.Key] = u
		}
	})
	if err != nil {
		return nil, err
	}
	out := []Summary{}
	err = model.EachPage(ctx, s.p.Store, s.pageOf(space), idOfKey, func(page []model.APIKey) {
		out = slices.Grow(out, len(page))
		for _, k := range page {
			out = append(out, summarise(k, names[k.User], uses[k.ID], now))
		}
	})
	return out, err
}

func (s *Service) pageOf(space model.Space) func(model.Tx, model.ID, int) ([]model.APIKey, error) {
	return func(tx model.Tx, after model.ID, limit int) ([]model.APIKey, error) {
		return tx.Keys().Page(space.ID, after, limit)
	}
}

func idOfKey(k *model.APIKey) model.ID { return k.ID }

// Expiring returns the active keys of the space that expire within ExpiringSoon, the
// next one first.
func (s *Service) Expiring(ctx context.Context, space model.Space) ([]Summary, error) {
	list, err := s.List(ctx, space, "")
	if err != nil {
		return nil, err
	}
	until := s.p.Now().Add(model.ExpiringSoon)
	out := slices.DeleteFunc(list, func(k Summary) bool {
		return k.State != model.KeyActive || k.Key.Expires.IsZero() || k.Key.Expires.After(until)
	})
	slices.SortStableFunc(out, func(a, b Summary) int { return a.Key.Expires.Compare(b.Key.Expires) })
	return out, nil
}

// Filter appends to dst the positions of the rows whose label, username or id hold every
// word of query, ignoring case.
func Filter(dst []int, rows []Summary, query string) []int {
	words := model.Words(query)
	for i := range rows {
		if model.HasWords(rows[i].folded, words) {
			dst = append(dst, i)
		}
	}
	return dst
}
