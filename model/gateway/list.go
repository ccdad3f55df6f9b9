package gateway

import (
	"context"
	"maps"
	"slices"
	"strings"

	"ferry/model"
)

// Get returns one rule. ENotFound.
func (s *Service) Get(ctx context.Context, space model.Space, user, client string) (RuleView, error) {
	list, err := s.List(ctx, space, user, client)
	if err != nil {
		return RuleView{}, err
	}
	if len(list) == 0 {
		return RuleView{}, noRule(parties{user: model.APIUser{Username: model.Printable(user)}, client: model.Client{Name: model.Printable(client)}})
	}
	return list[0], nil
}

// List returns the rules of a space, of one user or client where they are named, by user and client.
// ENotFound for a user or client that is named and not there. It is never nil.
func (s *Service) List(ctx context.Context, space model.Space, user, client string) ([]RuleView, error) {
	var out []RuleView
	err := s.store.View(ctx, func(tx model.Tx) error {
		rules, err := some(tx, space, user, client)
		if err != nil {
			return err
		}
		out = make([]RuleView, 0, len(rules))
		names := naming{tx: tx, users: map[model.ID]string{}, clients: map[model.ID]string{}}
		for i := range rules {
			r := &rules[i]
			u, c, err := names.of(r)
			if err != nil {
				return err
			}
			// What is left of a user or a client that is gone stands for nothing.
			if u != "" && c != "" {
				out = append(out, viewOf(r, u, c))
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b RuleView) int {
		if n := strings.Compare(strings.ToLower(a.User), strings.ToLower(b.User)); n != 0 {
			return n
		}
		return strings.Compare(strings.ToLower(a.Client), strings.ToLower(b.Client))
	})
	return out, err
}

// some reads the rules of a space, of one user or client where they are named.
func some(tx model.Tx, space model.Space, user, client string) (out []model.GatewayRule, err error) {
	var u model.APIUser
	var c model.Client
	if user != "" {
		if u, err = userNamed(tx, space, user); err != nil {
			return nil, err
		}
	}
	if client != "" {
		if c, err = clientNamed(tx, space, client); err != nil {
			return nil, err
		}
	}
	if user != "" && client != "" {
		r, err := stored(tx, parties{space: space, user: u, client: c})
		if err != nil || r == nil {
			return nil, err
		}
		return []model.GatewayRule{*r}, nil
	}
	if user != "" {
		return ofUser(tx, space.ID, u.ID)
	}
	err = model.EachRule(tx, space.ID, func(r *model.GatewayRule) {
		if client == "" || r.Client == c.ID {
			out = append(out, *r)
		}
	})
	return out, err
}

// naming finds each name once.
type naming struct {
	tx             model.Tx
	users, clients map[model.ID]string
}

// of returns the names of a rule's user and client, "" for one that is gone.
func (n *naming) of(r *model.GatewayRule) (user, client string, err error) {
	user, known := n.users[r.User]
	if !known {
		u, err := n.tx.Users().Get(r.Space, r.User)
		if err != nil && model.CodeOf(err) != model.ENotFound {
			return "", "", err
		}
		user = u.Username
		n.users[r.User] = user
	}
	client, known = n.clients[r.Client]
	if !known {
		c, err := n.tx.Clients().Get(r.Space, r.Client)
		if err != nil && model.CodeOf(err) != model.ENotFound {
			return "", "", err
		}
		client = c.Name
		n.clients[r.Client] = client
	}
	return user, client, nil
}

func viewOf(r *model.GatewayRule, user, client string) RuleView {
	return RuleView{
		User: user, Client: client, ReadOnly: r.ReadOnly, Methods: orNone(r.Methods), Paths: orNone(r.Paths),
		PerSecond: r.PerSecond, PerDay: r.PerDay, MaxBody: r.MaxBody, Revision: r.Revision,
		UpdatedAt: r.Updated.At.UTC(), UpdatedBy: r.Updated.By,
	}
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return slices.Clone(list)
}

// DraftOf returns the draft that changes nothing in a rule: the start of an edit.
func DraftOf(v RuleView) RuleDraft {
	return RuleDraft{
		User: v.User, Client: v.Client, ReadOnly: v.ReadOnly, Methods: v.Methods, Paths: v.Paths,
		PerSecond: v.PerSecond, PerDay: v.PerDay, MaxBody: v.MaxBody, Revision: v.Revision,
	}
}

// Unruled returns permits without the permissions to call a client for which the user is held to
// a rule. In full it does not have those, so that it can neither pass them on nor use them past
// the gateway: by another user without the rule, with that user's key, or in a sync.
func (s *Service) Unruled(ctx context.Context, space, user model.ID, permits model.Permits) (model.Permits, error) {
	calls := false
	for p := range permits {
		if _, calls = p.Callee(); calls {
			break
		}
	}
	if !calls {
		return permits, nil
	}
	var ruled []model.GatewayRule
	err := s.store.View(ctx, func(tx model.Tx) (err error) {
		ruled, err = ofUser(tx, space, user)
		return err
	})
	if err != nil || len(ruled) == 0 {
		return permits, err
	}
	out := maps.Clone(permits)
	for i := range ruled {
		delete(out, model.CallPermission(ruled[i].Client))
	}
	return out, nil
}

// ofUser reads the rules of one user, which lie together.
func ofUser(tx model.Tx, space, user model.ID) (out []model.GatewayRule, err error) {
	const limit = 100
	for after := model.ID(""); ; {
		page, err := tx.Rules().Page(space, user, after, limit)
		if err != nil {
			return nil, err
		}
		for i := range page {
			if page[i].User != user {
				return out, nil
			}
			out = append(out, page[i])
		}
		if len(page) < limit {
			return out, nil
		}
		after = page[limit-1].Client
	}
}
