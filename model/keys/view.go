package keys

import (
	"time"

	"ferry/model"
)

// View is the outside shape of a key. It has no part of the key's text.
type View struct {
	ID        model.ID       `json:"id"`
	Space     string         `json:"space"`
	User      string         `json:"user"` // the username
	UserID    model.ID       `json:"user_id"`
	Label     string         `json:"label"`
	State     model.KeyState `json:"state"`
	CreatedAt time.Time      `json:"created_at"`
	CreatedBy string         `json:"created_by"`
	ExpiresAt *time.Time     `json:"expires_at"` // null: never
	RevokedAt *time.Time     `json:"revoked_at"`
	RevokedBy string         `json:"revoked_by,omitempty"`
	LastUsed  *time.Time     `json:"last_used_at"`
	LastFrom  string         `json:"last_used_from,omitempty"`
	Tokens    uint64         `json:"tokens_issued"`
	Replaces  model.ID       `json:"replaces,omitempty"`
	Revision  uint64         `json:"revision"`
}

// IssuedView is a new key with its text, the one time that it is shown.
type IssuedView struct {
	View
	Key string `json:"key"`
}

// ViewOf returns the outside shape of a key.
func ViewOf(space model.Space, s Summary) View {
	k := &s.Key
	return View{
		ID: k.ID, Space: space.Name, User: s.Username, UserID: k.User, Label: k.Label, State: s.State,
		CreatedAt: k.Created.At.UTC(), CreatedBy: k.Created.By, ExpiresAt: model.OrNull(k.Expires),
		RevokedAt: model.OrNull(k.Revoked.At), RevokedBy: k.Revoked.By,
		LastUsed: model.OrNull(s.Use.At), LastFrom: s.Use.Addr, Tokens: s.Use.Count,
		Replaces: k.Replaces, Revision: k.Revision,
	}
}

// IssuedViewOf returns the outside shape of a new key, with its text.
func IssuedViewOf(space model.Space, i Issued, now time.Time) IssuedView {
	return IssuedView{
		View: ViewOf(space, summarise(i.Key, i.Username, model.KeyUse{}, now)),
		Key:  i.Text.Reveal(),
	}
}
