package apiusers

import (
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

// Summary is one line of a list of users.
type Summary struct {
	User       model.APIUser
	Scopes     []string  // its permissions with the names of clients
	Keys       int       // that are active
	KeyExpires time.Time // of the active key that expires first; zero: none does
	LastUsed   time.Time // of any of its keys; zero: never
	folded     string    // what a filter looks in: username, description, labels of keys
}
