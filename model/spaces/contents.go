package spaces

import (
	"context"
	"fmt"
	"strings"

	"ferry/model"
)

// Contents is what a space holds.
type Contents struct {
	Clients   int `json:"clients"`
	Users     int `json:"users"`
	Keys      int `json:"keys"`
	Transfers int `json:"transfers"`
}

// Empty reports whether there is nothing in the space.
func (c Contents) Empty() bool { return c == Contents{} }

func (c Contents) total() int { return c.Clients + c.Users + c.Keys + c.Transfers }

// String says it in words: "2 clients and 1 API user".
func (c Contents) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{c.Clients, "client"}, {c.Users, "API user"}, {c.Keys, "API key"}, {c.Transfers, "transfer"}} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.what)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.what))
		}
	}
	switch n := len(parts); n {
	case 0:
		return "nothing"
	case 1:
		return parts[0]
	default:
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
}

// Contents counts what belongs to a space. ENotFound when there is no such space.
func (s *Service) Contents(ctx context.Context, id model.ID) (Contents, error) {
	var c Contents
	if _, err := s.Get(ctx, id); err != nil {
		return c, err
	}
	err := model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.Client, error) {
		return tx.Clients().Page(id, after, limit)
	}, func(r *model.Client) model.ID { return r.ID }, func(page []model.Client) { c.Clients += len(page) })
	if err != nil {
		return c, err
	}
	err = model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.APIUser, error) {
		return tx.Users().Page(id, after, limit)
	}, func(r *model.APIUser) model.ID { return r.ID }, func(page []model.APIUser) { c.Users += len(page) })
	if err != nil {
		return c, err
	}
	err = model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.APIKey, error) {
		return tx.Keys().Page(id, after, limit)
	}, func(r *model.APIKey) model.ID { return r.ID }, func(page []model.APIKey) { c.Keys += len(page) })
	if err != nil {
		return c, err
	}
	err = model.EachPage(ctx, s.store, func(tx model.Tx, after model.ID, limit int) ([]model.Transfer, error) {
		return tx.Transfers().Page(id, after, limit)
	}, func(r *model.Transfer) model.ID { return r.ID }, func(page []model.Transfer) { c.Transfers += len(page) })
	return c, err
}

func isEmpty(tx model.Tx, id model.ID) (bool, error) {
	clients, err := tx.Clients().Page(id, "", 1)
	if err != nil || len(clients) > 0 {
		return false, err
	}
	users, err := tx.Users().Page(id, "", 1)
	if err != nil || len(users) > 0 {
		return false, err
	}
	keys, err := tx.Keys().Page(id, "", 1)
	if err != nil || len(keys) > 0 {
		return false, err
	}
	transfers, err := tx.Transfers().Page(id, "", 1)
	return len(transfers) == 0, err
}
