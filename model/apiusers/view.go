package apiusers

import (
	"context"
	"time"

	"ferry/model"
)

// View is the outside shape of an API user: what scripts and the hub API give and take.
type View struct {
	ID          model.ID    `json:"id"`
	Space       string      `json:"space"` // the space's name
	Username    string      `json:"username"`
	Description string      `json:"description"`
	State       model.State `json:"state"`
	OAuth       bool        `json:"oauth2"`
	BearerKeys  bool        `json:"bearer_keys"`
	TTL         int         `json:"ttl_minutes"`
	Permissions []string    `json:"permissions"` // "call:erp" with the client's name; those of deleted clients are left out
	From        []string    `json:"from"`        // networks; empty: anywhere
	Expires     *time.Time  `json:"expires_at"`  // null: never
	Revision    uint64      `json:"revision"`
	CreatedAt   time.Time   `json:"created_at"`
	CreatedBy   string      `json:"created_by"`
	UpdatedAt   time.Time   `json:"updated_at"`
	UpdatedBy   string      `json:"updated_by"`
}

// ListedView is a user in a list: its View, and how its keys are.
type ListedView struct {
	View
	Keys       int        `json:"keys"`           // that are active
	KeyExpires *time.Time `json:"key_expires_at"` // of the active key that expires first; null: none does
	LastUsedAt *time.Time `json:"last_used_at"`   // of any of its keys; null: never
}

// View returns the outside shape of u, with the names of clients.
func (s *Service) View(ctx context.Context, space model.Space, u model.APIUser) (View, error) {
	names, err := s.callees(ctx, space, u.Permissions)
	if err != nil {
		return View{}, err
	}
	return viewOf(space, &u, shown(u.Permissions, names)), nil
}

// Views returns the outside shape of every user of space that Filter would let through
// query, sorted by username.
func (s *Service) Views(ctx context.Context, space model.Space, query string) ([]ListedView, error) {
	rows, err := s.List(ctx, space, nil)
	if err != nil {
		return nil, err
	}
	words, out := model.Words(query), []ListedView{}
	for i := range rows {
		if r := &rows[i]; model.HasWords(r.folded, words) {
			out = append(out, ListedView{
				View: viewOf(space, &r.User, r.Scopes),
				Keys: r.Keys, KeyExpires: model.OrNull(r.KeyExpires), LastUsedAt: model.OrNull(r.LastUsed),
			})
		}
	}
	return out, nil
}

func viewOf(space model.Space, u *model.APIUser, permissions []string) View {
	return View{
		ID: u.ID, Space: space.Name, Username: u.Username, Description: u.Description, State: u.State,
		OAuth: u.OAuth, BearerKeys: u.BearerKeys, TTL: int(u.TTL.Minutes()), Permissions: permissions, From: networkTexts(u.Networks),
		Expires: model.OrNull(u.Expires), Revision: u.Revision,
		CreatedAt: u.Created.At.UTC(), CreatedBy: u.Created.By, UpdatedAt: u.Updated.At.UTC(), UpdatedBy: u.Updated.By,
	}
}
