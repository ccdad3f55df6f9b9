package clients

import (
	"context"
	"slices"
	"strings"

	"ferry/model"
)

// Service is the use-cases on API clients.
type Service struct {
	store model.Store
	now   model.Clock
	newID model.IDs
}

// New returns the use-cases on store.
func New(store model.Store, now model.Clock, newID model.IDs) *Service {
	return &Service{store: store, now: now, newID: newID}
}

// ByName returns the client called name in space, ignoring case. ENotFound with a
// suggestion when there is none.
func (s *Service) ByName(ctx context.Context, space model.Space, name string) (model.Client, error) {
	var c model.Client
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		c, err = tx.Clients().ByName(space.ID, name)
		return err
	})
	if model.CodeOf(err) == model.ENotFound {
		return c, notFound(space, name)
	}
	return c, err
}

// Get returns the client with id. ENotFound when it is gone.
func (s *Service) Get(ctx context.Context, space model.Space, id model.ID) (model.Client, error) {
	var c model.Client
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		c, err = tx.Clients().Get(space.ID, id)
		return err
	})
	return c, err
}

func notFound(space model.Space, name string) error {
	return model.Errorf(model.ENotFound, "no API client %q in space %s", model.Printable(name), space.Name).
		WithNext("see the names with: ferry client list")
}

// Summary is one line of a list of clients, without any secret.
type Summary struct {
	ID        model.ID
	Name      string
	BaseURL   string
	Method    model.AuthMethod
	State     model.State
	Protected bool
	Insecure  bool // the other side's certificate is not checked
	Runtime   model.Runtime
	folded    string // what a filter looks in, lower-cased once
}

// List returns every client of space sorted by name, with its run-time state. Loaded,
// when not nil, is called with the count so far after each page.
func (s *Service) List(ctx context.Context, space model.Space, loaded func(n int)) ([]Summary, error) {
	runs, err := s.runtimes(ctx, space)
	if err != nil {
		return nil, err
	}
	var out []Summary
	err = s.each(ctx, space, func(page []model.Client) {
		out = slices.Grow(out, len(page))
		for i := range page {
			out = append(out, summarise(&page[i], runs))
		}
		if loaded != nil {
			loaded(len(out))
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Summary) int {
		if n := strings.Compare(a.folded, b.folded); n != 0 {
			return n
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return out, nil
}

func summarise(c *model.Client, runs map[model.ID]model.Runtime) Summary {
	return Summary{
		ID: c.ID, Name: c.Name, BaseURL: c.BaseURL, Method: c.Auth.Method, State: c.State,
		Protected: c.Protected, Insecure: c.TLS.Insecure, Runtime: runs[c.ID],
		folded: strings.ToLower(c.Name + "\x00" + c.BaseURL),
	}
}

// Views returns the outside shape of every client of space that Filter would let
// through query, sorted by name.
func (s *Service) Views(ctx context.Context, space model.Space, query string) ([]ListedView, error) {
	runs, err := s.runtimes(ctx, space)
	if err != nil {
		return nil, err
	}
	words, out := model.Words(query), []ListedView{}
	err = s.each(ctx, space, func(page []model.Client) {
		for i := range page {
			if row := summarise(&page[i], runs); model.HasWords(row.folded, words) {
				out = append(out, listedView(space, &page[i], row.Runtime))
			}
		}
	})
	slices.SortFunc(out, func(a, b ListedView) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out, err
}

// each hands every page of clients to fn, one transaction a page.
func (s *Service) each(ctx context.Context, space model.Space, fn func([]model.Client)) error {
	return model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.Client, error) {
		return tx.Clients().Page(space.ID, after, limit)
	}, func(c *model.Client) model.ID { return c.ID }, fn)
}

func (s *Service) runtimes(ctx context.Context, space model.Space) (map[model.ID]model.Runtime, error) {
	out := map[model.ID]model.Runtime{}
	err := model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.Runtime, error) {
		return tx.Runtimes().Page(space.ID, after, limit)
	}, func(r *model.Runtime) model.ID { return r.Client }, func(page []model.Runtime) {
		for _, r := range page {
			out[r.Client] = r
		}
	})
	return out, err
}

// Filter appends to dst the positions of the rows whose name or base URL holds every
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
